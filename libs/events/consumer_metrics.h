#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libs/telemetry/telemetry.h"

namespace accoil::events {

/// What a consumer counts. Belongs to its thread.
class ConsumerMetrics {
 public:
  ConsumerMetrics(telemetry::Metrics& metrics, const std::vector<std::string>& topics);

  void RecordApplied(const std::string& topic) { topics_.at(topic).records.Increment(); }
  void BatchApplied(std::chrono::steady_clock::duration duration) {
    batches_.Observe(std::chrono::duration<double>(duration).count());
  }
  void DeadLetter(const std::string& topic) { topics_.at(topic).dead_letters.Increment(); }
  void Lag(const std::string& topic, std::int64_t records) {
    topics_.at(topic).lag.Set(static_cast<double>(records));
  }
  void LostRace() { lost_races_.Increment(); }

 private:
  struct Topic {
    telemetry::Counter records;
    telemetry::Counter dead_letters;
    telemetry::Gauge lag;
  };
  std::map<std::string, Topic> topics_;
  telemetry::Histogram batches_;
  telemetry::Counter lost_races_;
};

}  // namespace accoil::events
