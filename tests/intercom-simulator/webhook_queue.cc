#include "tests/intercom-simulator/webhook_queue.h"

#include <algorithm>

namespace accoil::simulator {

nlohmann::json ToJson(const Delivery& waiting) {
  const auto& notification = waiting.notification;
  nlohmann::json object = {{"state", "waiting"},
                           {"id", notification.id},
                           {"workspace", notification.workspace},
                           {"url", waiting.url},
                           {"attempt", waiting.attempt}};
  if (waiting.kind == Delivery::Kind::kWebhook) {
    object["topic"] = notification.event.topic;
    object["item"] = nlohmann::json::parse(notification.event.item, nullptr, false);
  }
  return object;
}

nlohmann::json ToJson(const SentDelivery& sent) {
  auto object = ToJson(sent.delivery);
  object["state"] = sent.Delivered() ? "delivered" : "failed";
  object["seq"] = sent.seq;
  object["time"] = static_cast<double>(core::ToMicroseconds(sent.time)) / 1e6;
  object["status"] = sent.status;
  object["duration_ms"] = static_cast<double>(sent.duration.count()) / 1e3;
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
  delivery.number = ++last_number_;
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
    in_flight_[delivery.number] = delivery;
    return delivery;
  }
  return std::nullopt;
}

void WebhookQueue::Done(SentDelivery sent, std::optional<TimePoint> retry_due) {
  const std::lock_guard lock(mutex_);
  if (in_flight_.erase(sent.delivery.number) == 0) return;
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

std::vector<Delivery> WebhookQueue::Pending() const {
  const std::lock_guard lock(mutex_);
  std::vector<Delivery> pending;
  for (const auto& entry : in_flight_) pending.push_back(entry.second);
  for (const auto& entry : waiting_) pending.push_back(entry.second);
  return pending;
}

WebhookQueue::Counts WebhookQueue::counts() const {
  const std::lock_guard lock(mutex_);
  auto counts = counts_;
  counts.pending = waiting_.size() + in_flight_.size();
  return counts;
}

void WebhookQueue::Clear() {
  const std::lock_guard lock(mutex_);
  waiting_.clear();
  in_flight_.clear();
  sent_.clear();
  counts_ = {};
}

void WebhookQueue::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace accoil::simulator
