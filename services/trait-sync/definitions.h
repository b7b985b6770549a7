#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/core/clock.h"
#include "libs/intercom/permits.h"
#include "services/trait-sync/config.h"
#include "services/trait-sync/delivery_plan.h"
#include "services/trait-sync/metrics.h"
#include "services/trait-sync/store.h"
#include "services/trait-sync/wanted_attributes.h"
#include "services/trait-sync/workspace.h"

namespace accoil::traitsync {

/// Keeps the definitions behind the attributes in a workspace: lists what is there when something
/// is missing, makes what does not exist, brings back what was archived, and remembers what
/// Intercom refuses. What is present is believed until Intercom refuses a write. What is made is
/// remembered as ours before it is asked for, so that a crash or a time-out does not leave behind
/// what nobody would archive. Any thread; one thread of this process at a time works on a
/// workspace, and replicas that make the same attribute at the same time find out by Intercom's
/// refusal.
class Definitions {
 public:
  /// What is outlived by it is a copy; the rest outlives it.
  Definitions(Store& store, const DeliveryConfig& config, const core::Clock& clock,
              Metrics& metrics, Warnings& warnings)
      : store_(store), config_(config), clock_(clock), metrics_(metrics), warnings_(warnings) {}

  struct Needs {
    SubjectKind kind = SubjectKind::kUser;
    /// Every attribute that is wanted on the kind.
    const std::vector<WantedAttribute>& attributes;
    /// Those of them that must exist.
    std::set<std::string> define;
    /// Those whose state is to be known, without making them.
    std::set<std::string> know;
  };
  struct Answer {
    /// Of every name to be defined, and of every name to be known that was ever looked at.
    AttributeStates states;
    /// The failure that made attributes wait, if one did.
    std::optional<intercom::Failure> failure;
  };

  /// Costs no call when all that is needed is present or refused.
  Answer Ensure(Workspace& workspace, intercom::Permits& permits, const Needs& needs);

  /// Looks at Intercom's definitions again because it refused a write that was sent at `sent_at`.
  /// What another thread saw since then is as good. Nothing when they were looked at shortly before
  /// the write: then the refusal has another cause.
  std::optional<Answer> Refresh(Workspace& workspace, intercom::Permits& permits,
                                const Needs& needs, core::TimePoint sent_at);

 private:
  /// What one look at a workspace works with.
  struct Look;

  /// With the workspace's mutex held.
  Answer Decide(Workspace& workspace, intercom::Permits& permits, const Needs& needs,
                bool look_again);
  AttributeRow Settle(Look& look, const WantedAttribute& attribute);
  AttributeRow SettleFound(Look& look, const WantedAttribute& attribute,
                           const intercom::DataAttribute& found);
  AttributeRow BringBack(Look& look, const WantedAttribute& attribute,
                         const intercom::DataAttribute& found);
  AttributeRow Create(Look& look, const WantedAttribute& attribute);
  AttributeRow Refused(Look& look, const WantedAttribute& attribute, const std::string& reason);
  AttributeRow Waiting(Look& look, const WantedAttribute& attribute,
                       const std::optional<intercom::Failure>& failure);
  AttributeRow Present(Look& look, const WantedAttribute& attribute,
                       const intercom::DataAttribute& found);
  std::mutex& MutexOf(const core::WorkspaceId& workspace);

  Store& store_;
  const DeliveryConfig config_;
  const core::Clock& clock_;
  Metrics& metrics_;
  Warnings& warnings_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::map<core::WorkspaceId, std::unique_ptr<std::mutex>> workspaces_;
  std::map<std::pair<core::WorkspaceId, SubjectKind>, core::TimePoint> refreshed_;
};

}  // namespace accoil::traitsync
