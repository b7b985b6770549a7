// Callers with the real budget client, two replicas of the service behind gRPC on one PostgreSQL,
// and a window counter that stands in for Intercom, in real time.

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "libs/events/consumer.h"
#include "libs/intercom/budget.h"
#include "libs/rpc/server.h"
#include "services/connections/service.h"
#include "tests/catch.h"
#include "tests/integration/postgres_fixture.h"
#include "tests/integration/wait.h"

namespace accoil::connections {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

const core::WorkspaceId kWorkspace{"abc123"};

/// Counts calls in fixed windows of the machine's clock.
class WindowCounter {
 public:
  struct Window {
    int counted = 0;
    int refused = 0;
  };
  WindowCounter(int limit, seconds length) : limit_(limit), length_(length) {}

  intercom::RateLimit Call(bool& refused) {
    const std::lock_guard lock(mutex_);
    const auto now =
        std::chrono::duration_cast<seconds>(std::chrono::system_clock::now().time_since_epoch());
    const auto reset = ((now / length_ + 1) * length_).count();
    auto& window = windows_[reset];
    refused = window.counted >= limit_;
    ++(refused ? window.refused : window.counted);
    return {limit_, limit_ - window.counted, reset};
  }
  /// Those that neither the begin nor the end of the test cut off.
  std::vector<Window> WholeWindows() {
    const std::lock_guard lock(mutex_);
    std::vector<Window> windows;
    for (const auto& [reset, window] : windows_) windows.push_back(window);
    if (windows.size() < 2) return {};
    return {windows.begin() + 1, windows.end() - 1};
  }
  int Refused() {
    const std::lock_guard lock(mutex_);
    int refused = 0;
    for (const auto& [reset, window] : windows_) refused += window.refused;
    return refused;
  }

 private:
  const int limit_;
  const seconds length_;
  std::mutex mutex_;
  std::map<std::int64_t, Window> windows_;
};

/// A replica of the service, as far as gRPC goes.
struct Replica {
  Replica(test::PostgresFixture& postgres, const BudgetSettings& settings)
      : telemetry(postgres.telemetry()),
        database(postgres.Open({events::Migrations(), Migrations()})),
        budgets(*database, settings, metrics) {
    server.Start();
  }
  ~Replica() { server.Stop(); }

  telemetry::Telemetry& telemetry;
  std::unique_ptr<postgres::Database> database;
  const core::SystemClock clock{};
  const Store store{};
  const SecretCipher cipher{{{"k1", std::string(32, 'a')}}};
  Metrics metrics{telemetry};
  BudgetStore budgets;
  const Tools tools{*database, store, budgets, cipher, clock, metrics, telemetry.logger(), [] {}};
  const IntercomCalls calls{};
  Profiles profiles{*database, store, clock, metrics, [] {}};
  Workspaces workspaces{tools, calls.ask, ""};
  OAuth oauth{tools, workspaces, calls, {}};
  Disconnects disconnects{tools, {}, [] {}};
  ApiKeys api_keys{*database, store, clock, metrics, std::string(32, 's')};
  Service service{{tools, profiles, workspaces, oauth, disconnects, api_keys}, ""};
  rpc::Server server{{.address = {"127.0.0.1", 0}}, service.faces(), telemetry};
};

/// A process that always has work: threads that lease a few calls and make them.
class Caller {
 public:
  Caller(Replica& replica, WindowCounter& intercom, intercom::Priority priority, int threads)
      : intercom_(intercom),
        priority_(priority),
        budget_(replica.server.address(), replica.telemetry) {
    budget_.Start();
    for (int thread = 0; thread < threads; ++thread) {
      threads_.emplace_back([this, thread] { Work(static_cast<unsigned>(thread)); });
    }
  }
  ~Caller() {
    stopped_ = true;
    for (auto& thread : threads_) thread.join();
    budget_.Stop();
  }

 private:
  void Work(unsigned seed) {
    std::mt19937 random(seed);
    while (!stopped_) {
      const auto grant = budget_.Lease(kWorkspace, priority_, 5);
      for (int call = 0; call < grant.calls; ++call) {
        if (std::chrono::steady_clock::now() >= grant.valid_until) {
          budget_.Unused(kWorkspace, grant.window_id, grant.calls - call);
          break;
        }
        // What a call takes.
        std::this_thread::sleep_for(std::chrono::milliseconds(5 + random() % 30));
        bool refused = false;
        const auto seen = intercom_.Call(refused);
        std::this_thread::sleep_for(std::chrono::milliseconds(5 + random() % 30));
        budget_.Ended(kWorkspace, grant.window_id, seen, refused);
      }
      if (grant.calls == 0) {
        test::WaitUntil([this] { return stopped_.load(); }, grant.retry_after);
      }
    }
  }

  WindowCounter& intercom_;
  const intercom::Priority priority_;
  intercom::Budget budget_;
  std::atomic<bool> stopped_ = false;
  std::vector<std::thread> threads_;
};

/// Lets two callers and two replicas work for a while.
void Run(WindowCounter& intercom, const BudgetSettings& settings, int threads, seconds duration) {
  test::PostgresFixture postgres;
  Replica first(postgres, settings);
  Replica second(postgres, settings);
  first.budgets.Observe(kWorkspace, {});
  const Caller one(first, intercom, connections::v1::TRAITS, threads);
  const Caller two(second, intercom, connections::v1::TRAITS, threads);
  const Caller sweeping(second, intercom, connections::v1::MATCHING, 1);
  std::this_thread::sleep_for(duration);
}

}  // namespace

TEST_CASE("connections: callers of two replicas use at least 97 % of each window without a 429") {
  BudgetSettings settings;
  settings.window = 5s;
  WindowCounter intercom(200, settings.window);
  Run(intercom, settings, 8, 21s);
  const auto windows = intercom.WholeWindows();
  CHECK(windows.size() >= 3);
  for (const auto& window : windows) CHECK(window.counted >= 194);
  CHECK(intercom.Refused() == 0);
}

TEST_CASE("connections: what is used of Intercom's windows", "[.][measure]") {
  const int limit = GENERATE(200, 1'666);
  WindowCounter intercom(limit, 10s);
  Run(intercom, {}, limit < 1'000 ? 8 : 24, 50s);
  for (const auto& window : intercom.WholeWindows()) {
    WARN(window.counted << " of " << limit << ", refused " << window.refused);
  }
  CHECK(intercom.Refused() == 0);
}

}  // namespace accoil::connections
