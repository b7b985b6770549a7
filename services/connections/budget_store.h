#pragma once

#include <functional>
#include <vector>

#include "libs/core/ids.h"
#include "libs/intercom/outcome.h"
#include "libs/postgres/database.h"
#include "services/connections/call_budget.h"
#include "services/connections/metrics.h"

namespace accoil::connections {

/// Keeps the call budget of every workspace in the database, so that all replicas of the service
/// and the next one after a restart decide on the same state: a decision locks the workspace's row,
/// and the database's clock is the clock of all. Any thread; what it is made of outlives it.
class BudgetStore {
 public:
  /// The state of a workspace that has none.
  using Missing = std::function<BudgetState(core::TimePoint now)>;

  BudgetStore(postgres::Database& database, const BudgetSettings& settings, Metrics& metrics)
      : database_(database), settings_(settings), metrics_(metrics) {}

  /// Takes in the reports, then grants up to `wanted` calls. A workspace without a state has lost
  /// it: it gets nothing for some seconds (see StateAfterLoss).
  Lease LeaseCalls(const core::WorkspaceId& workspace, Priority priority, int wanted,
                   const std::vector<CallReport>& reports);
  /// Makes a new workspace known, or takes in what the answers of calls told that were made without
  /// a lease.
  void Observe(const core::WorkspaceId& workspace,
               const std::vector<intercom::RateLimit>& rate_limits);

  struct Snapshot {
    BudgetState state;
    int outstanding = 0;
    std::chrono::microseconds ends_in{0};
  };
  /// How it stands now; a workspace that was never asked for has an empty state.
  Snapshot Look(const core::WorkspaceId& workspace);

 private:
  Lease Decide(const core::WorkspaceId& workspace, Priority priority, int wanted,
               const std::vector<CallReport>& reports, const Missing& missing);

  postgres::Database& database_;
  const BudgetSettings settings_;
  Metrics& metrics_;
};

}  // namespace accoil::connections
