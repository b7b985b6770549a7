#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "accoil/events/v1/events.pb.h"
#include "libs/core/clock.h"
#include "libs/events/kafka_config.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::events {

/// Which dead letters are meant; what is empty or not there asks nothing.
struct DeadLetterFilter {
  /// Where the records stood.
  std::string topic;
  /// Who gave up on them.
  std::string consumer;
  /// A part of the reason.
  std::string reason;
  /// When they failed: from the first, before the second.
  std::optional<core::TimePoint> since;
  std::optional<core::TimePoint> until;

  bool Matches(const v1::DeadLetter& letter) const;
};

/// What became of the letters that were to be replayed.
struct ReplayOutcome {
  /// Records that were produced again, or would be.
  std::size_t replayed = 0;
  /// Letters of a record that another consumer gave up on, too: it is replayed once.
  std::size_t repeated = 0;
  /// Records that were replayed before and failed again, for which the newer letter stands.
  std::size_t failed_again = 0;
  /// Facts of which a newer record is in their topic. An old one behind it would be kept by
  /// compaction in its place.
  std::size_t superseded = 0;
  /// Records whose value is not whole, or whose topic is none of the suite's.
  std::size_t impossible = 0;
};

/// Looks into the topic dead-letter and produces records that are in it again, under their key,
/// with their headers, into the topic where they stood. Consumers apply facts by their versions, so
/// what was applied already, by them or by other consumers, changes nothing.
class DeadLetters {
 public:
  /// `telemetry` outlives it.
  DeadLetters(const KafkaConfig& config, telemetry::Telemetry& telemetry);
  ~DeadLetters();
  DeadLetters(const DeadLetters&) = delete;
  DeadLetters& operator=(const DeadLetters&) = delete;

  /// Every letter there is that is meant, each partition from the oldest. Throws core::Unavailable.
  void List(const DeadLetterFilter& filter, const std::function<void(const v1::DeadLetter&)>& take);

  struct ReplayOptions {
    /// Records a second.
    int rate = 100;
    /// Only tells what would be done.
    bool dry_run = false;
  };
  /// Replays those that are meant. Calling it again does no harm. Throws core::Unavailable when
  /// Kafka does not take a record: the ones before it are replayed.
  ReplayOutcome Replay(const DeadLetterFilter& filter, ReplayOptions options);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::events
