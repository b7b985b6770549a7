#include "tests/intercom-simulator/webhook_queue.h"

#include <algorithm>

namespace accoil::simulator {

nlohmann::json ToJson(const SentDelivery& sent) {
  const auto& delivery = sent.delivery;
  const bool notice = delivery.kind == Delivery::Kind::kUninstallNotice;
  nlohmann::json object = {{"seq", sent.seq},
                           {"time", static_cast<double>(core::ToMicroseconds(sent.time)) / 1e6},
                           {"id", delivery.notification.id},
                           {"topic", notice ? "" : delivery.notification.event.topic},
                           {"workspace", delivery.notification.workspace},
                           {"url", delivery.url},
                           {"attempt", delivery.attempt},
                           {"status", sent.status},
                           {"duration_ms", static_cast<double>(sent.duration.count()) / 1e3}};
  if (!notice) {
    object["item"] = nlohmann::json::parse(delivery.notification.event.item, nullptr, false);
  }
  if (!sent.error.empty()) object["error"] = sent.error;
  return object;
}

void WebhookQueue::Add(Delivery delivery, TimePoint due) {
  const std::lock_guard lock(mutex_);
  Insert(std::move(delivery), due);
}

void WebhookQueue::Insert(Delivery delivery, TimePoint due) {
  if (waiting_.size() >= most_) {
    ++counts_.dropped;
    return;
  }
  waiting_.emplace(due, std::move(delivery));
  changed_.notify_one();
}

std::optional<Delivery> WebhookQueue::Take() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto next = waiting_.begin();
    // A copy: the entry may be gone when the wait ends.
    const auto due = next->first;
    if (due > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    auto delivery = std::move(next->second);
    waiting_.erase(next);
    ++in_flight_;
    return delivery;
  }
  return std::nullopt;
}

void WebhookQueue::Done(SentDelivery sent, std::optional<TimePoint> retry_due) {
  const std::lock_guard lock(mutex_);
  --in_flight_;
  ++(sent.Delivered() ? counts_.delivered : counts_.failed);
  if (retry_due) {
    auto again = sent.delivery;
    ++again.attempt;
    Insert(std::move(again), *retry_due);
  }
  sent.seq = ++last_seq_;
  sent_.push_back(std::move(sent));
  while (sent_.size() > most_remembered_) sent_.pop_front();
}

std::vector<SentDelivery> WebhookQueue::Since(std::uint64_t seq) const {
  const std::lock_guard lock(mutex_);
  const auto first = std::upper_bound(
      sent_.begin(), sent_.end(), seq,
      [](std::uint64_t value, const SentDelivery& sent) { return value < sent.seq; });
  return {first, sent_.end()};
}

WebhookQueue::Counts WebhookQueue::counts() const {
  const std::lock_guard lock(mutex_);
  auto counts = counts_;
  counts.pending = waiting_.size() + in_flight_;
  return counts;
}

void WebhookQueue::Clear() {
  const std::lock_guard lock(mutex_);
  waiting_.clear();
  sent_.clear();
  counts_ = {};
}

void WebhookQueue::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace accoil::simulator
