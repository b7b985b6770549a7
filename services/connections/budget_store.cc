#include "services/connections/budget_store.h"

#include <algorithm>

namespace accoil::connections {
namespace {

using Numbers = std::vector<std::int64_t>;

struct LockedState {
  BudgetState state;
  /// The database's clock, once the row was ours.
  core::TimePoint now;
};

LockedState ReadState(const postgres::Row& row) {
  LockedState locked;
  locked.now = row.Get<core::TimePoint>("now");
  auto& state = locked.state;
  state.limit = row.Get<int>("call_limit");
  state.window = row.Get<WindowId>("window_id");
  state.seen = row.Get<bool>("seen");
  state.closed = row.Get<bool>("closed");
  state.not_before = core::FromMicroseconds(row.Get<std::int64_t>("not_before"));
  state.remaining = row.Get<int>("remaining");
  state.granted = row.Get<int>("granted");
  state.unaccounted = row.Get<int>("unaccounted");
  state.accounted = row.Get<int>("accounted");
  state.seen_at = core::FromMicroseconds(row.Get<std::int64_t>("seen_at"));
  state.foreign_pace = row.Get<int>("foreign_pace");
  state.foreign_pace_before = row.Get<int>("foreign_pace_before");
  state.foreign = row.Get<int>("foreign_calls");
  state.lag = std::chrono::microseconds(row.Get<std::int64_t>("lag"));
  const auto used = row.Get<Numbers>("used");
  for (std::size_t index = 0; index < std::min(used.size(), kPriorities); ++index) {
    state.used[index] = static_cast<int>(used[index]);
  }
  const auto windows = row.Get<Numbers>("lease_windows");
  const auto forgotten_at = row.Get<Numbers>("lease_forgotten_at");
  const auto calls = row.Get<Numbers>("lease_calls");
  for (std::size_t index = 0; index < windows.size(); ++index) {
    state.leases.push_back({WindowId(windows[index]),
                            core::FromMicroseconds(forgotten_at.at(index)),
                            static_cast<int>(calls.at(index))});
  }
  const auto demand_calls = row.Get<Numbers>("demand_calls");
  const auto demand_until = row.Get<Numbers>("demand_until");
  for (std::size_t index = 0; index < std::min(demand_calls.size(), kPriorities); ++index) {
    state.demand[index] = {static_cast<int>(demand_calls[index]),
                           core::FromMicroseconds(demand_until.at(index))};
  }
  return locked;
}

/// Answers whether it was not there.
bool InsertState(postgres::Transaction& tx, const core::WorkspaceId& workspace) {
  return tx.Execute("INSERT INTO call_budget (workspace_id) VALUES ($1) ON CONFLICT DO NOTHING",
                    workspace)
             .affected() == 1;
}

/// Locks the workspace's row; makes it when it is missing. The clock is read above the subquery, so
/// after the lock was waited for.
LockedState LockState(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                      const BudgetStore::Missing& missing) {
  constexpr const char* kSelect = R"sql(
    SELECT locked.*, clock_timestamp() AS now
    FROM (SELECT * FROM call_budget WHERE workspace_id = $1 FOR NO KEY UPDATE) AS locked
  )sql";
  const auto found = tx.Execute(kSelect, workspace);
  if (!found.empty()) return ReadState(found.Only());
  const bool made = InsertState(tx, workspace);
  auto locked = ReadState(tx.Execute(kSelect, workspace).Only());
  if (made) locked.state = missing(locked.now);
  return locked;
}

void UpdateState(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                 const BudgetState& state) {
  Numbers windows;
  Numbers forgotten_at;
  Numbers calls;
  for (const auto& lease : state.leases) {
    windows.push_back(lease.window.value());
    forgotten_at.push_back(core::ToMicroseconds(lease.forgotten_at));
    calls.push_back(lease.calls);
  }
  Numbers demand_calls;
  Numbers demand_until;
  for (const auto& demand : state.demand) {
    demand_calls.push_back(demand.calls);
    demand_until.push_back(core::ToMicroseconds(demand.until));
  }
  tx.Execute(R"sql(
    UPDATE call_budget
    SET call_limit = $2::int, window_id = $3::bigint, seen = $4::boolean, closed = $5::boolean,
        remaining = $6::int, granted = $7::int, unaccounted = $8::int, used = $9::bigint[],
        lease_windows = $10::bigint[], lease_forgotten_at = $11::bigint[],
        lease_calls = $12::bigint[], demand_calls = $13::bigint[], demand_until = $14::bigint[],
        lag = $15::bigint, accounted = $16::int, foreign_calls = $17::int, foreign_pace = $18::int, seen_at = $19::bigint, not_before = $20::bigint, foreign_pace_before = $21::int
    WHERE workspace_id = $1
  )sql",
             workspace, state.limit, state.window, state.seen, state.closed, state.remaining,
             state.granted, state.unaccounted, Numbers(state.used.begin(), state.used.end()),
             windows, forgotten_at, calls, demand_calls, demand_until, state.lag.count(),
             state.accounted, state.foreign, state.foreign_pace,
             core::ToMicroseconds(state.seen_at), core::ToMicroseconds(state.not_before),
             state.foreign_pace_before);
}

}  // namespace

