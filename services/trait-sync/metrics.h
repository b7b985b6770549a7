#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "libs/intercom/outcome.h"
#include "libs/telemetry/telemetry.h"
#include "services/trait-sync/attribute_value.h"

namespace accoil::traitsync {

/// All of the service's own metrics behind methods named for what happened. Any thread.
class Metrics {
 public:
  explicit Metrics(telemetry::Telemetry& telemetry);

  /// A subject's changes were acknowledged by Intercom.
  void Delivered();
  /// How long after the oldest of its changes was published that was.
  void Fresh(std::chrono::duration<double> age);
  /// A delivery was due and nothing differed: no call.
  void Unchanged(int deliveries);
  /// A delivery's call failed.
  void Failed(intercom::Failure::Kind kind);
  /// A value was set aside that was not before.
  void SetAside(ReasonClass reason);
  /// Deliveries that another worker took over before they ended.
  void ClaimsLost(int deliveries);
  /// A former target was cleared.
  void Cleared();
  /// Events named a profile that nobody told of.
  void UnknownProfile(int events);
  void DefinitionCreated();
  void DefinitionRestored();
  void DefinitionRefused();
  void DefinitionArchived();
  /// Intercom would not archive one that nobody wants any more.
  void DefinitionNotArchived();
  /// Deliveries due now and the longest that one has waited.
  void SetBacklog(double due, double oldest_seconds);

 private:
  telemetry::Metrics& registry_;
  telemetry::Counter delivered_;
  telemetry::Histogram freshness_;
  telemetry::Counter unchanged_;
  telemetry::Counter claims_lost_;
  telemetry::Counter cleared_;
  telemetry::Counter unknown_profile_;
  telemetry::Counter created_;
  telemetry::Counter restored_;
  telemetry::Counter refused_;
  telemetry::Counter archived_;
  telemetry::Counter cannot_archive_;
  telemetry::Gauge due_;
  telemetry::Gauge oldest_;
  std::map<intercom::Failure::Kind, telemetry::Counter> failed_;
  std::map<ReasonClass, telemetry::Counter> set_aside_;
};

/// Lets a warning through once in a while for each subject matter and problem, so that a spell of
/// failures is told and does not flood the log. Any thread.
class Warnings {
 public:
  explicit Warnings(const telemetry::Logger& logger,
                    std::chrono::milliseconds interval = std::chrono::seconds(5))
      : logger_(logger), interval_(interval) {}

  /// `where` is a workspace, product or profile; `what` the class of the failure; `problem` what
  /// was wrong. Of one where and what, a few different problems are told in each interval, each
  /// once. Says how many were left out since the last line.
  void Warn(const std::string& where, const std::string& what, const std::string& problem);

 private:
  struct Seen {
    std::chrono::steady_clock::time_point since;
    std::set<std::string> told;
    std::int64_t left_out = 0;
  };

  telemetry::Logger logger_;
  std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Seen> seen_;  // guarded by mutex_
};

}  // namespace accoil::traitsync
