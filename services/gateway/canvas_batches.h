#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "libs/telemetry/trace.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// Has canvases rendered by the widget. Those that are asked for while calls are under way wait and
/// go together in the next one, so that under load most of what a call costs is shared. When very
/// many are being waited for, a call even waits until as many are there, for a millisecond at most,
/// or three while another call is under way; without load nobody waits. Nobody's thread waits: a
/// few threads of its own call and hand out the answers.
class CanvasBatches {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  struct Config {
    /// Calls under way at a time.
    int calls = 2;
    /// Requests a call; the widget takes 64.
    std::size_t most = 64;
  };

  struct Outcome {
    /// The answer's body, when nothing failed.
    std::string body;
    /// core::Unavailable or core::DeadlineExceeded when there is none by the deadline,
    /// std::runtime_error when the widget could not read the request.
    std::exception_ptr failure;
  };
  /// Called once, on a thread of the batches'; throws nothing and does not block.
  using Done = std::function<void(Outcome)>;

  /// `widget` outlives it.
  CanvasBatches(WidgetApi& widget, Config config);
  /// Waits for the calls under way; who still waits for one is told that there is none.
  ~CanvasBatches();
  CanvasBatches(const CanvasBatches&) = delete;
  CanvasBatches& operator=(const CanvasBatches&) = delete;

  /// Any thread.
  void Render(widget::v1::RenderRequest request, Deadline deadline, Done done);

  /// How many wait for a call to begin.
  std::size_t waiting() const;

 private:
  struct Waiting;
  using Batch = std::vector<std::shared_ptr<Waiting>>;

  struct Waiting {
    widget::v1::RenderRequest request;
    Deadline deadline;
    Done done;
    std::optional<telemetry::Trace> trace;
    /// Its place among those that are not ended; valid until it is.
    std::multimap<Deadline, std::shared_ptr<Waiting>>::iterator place;
    bool ended = false;
  };

  /// The threads' work: to call, and to look after deadlines.
  void Carry();
  void Watch();
  /// Waits until enough is there for a call. With the mutex held.
  void Gather(std::unique_lock<std::mutex>& lock);
  /// One outcome for each of the batch. Throws nothing.
  std::vector<Outcome> Send(const Batch& batch) const;
  /// Ends those of the batch that are not ended yet. Without the mutex.
  void End(const Batch& batch, std::vector<Outcome> outcomes);

  WidgetApi& widget_;
  const Config config_;
  mutable std::mutex mutex_;
  /// There is something to send; there is enough of it.
  std::condition_variable queued_;
  std::condition_variable gathered_;
  /// A deadline is earlier than what is being waited for.
  std::condition_variable earlier_;
  std::deque<std::shared_ptr<Waiting>> queue_;
  /// Those that are not ended, in the queue or on their way.
  std::multimap<Deadline, std::shared_ptr<Waiting>> open_;
  Deadline watched_ = Deadline::max();
  /// Threads that wait for something to send; and whether one waits for more of it, and for how
  /// many.
  int idle_ = 0;
  bool gathering_ = false;
  int under_way_ = 0;
  std::size_t wanted_ = 0;
  /// How many were open at most, lately.
  std::size_t most_open_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace accoil::gateway