Lease BudgetStore::LeaseCalls(const core::WorkspaceId& workspace, Priority priority, int wanted,
                              const std::vector<CallReport>& reports) {
  // Connecting made the row: if it is missing, it was lost with the server.
  return Decide(workspace, priority, wanted, reports,
                [this](core::TimePoint now) { return StateAfterLoss(settings_, now); });
}

Lease BudgetStore::Decide(const core::WorkspaceId& workspace, Priority priority, int wanted,
                          const std::vector<CallReport>& reports, const Missing& missing) {
  const auto began = std::chrono::steady_clock::now();
  std::vector<FinishedWindow> finished;
  int limit = 0;
  const auto lease = database_.Transact([&](postgres::Transaction& tx) {
    auto [state, now] = LockState(tx, workspace, missing);
    const auto before = state;
    CallBudget budget(settings_, state, now);
    for (const auto& report : reports) budget.Report(report);
    const auto granted = budget.Grant(priority, wanted);
    finished = budget.finished();
    limit = state.limit;
    if (!(state == before)) UpdateState(tx, workspace, state);
    return granted;
  });
  for (const auto& window : finished) metrics_.WindowFinished(window);
  if (limit > 0) metrics_.LimitSeen(workspace, limit);
  for (const auto& report : reports) {
    metrics_.CallsReported(workspace, report.ended, report.unused, report.throttled);
  }
  if (wanted > 0) metrics_.CallsAsked(workspace, priority, wanted, lease.granted);
  metrics_.LeaseAnswered(std::chrono::steady_clock::now() - began);
  return lease;
}

void BudgetStore::Observe(const core::WorkspaceId& workspace,
                          const std::vector<intercom::RateLimit>& rate_limits) {
  std::vector<CallReport> reports;
  for (const auto& seen : rate_limits) {
    CallReport report;
    report.ended = 1;
    report.rate_limit = CallReport::RateLimit{seen.limit, seen.remaining, WindowId(seen.reset)};
    reports.push_back(report);
  }
  Decide(workspace, Priority::kInteractive, 0, reports,
         [](core::TimePoint) { return BudgetState(); });
}

BudgetStore::Snapshot BudgetStore::Look(const core::WorkspaceId& workspace) {
  return database_.Transact([&](postgres::Transaction& tx) {
    const auto result = tx.Execute(
        "SELECT *, clock_timestamp() AS now FROM call_budget WHERE workspace_id = $1", workspace);
    if (result.empty()) return Snapshot{};
    auto [state, now] = ReadState(result.Only());
    const CallBudget budget(settings_, state, now);
    return Snapshot{state, budget.Outstanding(), budget.EndsIn()};
  });
}

}  // namespace accoil::connections
