#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// Has canvases rendered by the widget. Those that are asked for while calls are under way wait and
/// go together in the next one, so that under load most of what a call costs is shared, and without
/// load nobody waits. Any thread: of those who wait, one carries the others' requests with its own.
class CanvasBatches {
 public:
  struct Config {
    /// Calls under way at a time.
    int calls = 2;
    /// Requests a call; the widget takes 64.
    std::size_t most = 64;
  };

  /// `widget` outlives it.
  CanvasBatches(WidgetApi& widget, Config config) : widget_(widget), config_(config) {}

  /// The answer's body. Throws core::Unavailable or core::DeadlineExceeded when there is none by
  /// the deadline, std::runtime_error when the widget could not read the request.
  std::string Render(widget::v1::RenderRequest request,
                     std::chrono::steady_clock::time_point deadline);

  /// How many wait for a call to begin.
  std::size_t waiting() const;

 private:
  struct Waiting {
    widget::v1::RenderRequest request;
    /// On its way, not in the queue any more.
    bool taken = false;
    bool ended = false;
    widget::v1::Rendered rendered;
    std::exception_ptr failure;
    std::condition_variable changed;
  };
  using Batch = std::vector<std::shared_ptr<Waiting>>;

  /// Takes the longest waiting out of the queue and sends them. `lock` is free meanwhile.
  void Carry(std::unique_lock<std::mutex>& lock, std::chrono::steady_clock::time_point deadline);
  /// Throws nothing: how it ended stands in the batch.
  void Send(const Batch& batch, std::chrono::steady_clock::time_point deadline);

  WidgetApi& widget_;
  const Config config_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<Waiting>> waiting_;
  int under_way_ = 0;
};

}  // namespace accoil::gateway
