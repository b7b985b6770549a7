#include "services/trait-sync/dispatcher.h"

#include "libs/core/crew.h"
#include "services/trait-sync/clearing_round.h"

namespace accoil::traitsync {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How soon due work is found when nobody wakes the dispatcher.
constexpr milliseconds kIdle(100);
// How often it is looked for while there is some: new products join those that are worked on.
constexpr milliseconds kRenewal(50);
constexpr milliseconds kAfterError(500);
// While everything that is due rests until a known time, it is looked at again soon.
constexpr milliseconds kResting(20);

}  // namespace

struct Dispatcher::Worker {
  Worker(Dispatcher& dispatcher, int threads)
      : crew(threads),
        loop([this, &dispatcher] { return dispatcher.Step(crew); },
             [&dispatcher](const std::exception& error) {
               dispatcher.tools_.warnings.Warn("dispatcher", "a round of deliveries failed",
                                               error.what());
               return kAfterError;
             }) {}

  core::Crew crew;
  core::Loop loop;
};

Dispatcher::Dispatcher(RoundTools& tools) : tools_(tools), agenda_(tools.random) {
  for (int i = 0; i < tools.config.dispatchers; ++i) {
    workers_.push_back(std::make_unique<Worker>(*this, tools.config.concurrency));
  }
}

Dispatcher::~Dispatcher() = default;

void Dispatcher::Start() {
  for (auto& worker : workers_) worker->loop.Start();
}

void Dispatcher::Stop() {
  for (auto& worker : workers_) worker->loop.Stop();
}

void Dispatcher::Wake() {
  agenda_.Outdate();
  for (auto& worker : workers_) worker->loop.Wake();
}

void Dispatcher::ConnectionChanged(core::ProductId product) {
  tools_.intercom.Forget(product);
  agenda_.Forget(product);
  Wake();
}

milliseconds Dispatcher::Step(core::Crew& crew) {
  if (agenda_.Stale(steady_clock::now(), kRenewal)) agenda_.Replace(tools_.store.FindDue());
  const auto assignment = agenda_.Take(steady_clock::now());
  if (!assignment) return agenda_.Empty() ? kIdle : kResting;
  RoundResult result;
  try {
    if (assignment->lane == Lane::kFormerTargets) {
      result = ClearingRound(tools_, assignment->product).Run(assignment->most);
    } else {
      const auto rank = assignment->lane == Lane::kChanges ? Rank::kChange : Rank::kCatchUp;
      result = DeliveryRound(tools_, crew, assignment->product, rank).Run(assignment->most);
    }
  } catch (...) {
    // Told by the loop; the product rests like one in trouble.
    result.trouble = true;
    agenda_.Done(*assignment, result, steady_clock::now());
    throw;
  }
  agenda_.Done(*assignment, result, steady_clock::now());
  return milliseconds(0);
}

}  // namespace accoil::traitsync
