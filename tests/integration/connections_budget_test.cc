// The call budget on a real PostgreSQL: replicas agree because the workspace's row is locked.

#include <atomic>
#include <thread>

#include "libs/events/consumer.h"
#include "services/connections/budget_store.h"
#include "services/connections/store.h"
#include "tests/catch.h"
#include "tests/integration/postgres_fixture.h"
#include "tests/integration/wait.h"

namespace accoil::connections {
namespace {

using namespace std::chrono_literals;

const core::WorkspaceId kWorkspace{"abc123"};

/// A replica of the service as far as the budget goes.
struct Replica {
  explicit Replica(test::PostgresFixture& postgres, BudgetSettings settings = {})
      : database(postgres.Open({events::Migrations(), Migrations()})),
        metrics(postgres.telemetry()),
        budgets(*database, settings, metrics) {}

  std::unique_ptr<postgres::Database> database;
  Metrics metrics;
  BudgetStore budgets;
};

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

CallReport Seen(int limit, int remaining, std::int64_t reset) {
  CallReport report;
  report.rate_limit = CallReport::RateLimit{limit, remaining, WindowId(reset)};
  return report;
}

}  // namespace

TEST_CASE("connections: two replicas that lease at once never grant more than the limit") {
  test::PostgresFixture postgres;
  Replica first(postgres);
  Replica second(postgres);
  // A window that does not end while the test runs.
  BudgetSettings settings;
  settings.window = 300s;
  BudgetStore one(*first.database, settings, first.metrics);
  BudgetStore two(*second.database, settings, second.metrics);
  one.Observe(kWorkspace, {{1'666, 1'666, Now() + 300}});

  std::atomic<int> granted = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      auto& budgets = caller % 2 == 0 ? one : two;
      for (int lease = 0; lease < 50; ++lease) {
        granted += budgets.LeaseCalls(kWorkspace, Priority::kInteractive, 7, {}).granted;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(granted == 1'666);
  const auto budget = two.Look(kWorkspace);
  CHECK(budget.outstanding == 1'666);
  CHECK(budget.state.granted == 1'666);
  CHECK(budget.state.limit == 1'666);
}

TEST_CASE("connections: a budget survives a restart as it was") {
  test::PostgresFixture postgres;
  BudgetSettings settings;
  settings.window = 300s;
  const auto reset = Now() + 300;
  BudgetState before;
  {
    Replica replica(postgres, settings);
    replica.budgets.Observe(kWorkspace, {{200, 150, reset}});
    replica.budgets.LeaseCalls(kWorkspace, Priority::kTraits, 1'000, {});
    replica.budgets.LeaseCalls(kWorkspace, Priority::kMatching, 10, {});
    CallReport bare;
    bare.window = WindowId(reset);
    bare.ended = 3;
    bare.unused = 2;
    replica.budgets.LeaseCalls(kWorkspace, Priority::kMatching, 0, {bare});
    before = replica.budgets.Look(kWorkspace).state;
  }
  CHECK(before.unaccounted == 3);
  CHECK(before.leases.size() >= 1);
  CHECK(before.demand[static_cast<std::size_t>(Priority::kTraits)].calls > 0);
  Replica replica(postgres, settings);
  CHECK(replica.budgets.Look(kWorkspace).state == before);
}

TEST_CASE("connections: workspaces have budgets of their own") {
  test::PostgresFixture postgres;
  Replica replica(postgres);
  const core::WorkspaceId other("xyz");
  replica.budgets.Observe(kWorkspace, {{1'000, 900, Now() + 10}});
  replica.budgets.Observe(other, {});
  CHECK(replica.budgets.Look(kWorkspace).state.limit == 1'000);
  CHECK(replica.budgets.Look(other).state.limit == 0);
  CHECK(replica.budgets.LeaseCalls(other, Priority::kTraits, 10, {}).granted == 3);
}

TEST_CASE("connections: a lost database is an error, and then the budget goes on") {
  test::PostgresFixture postgres;
  Replica replica(postgres);
  replica.budgets.Observe(kWorkspace, {{1'000, 900, Now() + 10}});
  postgres.GoAway();
  CHECK_THROWS_AS(replica.budgets.LeaseCalls(kWorkspace, Priority::kTraits, 1, {}),
                  core::Unavailable);
  postgres.ComeBack();
  CHECK(replica.budgets.LeaseCalls(kWorkspace, Priority::kTraits, 1, {}).granted == 1);
}

TEST_CASE("connections: a budget that was lost with the server begins only when leases are over") {
  test::PostgresFixture postgres;
  BudgetSettings settings;
  settings.window = 300s;
  settings.longest_lease = 500ms;
  Replica replica(postgres, settings);
  replica.budgets.Observe(kWorkspace, {{1'000, 900, Now() + 300}});
  CHECK(replica.budgets.LeaseCalls(kWorkspace, Priority::kTraits, 50, {}).granted == 50);
  // What PostgreSQL does with an unlogged table when it recovers from a crash.
  CHECK(postgres.Text("SELECT relpersistence FROM pg_class WHERE oid = 'call_budget'::regclass") ==
        "u");
  postgres.Run("TRUNCATE call_budget");
  const auto held = replica.budgets.LeaseCalls(kWorkspace, Priority::kTraits, 1, {});
  CHECK(held.granted == 0);
  CHECK(held.retry_after > 1s);
  CHECK(held.retry_after <= 1'500ms);
  CHECK(test::WaitUntil([&] {
    return replica.budgets.LeaseCalls(kWorkspace, Priority::kTraits, 1, {}).granted == 1;
  }));
}

TEST_CASE("connections: leases a second", "[.][measure]") {
  test::PostgresFixture postgres;
  Replica replica(postgres);
  const int threads = GENERATE(1, 4, 8);
  const int workspaces = GENERATE(1, 8);
  for (int workspace = 0; workspace < workspaces; ++workspace) {
    replica.budgets.Observe(core::WorkspaceId("w" + std::to_string(workspace)),
                            {{100'000, 100'000, Now() + 10}});
  }
  std::atomic<int> leases = 0;
  const auto end = std::chrono::steady_clock::now() + 5s;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < threads; ++caller) {
    callers.emplace_back([&, caller] {
      const core::WorkspaceId workspace("w" + std::to_string(caller % workspaces));
      while (std::chrono::steady_clock::now() < end) {
        const auto lease = replica.budgets.LeaseCalls(workspace, Priority::kTraits, 1, {});
        auto report = Seen(100'000, 99'000, lease.window.value());
        report.window = lease.window;
        report.ended = lease.granted;
        replica.budgets.LeaseCalls(workspace, Priority::kTraits, 0, {report});
        leases += 2;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  WARN(threads << " threads, " << workspaces << " workspaces: " << leases / 5
               << " LeaseCalls a second");
}

}  // namespace accoil::connections
