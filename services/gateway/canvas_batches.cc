#include "services/gateway/canvas_batches.h"

#include <algorithm>
#include <stdexcept>

#include "libs/core/errors.h"

namespace accoil::gateway {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string CanvasBatches::Render(widget::v1::RenderRequest request,
                                  steady_clock::time_point deadline) {
  const auto mine = std::make_shared<Waiting>();
  mine->request = std::move(request);
  std::unique_lock lock(mutex_);
  waiting_.push_back(mine);
  while (!mine->ended) {
    if (!mine->taken && under_way_ < config_.calls) {
      Carry(lock, deadline);
    } else if (mine->changed.wait_until(lock, deadline) == std::cv_status::timeout &&
               !mine->ended) {
      if (!mine->taken) std::erase(waiting_, mine);
      throw core::DeadlineExceeded("widget did not answer in time");
    }
  }
  if (mine->failure) std::rethrow_exception(mine->failure);
  if (!mine->rendered.problem().empty()) {
    throw std::runtime_error("widget cannot read the request: " + mine->rendered.problem());
  }
  return std::move(*mine->rendered.mutable_body());
}

std::size_t CanvasBatches::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void CanvasBatches::Carry(std::unique_lock<std::mutex>& lock, steady_clock::time_point deadline) {
  Batch batch;
  while (!waiting_.empty() && batch.size() < config_.most) {
    waiting_.front()->taken = true;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  ++under_way_;
  lock.unlock();
  Send(batch, deadline);
  lock.lock();
  --under_way_;
  for (const auto& one : batch) {
    one->ended = true;
    one->changed.notify_one();
  }
  // Whoever waits the longest carries the next ones.
  if (!waiting_.empty()) waiting_.front()->changed.notify_one();
}

void CanvasBatches::Send(const Batch& batch, steady_clock::time_point deadline) {
  try {
    widget::v1::RenderBatch requests;
    for (const auto& one : batch) *requests.add_requests() = std::move(one->request);
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    auto answer = widget_.Render(requests, std::max(left, milliseconds(1)));
    if (answer.rendered_size() != requests.requests_size()) {
      throw std::runtime_error("widget answered another number of canvases than it was asked for");
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      batch[i]->rendered = std::move(*answer.mutable_rendered(static_cast<int>(i)));
    }
  } catch (const std::exception&) {
    for (const auto& one : batch) one->failure = std::current_exception();
  }
}

}  // namespace accoil::gateway
