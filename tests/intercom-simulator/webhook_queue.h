#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "libs/core/clock.h"
#include "tests/intercom-simulator/notifications.h"

namespace accoil::simulator {

/// One attempt to tell an app something.
struct Delivery {
  enum class Kind {
    kWebhook,
    /// What an app's uninstall URL is sent: {"app_id":WORKSPACE}.
    kUninstallNotice,
  };
  Kind kind = Kind::kWebhook;
  Notification notification;
  std::string url;
  std::string client_secret;
  /// Counted from 1.
  int attempt = 1;
  /// Unix seconds; of the first attempt.
  std::int64_t first_sent_at = 0;
  /// Which entry of the queue it was.
  std::uint64_t number = 0;
};

/// What became of an attempt.
struct SentDelivery {
  std::uint64_t seq = 0;
  core::TimePoint time;
  Delivery delivery;
  /// The receiver's answer; 0 when there was none.
  int status = 0;
  /// Why there was none.
  std::string error;
  std::chrono::microseconds duration{0};

  /// A 2xx.
  bool Delivered() const { return status >= 200 && status < 300; }
};

/// Without the client secret. `state` is waiting.
nlohmann::json ToJson(const Delivery& waiting);
/// The same with what became of it; `state` is delivered or failed.
nlohmann::json ToJson(const SentDelivery& sent);

/// What is to be sent to apps, each when it is due, and what was. Bounded: what does not fit any
/// more is dropped and counted. Any thread.
class WebhookQueue {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Counts {
    /// In the queue, or being sent now.
    std::size_t pending = 0;
    /// Attempts that were answered with 2xx, and that were not.
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
    /// What the queue had no room for.
    std::uint64_t dropped = 0;
  };

  explicit WebhookQueue(std::size_t most = 10'000, std::size_t most_remembered = 20'000)
      : most_(most), most_remembered_(most_remembered) {}

  void Add(Delivery delivery, TimePoint due);
  /// Waits until one is due, the one that is due longest first. Nothing once the queue is closed.
  std::optional<Delivery> Take();
  /// What became of one that was taken. When it is tried again, `retry_due` says when. Nothing when
  /// the queue was cleared meanwhile.
  void Done(SentDelivery sent, std::optional<TimePoint> retry_due);

  /// What was sent, with a greater seq; oldest first.
  std::vector<SentDelivery> Since(std::uint64_t seq) const;
  /// What is to be sent, or is being sent now.
  std::vector<Delivery> Pending() const;
  Counts counts() const;
  /// Forgets what was sent and what is to be sent.
  void Clear();
  /// Lets nobody take anything any more.
  void Close();

 private:
  void Insert(Delivery delivery, TimePoint due);

  const std::size_t most_;
  const std::size_t most_remembered_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<TimePoint, Delivery> waiting_;
  std::map<std::uint64_t, Delivery> in_flight_;
  std::deque<SentDelivery> sent_;
  std::uint64_t last_number_ = 0;
  std::uint64_t last_seq_ = 0;
  Counts counts_;
  bool closed_ = false;
};

}  // namespace accoil::simulator
