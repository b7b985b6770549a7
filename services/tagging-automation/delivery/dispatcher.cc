#include "services/tagging-automation/delivery/dispatcher.h"

namespace accoil::tagging {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How soon due work is found when nobody wakes the dispatcher.
constexpr milliseconds kIdle(100);
constexpr milliseconds kAfterError(500);
// Nothing could be claimed of what seemed due: another replica has it, or its product is not
// connected while another of the workspace is.
constexpr milliseconds kNothing(50);
constexpr core::Backoff kTrouble{std::chrono::seconds(1), std::chrono::seconds(30)};
// A connection that was refused is tried again at last after this: `connections` may have a newer
// token than the one that was refused.
constexpr milliseconds kShutOut = std::chrono::minutes(1);

}  // namespace

struct Dispatcher::Worker {
  explicit Worker(Dispatcher& dispatcher)
      : crew(TagRound::kCallsAtOnce),
        loop([this, &dispatcher] { return dispatcher.Step(crew); },
             [&dispatcher](const std::exception& error) {
               dispatcher.tools_.logger.Warn("a round of tags failed", {{"problem", error.what()}});
               return kAfterError;
             }) {}

  core::Crew crew;
  core::Loop loop;
};

Dispatcher::Dispatcher(TagTools& tools) : tools_(tools) {
  for (int i = 0; i < tools.config.dispatchers; ++i) {
    workers_.push_back(std::make_unique<Worker>(*this));
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
  for (auto& worker : workers_) worker->loop.Wake();
}

void Dispatcher::ConnectionChanged(core::ProductId product) {
  tools_.intercom.Forget(product);
  {
    const std::lock_guard lock(mutex_);
    shut_out_.erase(product);
    resting_.clear();
  }
  Wake();
}

std::optional<Dispatcher::Work> Dispatcher::Take() {
  const auto groups = tools_.store.FindRipe(tools_.config.batch);
  const std::lock_guard lock(mutex_);
  const auto now = steady_clock::now();
  std::optional<Work> work;
  for (const auto& group : groups) {
    if (!work) {
      const auto rest = resting_.find(group.workspace);
      if (busy_.contains(group.workspace) || (rest != resting_.end() && now < rest->second.until)) {
        continue;
      }
      work = Work{group.workspace, {}, {}};
    }
    if (group.workspace == work->workspace) work->groups.push_back(group);
  }
  if (!work) return work;
  busy_.insert(work->workspace);
  std::erase_if(shut_out_, [&](const auto& entry) { return entry.second <= now; });
  for (const auto& [product, until] : shut_out_) work->resting.insert(product);
  return work;
}

void Dispatcher::Done(const core::WorkspaceId& workspace, const TagRoundResult& result) {
  const std::lock_guard lock(mutex_);
  const auto now = steady_clock::now();
  busy_.erase(workspace);
  for (const auto product : result.shut_out) shut_out_[product] = now + kShutOut;
  if (result.trouble) {
    auto& rest = resting_[workspace];
    rest.until = now + kTrouble.Delay(++rest.troubles, tools_.random);
  } else if (result.rest > milliseconds(0) || result.claimed == 0) {
    auto& rest = resting_[workspace];
    if (result.answered) rest.troubles = 0;
    rest.until = now + std::max(result.rest, kNothing);
  } else {
    resting_.erase(workspace);
  }
}

milliseconds Dispatcher::Step(core::Crew& crew) {
  const auto work = Take();
  if (!work) return kIdle;
  TagRoundResult result;
  try {
    result = TagRound(tools_, crew, work->workspace).Run(work->groups, work->resting);
  } catch (...) {
    // Told by the loop; the workspace rests like one in trouble.
    result.trouble = true;
    Done(work->workspace, result);
    throw;
  }
  Done(work->workspace, result);
  return milliseconds(0);
}

}  // namespace accoil::tagging
