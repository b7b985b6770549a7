#pragma once

#include <cstdint>
#include <string>

#include "libs/events/kafka_config.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::load {

/// A workspace of one product for the load on canvases.
struct CanvasPlan {
  std::string workspace = "load-ws";
  std::int64_t product = 1;
  int users = 90'000;
  int accounts = 10'000;
};

/// Intercom's id of the contact that a user is matched with.
std::string ContactOf(int user);

/// Tells widget, through Kafka, of everybody: matched, in an account, with traits and segments in
/// two profiles. Answers how many facts there were.
std::uint64_t TellFacts(const CanvasPlan& plan, const events::KafkaConfig& kafka,
                        telemetry::Telemetry& telemetry);

}  // namespace accoil::load
