#include "libs/events/dead_letters.h"

#include <algorithm>
#include <map>
#include <set>
#include <thread>
#include <tuple>

#include "libs/core/errors.h"
#include "libs/events/dead_letter.h"
#include "libs/events/event.h"
#include "libs/events/producer.h"
#include "libs/events/topic_reader.h"
#include "libs/events/topics.h"

namespace accoil::events {
namespace {

/// The header of a replayed record: the key of the letter that it came from.
constexpr const char* kReplayedFrom = "replayed-from";
constexpr std::chrono::seconds kPublishTimeout{30};

/// Where a record stood.
struct Place {
  std::string topic;
  std::int32_t partition;
  std::int64_t offset;
  auto operator<=>(const Place&) const = default;
};

Place PlaceOf(const v1::DeadLetter& letter) {
  return {letter.topic(), letter.partition(), letter.offset()};
}

/// The settings of a topic; nothing when it is none of the suite's, or dead-letter itself.
const TopicSettings* FindTopic(const std::string& name) {
  const auto& topics = AllTopics();
  const auto found = std::find_if(topics.begin(), topics.end(),
                                  [&](const auto& topic) { return topic.name == name; });
  return found == topics.end() || name == TopicOf<v1::DeadLetter>() ? nullptr : &*found;
}

OutgoingRecord Again(const v1::DeadLetter& letter) {
  OutgoingRecord record{letter.topic(), letter.key(), letter.value(), {}};
  for (const auto& [name, value] : letter.headers()) record.headers[name] = value;
  record.headers[kReplayedFrom] = KeyOf(letter);
  return record;
}

}  // namespace

bool DeadLetterFilter::Matches(const v1::DeadLetter& letter) const {
  if (!topic.empty() && letter.topic() != topic) return false;
  if (!consumer.empty() && letter.consumer() != consumer) return false;
  if (letter.reason().find(reason) == std::string::npos) return false;
  const auto failed_at = ToTime(letter.failed_at());
  return (!since || failed_at >= *since) && (!until || failed_at < *until);
}

struct DeadLetters::Implementation {
  Implementation(const KafkaConfig& kafka_config, telemetry::Telemetry& service_telemetry)
      : config(kafka_config), telemetry(service_telemetry), reader(config, telemetry.logger()) {}

  void ForEach(const std::function<void(const v1::DeadLetter&)>& take) {
    const std::string topic(TopicOf<v1::DeadLetter>());
    reader.Read(topic, reader.Starts(topic), [&](const Record& record) {
      if (!record.value) return;
      std::optional<v1::DeadLetter> letter;
      try {
        letter = FromRecord<v1::DeadLetter>(record);
      } catch (const core::InvalidArgument& error) {
        telemetry.logger().Warn("a record of dead-letter is none of ours",
                                {{"partition", record.partition},
                                 {"offset", record.offset},
                                 {"problem", error.what()}});
        return;
      }
      take(*letter);
    });
  }

  /// Of the records that are to be replayed (place -> key), those behind which their topic has
  /// another one of the same key.
  std::set<Place> Superseded(const std::map<Place, std::string>& chosen) {
    std::map<std::string, TopicReader::Offsets> starts;
    // By topic, partition and key: the last of them.
    std::map<std::tuple<std::string, std::int32_t, std::string>, Place> last;
    std::set<Place> superseded;
    const auto note = [&](const Place& place, const std::string& key) {
      const auto [entry, is_new] = last.try_emplace({place.topic, place.partition, key}, place);
      if (is_new) return;
      superseded.insert(entry->second);
      entry->second = place;
    };
    for (const auto& [place, key] : chosen) {
      if (!FindTopic(place.topic)->compacted) continue;
      note(place, key);
      starts[place.topic].try_emplace(place.partition, place.offset + 1);
    }
    for (const auto& [topic, from] : starts) {
      reader.Read(topic, from, [&, &name = topic](const Record& record) {
        const auto found = last.find({name, record.partition, record.key});
        if (found != last.end() && found->second.offset < record.offset) {
          superseded.insert(found->second);
        }
      });
    }
    return superseded;
  }

  const KafkaConfig config;
  telemetry::Telemetry& telemetry;
  TopicReader reader;
};

DeadLetters::DeadLetters(const KafkaConfig& config, telemetry::Telemetry& telemetry)
    : implementation_(std::make_unique<Implementation>(config, telemetry)) {}

DeadLetters::~DeadLetters() = default;

void DeadLetters::List(const DeadLetterFilter& filter,
                       const std::function<void(const v1::DeadLetter&)>& take) {
  implementation_->ForEach([&](const v1::DeadLetter& letter) {
    if (filter.Matches(letter)) take(letter);
  });
}

ReplayOutcome DeadLetters::Replay(const DeadLetterFilter& filter, ReplayOptions options) {
  // Twice through the topic, so that only places and keys have to be remembered.
  ReplayOutcome outcome;
  std::map<Place, std::string> chosen;
  std::set<std::string> failed_again;
  implementation_->ForEach([&](const v1::DeadLetter& letter) {
    const auto from = letter.headers().find(kReplayedFrom);
    if (from != letter.headers().end()) failed_again.insert(from->second);
    if (!filter.Matches(letter)) return;
    if (FindTopic(letter.topic()) == nullptr || IsCut(letter)) {
      ++outcome.impossible;
    } else if (!chosen.emplace(PlaceOf(letter), letter.key()).second) {
      ++outcome.repeated;
    }
  });
  const auto superseded = implementation_->Superseded(chosen);
  for (auto entry = chosen.begin(); entry != chosen.end();) {
    const auto& [topic, partition, offset] = entry->first;
    const auto key = topic + "/" + std::to_string(partition) + "/" + std::to_string(offset);
    const bool again = failed_again.contains(key);
    const bool old = !again && superseded.contains(entry->first);
    outcome.failed_again += again ? 1 : 0;
    outcome.superseded += old ? 1 : 0;
    entry = again || old ? chosen.erase(entry) : std::next(entry);
  }
  if (options.dry_run) {
    outcome.replayed = chosen.size();
    return outcome;
  }

  Producer producer(implementation_->config, implementation_->telemetry);
  const auto began = std::chrono::steady_clock::now();
  implementation_->ForEach([&](const v1::DeadLetter& letter) {
    if (chosen.erase(PlaceOf(letter)) == 0) return;
    std::this_thread::sleep_until(
        began + std::chrono::microseconds(outcome.replayed * 1'000'000 /
                                          static_cast<std::size_t>(options.rate)));
    const OutgoingRecord record = Again(letter);
    const auto failures = producer.Publish({&record, 1}, kPublishTimeout);
    if (!failures.empty()) {
      throw core::Unavailable("Kafka did not take " + KeyOf(letter) + ": " + failures[0].problem +
                              " (" + std::to_string(outcome.replayed) +
                              " records were replayed before)");
    }
    ++outcome.replayed;
  });
  return outcome;
}

}  // namespace accoil::events
