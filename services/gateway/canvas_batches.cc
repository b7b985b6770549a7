#include "services/gateway/canvas_batches.h"

#include <algorithm>
#include <stdexcept>

#include "libs/core/errors.h"

namespace accoil::gateway {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

CanvasBatches::CanvasBatches(WidgetApi& widget, Config config) : widget_(widget), config_(config) {
  threads_.emplace_back([this] { Watch(); });
  for (int i = 0; i < config_.calls; ++i) threads_.emplace_back([this] { Carry(); });
}

CanvasBatches::~CanvasBatches() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  queued_.notify_all();
  gathered_.notify_all();
  earlier_.notify_all();
  for (auto& thread : threads_) thread.join();
  const Batch left(queue_.begin(), queue_.end());
  const auto failure = std::make_exception_ptr(core::Unavailable("the gateway stops"));
  End(left, std::vector<Outcome>(left.size(), Outcome{{}, failure}));
}

void CanvasBatches::Render(widget::v1::RenderRequest request, Deadline deadline, Done done) {
  auto mine = std::make_shared<Waiting>();
  mine->request = std::move(request);
  mine->deadline = deadline;
  mine->done = std::move(done);
  mine->trace = telemetry::CurrentTrace();
  bool call = false;
  bool gathered = false;
  bool watch = false;
  {
    const std::lock_guard lock(mutex_);
    mine->place = open_.emplace(deadline, mine);
    queue_.push_back(std::move(mine));
    most_open_ = std::max(most_open_, open_.size());
    call = !gathering_ && idle_ > 0;
    gathered = gathering_ && queue_.size() == wanted_;
    watch = deadline < watched_;
  }
  if (call) queued_.notify_one();
  if (gathered) gathered_.notify_one();
  if (watch) earlier_.notify_one();
}

std::size_t CanvasBatches::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void CanvasBatches::Carry() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    queued_.wait(lock, [this] { return stopping_ || (!queue_.empty() && !gathering_); });
    --idle_;
    Gather(lock);
    if (stopping_) return;
    Batch batch;
    while (!queue_.empty() && batch.size() < config_.most) {
      // Who has been told already is not sent any more.
      if (!queue_.front()->ended) batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    const bool more = !queue_.empty() && idle_ > 0;
    ++under_way_;
    lock.unlock();
    if (more) queued_.notify_one();
    if (!batch.empty()) End(batch, Send(batch));
    lock.lock();
    --under_way_;
    if (gathering_) gathered_.notify_one();
  }
}

void CanvasBatches::Gather(std::unique_lock<std::mutex>& lock) {
  constexpr std::size_t kWorthIt = 8;
  constexpr std::size_t kForgotten = 8;
  constexpr milliseconds kAlone(1);
  constexpr milliseconds kBesideAnother(2);
  wanted_ = std::min(most_open_, config_.most);
  most_open_ -= most_open_ / kForgotten;
  if (wanted_ < kWorthIt) return;
  const auto enough = [this] { return stopping_ || queue_.size() >= wanted_; };
  gathering_ = true;
  if (!gathered_.wait_for(lock, kAlone, enough)) {
    gathered_.wait_for(lock, kBesideAnother, [&] { return enough() || under_way_ == 0; });
  }
  gathering_ = false;
}

void CanvasBatches::Watch() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    watched_ = open_.empty() ? Deadline::max() : open_.begin()->first;
    if (open_.empty()) {
      earlier_.wait(lock);
      continue;
    }
    // What comes meanwhile is later, as a rule, and wakes nobody.
    if (steady_clock::now() < watched_) {
      earlier_.wait_until(lock, watched_);
      continue;
    }
    Batch late;
    const auto now = steady_clock::now();
    for (const auto& [deadline, one] : open_) {
      if (deadline > now) break;
      late.push_back(one);
    }
    std::erase_if(queue_, [&](const auto& one) { return one->deadline <= now; });
    lock.unlock();
    const auto failure =
        std::make_exception_ptr(core::DeadlineExceeded("widget did not answer in time"));
    End(late, std::vector<Outcome>(late.size(), Outcome{{}, failure}));
    lock.lock();
  }
}

std::vector<CanvasBatches::Outcome> CanvasBatches::Send(const Batch& batch) const {
  std::vector<Outcome> outcomes(batch.size());
  // The longest waiting one's; most of them are not sampled.
  const telemetry::TraceScope scope(batch.front()->trace);
  try {
    widget::v1::RenderBatch requests;
    auto deadline = batch.front()->deadline;
    for (const auto& one : batch) {
      deadline = std::max(deadline, one->deadline);
      *requests.add_requests() = std::move(one->request);
    }
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    auto answer = widget_.Render(requests, std::max(left, milliseconds(1)));
    if (answer.rendered_size() != requests.requests_size()) {
      throw std::runtime_error("widget answered another number of canvases than it was asked for");
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      auto& rendered = *answer.mutable_rendered(static_cast<int>(i));
      if (rendered.problem().empty()) {
        outcomes[i].body = std::move(*rendered.mutable_body());
      } else {
        outcomes[i].failure = std::make_exception_ptr(
            std::runtime_error("widget cannot read the request: " + rendered.problem()));
      }
    }
  } catch (const std::exception&) {
    for (auto& outcome : outcomes) outcome = {{}, std::current_exception()};
  }
  return outcomes;
}

void CanvasBatches::End(const Batch& batch, std::vector<Outcome> outcomes) {
  std::vector<bool> mine(batch.size());
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (batch[i]->ended) continue;
      batch[i]->ended = true;
      open_.erase(batch[i]->place);
      mine[i] = true;
    }
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (mine[i]) batch[i]->done(std::move(outcomes[i]));
  }
}

}  // namespace accoil::gateway
