// Lets many callers work against a simulated window counter of Intercom for minutes of simulated
// time, with everything that makes it hard: latency, callers that die, clocks that differ, lost
// answers, other apps, limits that change.

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <random>

#include "services/connections/call_budget.h"
#include "tests/catch.h"

namespace accoil::connections {
namespace {

using namespace std::chrono_literals;
using core::TimePoint;
using std::chrono::microseconds;

constexpr auto kReportInterval = 100ms;
constexpr auto kHttpTimeout = 10s;

TimePoint Start() { return TimePoint(1'700'000'003'300ms); }

class Events {
 public:
  explicit Events(TimePoint start) : now_(start) {}
  TimePoint now() const { return now_; }
  void In(microseconds delay, std::function<void()> work) {
    queue_.push({now_ + delay, next_++, std::move(work)});
  }
  void RunFor(microseconds duration) {
    const auto end = now_ + duration;
    while (!queue_.empty() && queue_.top().at <= end) {
      auto event = queue_.top();
      queue_.pop();
      now_ = event.at;
      event.work();
    }
    now_ = end;
  }

 private:
  struct Event {
    TimePoint at;
    std::int64_t order;
    std::function<void()> work;
    bool operator<(const Event& other) const {
      return std::tie(at, order) > std::tie(other.at, other.order);
    }
  };
  TimePoint now_;
  std::int64_t next_ = 0;
  std::priority_queue<Event> queue_;
};

/// Counts calls in fixed windows as Intercom does, by its own clock.
class SimulatedIntercom {
 public:
  struct Window {
    int limit = 0;
    int counted = 0;
    int ours = 0;
    int refused = 0;
  };
  struct Answer {
    CallReport::RateLimit rate_limit;
    bool refused = false;
  };

  SimulatedIntercom(const Events& events, int limit, std::chrono::seconds length)
      : events_(events), limit_(limit), length_(length) {}

  int limit() const { return limit_; }
  /// From the next window on.
  void SetLimit(int limit) { limit_ = limit; }
  /// Where windows end, within their length.
  void SetPhase(std::chrono::seconds phase) { phase_ = phase; }

  Answer Call(bool ours = true) {
    const auto now = std::chrono::floor<std::chrono::seconds>(events_.now()).time_since_epoch();
    const auto reset = ((now - phase_) / length_ + 1) * length_ + phase_;
    const WindowId id(reset.count());
    auto& window = windows_.try_emplace(id, Window{limit_}).first->second;
    if (window.counted >= window.limit) {
      if (ours) ++window.refused;
      return {{window.limit, 0, id}, true};
    }
    ++window.counted;
    if (ours) ++window.ours;
    return {{window.limit, window.limit - window.counted, id}, false};
  }

  /// The first and the last are cut off by the test's begin and end.
  std::vector<Window> WholeWindows() const {
    std::vector<Window> windows;
    for (const auto& [id, window] : windows_) windows.push_back(window);
    if (windows.size() < 2) return {};
    return {windows.begin() + 1, windows.end() - 1};
  }
  int Refused() const {
    int refused = 0;
    for (const auto& [id, window] : windows_) refused += window.refused;
    return refused;
  }
  int Ours() const {
    int ours = 0;
    for (const auto& [id, window] : windows_) ours += window.ours;
    return ours;
  }

 private:
  const Events& events_;
  int limit_;
  std::chrono::seconds length_;
  std::chrono::seconds phase_{0};
  std::map<WindowId, Window> windows_;
};

/// The authority with its clock.
struct Authority {
  Lease Ask(TimePoint now, Priority priority, int wanted, const std::vector<CallReport>& reports) {
    ++asked;
    CallBudget budget(settings, state, now + clock_offset);
    for (const auto& report : reports) budget.Report(report);
    return budget.Grant(priority, wanted);
  }

  BudgetSettings settings;
  BudgetState state;
  microseconds clock_offset{0};
  int asked = 0;
};

/// A replica of a service: leases, sends, reports.
class Caller {
 public:
  struct Options {
    Priority priority = Priority::kTraits;
    int at_once = 20;
    /// Most that is asked for in one lease.
    int batch = 50;
    microseconds fastest = 40ms;
    microseconds slowest = 400ms;
    /// Share of calls whose answer never arrives.
    double lost = 0;
  };

  Caller(Events& events, SimulatedIntercom& intercom, Authority& authority, Options options,
         unsigned seed)
      : events_(events),
        intercom_(intercom),
        authority_(authority),
        options_(options),
        random_(seed) {
    ReportLater();
  }

  void AddWork(int calls) {
    backlog_ += calls;
    Pump();
  }
  /// Without a word, its leases in hand.
  void Die() { dead_ = true; }
  int done() const { return done_; }
  int backlog() const { return backlog_; }

