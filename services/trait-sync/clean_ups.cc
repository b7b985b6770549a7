#include "services/trait-sync/clean_ups.h"

namespace accoil::traitsync {
namespace {

using std::chrono::milliseconds;

// Workspaces at a time, and calls under way in each: a profile's attributes are archived within a
// second or two.
constexpr int kWorkers = 2;
constexpr int kConcurrency = 4;
// How soon a workspace that is due is found.
constexpr milliseconds kIdle(200);
constexpr milliseconds kAfterError(1'000);

}  // namespace

struct CleanUps::Worker {
  explicit Worker(CleanUps& clean_ups)
      : crew(kConcurrency),
        loop([this, &clean_ups] { return clean_ups.Step(crew); },
             [&clean_ups](const std::exception& error) {
               clean_ups.tools_.warnings.Warn("clean-up", "a clean-up failed", error.what());
               return kAfterError;
             }) {}

  core::Crew crew;
  core::Loop loop;
};

CleanUps::CleanUps(RoundTools& tools, FinishDisconnect finish_disconnect)
    : tools_(tools), finish_disconnect_(std::move(finish_disconnect)) {
  for (int i = 0; i < kWorkers; ++i) workers_.push_back(std::make_unique<Worker>(*this));
}

CleanUps::~CleanUps() = default;

void CleanUps::Start() {
  for (auto& worker : workers_) worker->loop.Start();
}

void CleanUps::Stop() {
  for (auto& worker : workers_) worker->loop.Stop();
}

milliseconds CleanUps::Step(core::Crew& crew) {
  const auto claim = tools_.store.ClaimCleanUp(tools_.config.claim);
  if (!claim) return kIdle;
  CleanUpRound(tools_, crew, finish_disconnect_, *claim).Run();
  return milliseconds(0);
}

}  // namespace accoil::traitsync
