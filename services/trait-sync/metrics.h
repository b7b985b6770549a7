#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "libs/core/clock.h"
#include "libs/core/ids.h"
#include "libs/intercom/outcome.h"
#include "libs/telemetry/telemetry.h"
#include "services/trait-sync/attribute_value.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {

/// What is promised of freshness: almost every change is in Intercom within this time, as long as
/// the workspace has calls left.
inline constexpr std::chrono::seconds kFreshnessObjective{60};

/// All of the service's own metrics behind methods named for what happened. The label workspace
/// stands for a connection: those are what the numbers of series grow with. Any thread.
class Metrics {
 public:
  explicit Metrics(telemetry::Telemetry& telemetry);

  /// A subject's changes were acknowledged by Intercom.
  void Delivered(const core::WorkspaceId& workspace);
  /// That was now, and the oldest of the changes was published at `changed_at`.
  void Fresh(const DueProduct& product, Rank rank, core::TimePoint changed_at, core::TimePoint now);
  /// Until now a product's work could not go on, for no fault of the suite's: its workspace had no
  /// call left, or it was not connected. What was due is not measured by the objective for this
  /// time.
  void HeldUp(core::ProductId product, core::TimePoint now);
  /// A delivery was due and nothing differed: no call.
  void Unchanged(const core::WorkspaceId& workspace, int deliveries);
  /// A delivery's call failed.
  void Failed(const core::WorkspaceId& workspace, intercom::Failure::Kind kind);
  /// A value was set aside that was not before.
  void SetAside(const core::WorkspaceId& workspace, ReasonClass reason);
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
  /// What is due now, of every workspace that is connected.
  void SetBacklog(const std::map<core::WorkspaceId, Backlog>& backlog);

 private:
  /// The counters of one connection, all of them from its first event on, so that their growth is
  /// seen from the first on, too.
  struct OfWorkspace {
    telemetry::Counter delivered;
    telemetry::Counter unchanged;
    telemetry::Counter in_time;
    telemetry::Counter late;
    telemetry::Counter held_up;
    telemetry::Gauge due;
    telemetry::Gauge oldest;
    std::map<intercom::Failure::Kind, telemetry::Counter> failed;
    std::map<ReasonClass, telemetry::Counter> set_aside;
  };
  OfWorkspace& At(const core::WorkspaceId& workspace);

  telemetry::Metrics& registry_;
  std::map<Rank, telemetry::Histogram> freshness_;
  telemetry::Counter claims_lost_;
  telemetry::Counter cleared_;
  telemetry::Counter unknown_profile_;
  telemetry::Counter created_;
  telemetry::Counter restored_;
  telemetry::Counter refused_;
  telemetry::Counter archived_;
  telemetry::Counter cannot_archive_;

  std::mutex mutex_;
  // Guarded by mutex_; entries are never taken out.
  std::map<core::WorkspaceId, OfWorkspace> workspaces_;
  // Guarded by mutex_.
  std::map<core::ProductId, core::TimePoint> held_up_until_;
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
  /// For what is no warning.
  const telemetry::Logger& logger() const { return logger_; }

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