 private:
  struct Permits {
    WindowId window;
    TimePoint until;
    int calls = 0;
  };

  microseconds Between(microseconds least, microseconds most) {
    return microseconds(
        std::uniform_int_distribution<std::int64_t>(least.count(), most.count())(random_));
  }

  void Pump() {
    if (dead_) return;
    if (permits_.calls > 0 && events_.now() >= permits_.until) {
      ReportOf(permits_.window, WindowId()).unused += permits_.calls;
      permits_.calls = 0;
    }
    while (permits_.calls > 0 && busy_ < options_.at_once && backlog_ > 0) Send();
    if (permits_.calls == 0 && backlog_ > 0 && busy_ < options_.at_once) Ask();
  }

  void Send() {
    --permits_.calls;
    --backlog_;
    ++busy_;
    const auto latency = Between(options_.fastest, options_.slowest);
    const auto window = permits_.window;
    const bool lost = std::uniform_real_distribution<>(0, 1)(random_) < options_.lost;
    events_.In(latency / 2, [this, latency, window, lost] {
      const auto answer = intercom_.Call();
      events_.In(lost ? microseconds(kHttpTimeout) - latency / 2 : latency / 2,
                 [this, answer, window, lost] { Ended(window, answer, lost); });
    });
  }

  void Ended(WindowId window, const SimulatedIntercom::Answer& answer, bool lost) {
    if (dead_) return;
    --busy_;
    auto& report = ReportOf(window, lost ? WindowId() : answer.rate_limit.reset);
    ++report.ended;
    if (!lost) {
      report.throttled = report.throttled || answer.refused;
      if (!report.rate_limit) report.rate_limit = answer.rate_limit;
      report.rate_limit->remaining =
          std::min(report.rate_limit->remaining, answer.rate_limit.remaining);
    }
    if (answer.refused) {
      ++backlog_;
    } else {
      ++done_;
    }
    Pump();
  }

  CallReport& ReportOf(WindowId window, WindowId reset) {
    auto& report = reports_[{window, reset}];
    report.window = window;
    return report;
  }

  std::vector<CallReport> TakeReports() {
    std::vector<CallReport> reports;
    for (const auto& [key, report] : reports_) reports.push_back(report);
    reports_.clear();
    return reports;
  }

  void Ask() {
    if (asking_ || events_.now() < ask_again_) return;
    asking_ = true;
    events_.In(Between(500us, 3ms), [this] {
      if (dead_) return;
      const int wanted = std::min(backlog_, options_.batch);
      const auto lease = authority_.Ask(events_.now(), options_.priority, wanted, TakeReports());
      const auto asked = events_.now();
      events_.In(Between(500us, 3ms), [this, lease, asked] {
        if (dead_) return;
        asking_ = false;
        permits_ = {lease.window, asked + lease.valid_for, lease.granted};
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(lease.retry_after);
        ask_again_ = events_.now() + wait;
        events_.In(wait, [this] { Pump(); });
        Pump();
      });
    });
  }

  void ReportLater() {
    events_.In(kReportInterval, [this] {
      if (dead_) return;
      Pump();
      if (!reports_.empty()) {
        authority_.Ask(events_.now(), Priority::kMatching, 0, TakeReports());
      }
      ReportLater();
    });
  }

  Events& events_;
  SimulatedIntercom& intercom_;
  Authority& authority_;
  const Options options_;
  std::mt19937 random_;
  std::map<std::pair<WindowId, WindowId>, CallReport> reports_;
  Permits permits_;
  TimePoint ask_again_;
  int busy_ = 0;
  int backlog_ = 0;
  int done_ = 0;
  bool asking_ = false;
  bool dead_ = false;
};

constexpr int kEndless = 1'000'000;

struct World {
  explicit World(int limit, std::chrono::seconds length = 10s)
      : events(Start()), intercom(events, limit, length) {
    authority.settings.window = length;
  }
  Caller& Add(Caller::Options options, int work = kEndless) {
    callers.push_back(std::make_unique<Caller>(events, intercom, authority, options, ++seed));
    callers.back()->AddWork(work);
    return *callers.back();
  }

