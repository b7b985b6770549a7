#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "libs/events/kafka_config.h"
#include "libs/events/record.h"

namespace accoil::load {

/// Writes records with nothing but librdkafka's idempotent producer (acks=all, lz4, as the
/// gateway's is set), as fast as it takes them. Answers how long it took from the first record to
/// the last acknowledgement; throws when one was not acknowledged.
std::chrono::duration<double> ProduceRaw(const events::KafkaConfig& kafka,
                                         const std::vector<events::OutgoingRecord>& records);

}  // namespace accoil::load