  Events events;
  SimulatedIntercom intercom;
  Authority authority;
  std::vector<std::unique_ptr<Caller>> callers;
  unsigned seed = 0;
};

double LeastUsed(const SimulatedIntercom& intercom) {
  double least = 1;
  for (const auto& window : intercom.WholeWindows()) {
    least = std::min(least, static_cast<double>(window.counted) / window.limit);
  }
  return least;
}

}  // namespace

TEST_CASE("two replicas with work use at least 97 % of every window and cause no 429") {
  const int limit = GENERATE(20, 50, 200, 1'666, 10'000);
  const auto offset = GENERATE(-240ms, 0ms, 240ms);
  World world(limit);
  world.authority.clock_offset = offset;
  // Enough of them at once for the limit at this latency.
  const int at_once = std::max(10, limit / 15);
  for (int replica = 0; replica < 2; ++replica) {
    world.Add({.at_once = at_once, .batch = std::min(1'000, 2 * at_once)});
  }
  world.events.RunFor(120s);
  CAPTURE(limit, offset.count());
  CHECK(world.intercom.Refused() == 0);
  CHECK(LeastUsed(world.intercom) >= 0.97);
  CHECK(world.intercom.WholeWindows().size() >= 11);
  // Waiting callers are told when to come back, they do not hammer.
  CHECK(world.authority.asked < 120 * 2 * 25 + 4 * 12 * limit / at_once);
}

TEST_CASE("whatever the callers do, no window's limit is passed") {
  const unsigned seed = GENERATE(range(1U, 41U));
  std::mt19937 random(seed);
  const auto any = [&](int least, int most) {
    return std::uniform_int_distribution<>(least, most)(random);
  };
  World world(std::vector{10, 37, 200, 500, 1'666}[static_cast<std::size_t>(any(0, 4))]);
  world.seed = seed * 1'000;
  world.authority.clock_offset = std::chrono::milliseconds(any(-240, 240));
  world.intercom.SetPhase(std::chrono::seconds(any(0, 9)));
  for (int caller = any(1, 8); caller > 0; --caller) {
    auto& added = world.Add({.priority = static_cast<Priority>(any(0, 3)),
                             .at_once = any(1, 60),
                             .batch = any(1, 300),
                             .fastest = std::chrono::milliseconds(any(5, 100)),
                             .slowest = std::chrono::milliseconds(any(150, 3'000)),
                             .lost = any(0, 3) == 0 ? 0.02 : 0.0},
                            any(0, 1) == 0 ? kEndless : any(1, 500));
    if (any(0, 2) == 0) {
      world.events.In(std::chrono::milliseconds(any(1'000, 100'000)), [&added] { added.Die(); });
    }
    if (any(0, 2) == 0) {
      world.events.In(std::chrono::milliseconds(any(1'000, 100'000)),
                      [&added] { added.AddWork(700); });
    }
    world.events.RunFor(std::chrono::milliseconds(any(0, 9'000)));
  }
  world.events.RunFor(150s);
  CAPTURE(seed);
  CHECK(world.intercom.Refused() == 0);
}

TEST_CASE("whoever waits for calls, 97 % of every window is used") {
  const unsigned seed = GENERATE(range(1U, 41U));
  std::mt19937 random(seed);
  const auto any = [&](int least, int most) {
    return std::uniform_int_distribution<>(least, most)(random);
  };
  World world(std::vector{50, 200, 500, 1'666, 10'000}[static_cast<std::size_t>(any(0, 4))]);
  world.seed = seed * 1'000;
  world.authority.clock_offset = std::chrono::milliseconds(any(-240, 240));
  world.intercom.SetPhase(std::chrono::seconds(any(0, 9)));
  const int callers = any(1, 6);
  const int limit = world.intercom.limit();
  for (int caller = 0; caller < callers; ++caller) {
    // Together able to use up the limit in a third of a window, at half a second a call.
    const int at_once = limit / 6 / callers + any(1, 10);
    world.Add({.priority = static_cast<Priority>(any(0, 3)),
               .at_once = at_once,
               .batch = any(std::min(20, at_once), std::min(1'000, 3 * at_once + 20)),
               .fastest = std::chrono::milliseconds(any(5, 100)),
               .slowest = std::chrono::milliseconds(any(150, 900))});
    world.events.RunFor(std::chrono::milliseconds(any(0, 300)));
  }
  world.events.RunFor(100s);
  CAPTURE(seed, limit, callers);
  CHECK(world.intercom.Refused() == 0);
  CHECK(LeastUsed(world.intercom) >= 0.97);
}

TEST_CASE("a caller that dies costs no more than its leases until they run out") {
  World world(200);
  auto& dying = world.Add({.at_once = 20, .batch = 60});
  world.Add({.at_once = 40, .batch = 60});
  world.events.RunFor(31s);
  dying.Die();
  world.events.RunFor(100s);
  CHECK(world.intercom.Refused() == 0);
  const auto windows = world.intercom.WholeWindows();
  int poor = 0;
  for (const auto& window : windows) {
    if (window.counted < 194) ++poor;
    CHECK(window.counted >= 140);
  }
  CHECK(poor <= 2);
}

TEST_CASE("a limit that was lowered is not passed, one that was raised is used") {
  World world(200);
  for (int replica = 0; replica < 2; ++replica) world.Add({.at_once = 20, .batch = 60});
  world.events.RunFor(35s);
  world.intercom.SetLimit(60);
  world.events.RunFor(40s);
  CHECK(world.intercom.Refused() == 0);
  world.intercom.SetLimit(400);
  world.events.RunFor(40s);
  CHECK(world.intercom.Refused() == 0);
  for (const auto& window : world.intercom.WholeWindows()) {
    CHECK(window.counted >= 0.97 * window.limit);
  }
}

TEST_CASE("windows that stood idle are found again, wherever they then end") {
  World world(200);
  auto& caller = world.Add({.at_once = 20, .batch = 60}, 500);
  world.events.RunFor(40s);
  CHECK(caller.backlog() == 0);
  world.intercom.SetPhase(4s);
  world.events.RunFor(33s);
  caller.AddWork(kEndless);
  world.events.RunFor(60s);
  CHECK(world.intercom.Refused() == 0);
  const auto windows = world.intercom.WholeWindows();
  for (auto window = windows.end() - 5; window != windows.end(); ++window) {
    CHECK(window->counted >= 194);
  }
}

TEST_CASE("other apps' calls are taken into account") {
  World world(200);
  for (int replica = 0; replica < 2; ++replica) world.Add({.at_once = 20, .batch = 60});
  int foreign_refused = 0;
  std::function<void()> foreign = [&] {
    if (world.intercom.Call(false).refused) ++foreign_refused;
    world.events.In(120ms, foreign);
  };
  foreign();
  world.events.RunFor(120s);
  // Between an answer and its report another app may take a call that we have granted.
  CHECK(world.intercom.Refused() <= 2 * 12);
  CHECK(LeastUsed(world.intercom) >= 0.97);
}

TEST_CASE("an urgent call is granted at once although lower priorities want everything") {
  World world(200);
  for (int replica = 0; replica < 2; ++replica) world.Add({.at_once = 20, .batch = 60});
  world.Add({.priority = Priority::kMatching, .at_once = 5, .batch = 20});
  auto& person = world.Add({.priority = Priority::kInteractive, .at_once = 1, .batch = 1}, 0);
  std::vector<int> late;
  for (int click = 1; click <= 40; ++click) {
    world.events.RunFor(1'900ms);
    person.AddWork(1);
    world.events.RunFor(700ms);
    if (person.done() < click - static_cast<int>(late.size())) late.push_back(click);
  }
  // Only at the very end of a window, when even the reserve has been given away.
  CHECK(late.size() <= 8);
  CHECK(person.done() >= 39);
  CHECK(world.intercom.Refused() == 0);
}

TEST_CASE("the urgent goes first, but no priority starves and what is idle is lent") {
  World world(200);
  auto& traits = world.Add({.priority = Priority::kTraits, .at_once = 40, .batch = 100});
  auto& matching = world.Add({.priority = Priority::kMatching, .at_once = 40, .batch = 100});
  world.events.RunFor(100s);
  const int all = world.intercom.Ours();
  CHECK(matching.done() >= 0.08 * all);
  CHECK(traits.done() >= 0.6 * all);
  CHECK(LeastUsed(world.intercom) >= 0.97);
  traits.Die();
  world.events.RunFor(30s);
  const int before = matching.done();
  world.events.RunFor(50s);
  CHECK(matching.done() - before >= 0.97 * 5 * 200);
  CHECK(world.intercom.Refused() == 0);
}

TEST_CASE("a clock that is far ahead costs a few refused calls and is then followed") {
  World world(200);
  world.authority.clock_offset = 3s;
  for (int replica = 0; replica < 2; ++replica) world.Add({.at_once = 20, .batch = 60});
  world.events.RunFor(60s);
  const int learning = world.intercom.Refused();
  CHECK(learning <= 4 * 20);
  world.events.RunFor(100s);
  CHECK(world.intercom.Refused() == learning);
  const auto windows = world.intercom.WholeWindows();
  for (auto window = windows.end() - 8; window != windows.end(); ++window) {
    CHECK(window->counted >= 194);
  }
}

TEST_CASE("a clock that is behind is followed without a refused call") {
  World world(200);
  world.authority.clock_offset = -3s;
  for (int replica = 0; replica < 2; ++replica) world.Add({.at_once = 20, .batch = 60});
  world.events.RunFor(160s);
  CHECK(world.intercom.Refused() == 0);
  const auto windows = world.intercom.WholeWindows();
  for (auto window = windows.begin() + 3; window != windows.end(); ++window) {
    CHECK(window->counted >= 194);
  }
}

}  // namespace accoil::connections
