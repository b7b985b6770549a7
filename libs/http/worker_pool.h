#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace accoil::http {

/// A fixed number of threads with a bounded queue before them. Of short tasks that come at once few
/// threads take many, for waking a thread costs more than such a task: one thread is being woken at
/// a time, and wakes the next one itself while tasks are left.
class WorkerPool {
 public:
  WorkerPool(int threads, std::size_t queue_limit);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Start();
  /// Takes the task, or answers false when the queue is full or the pool is stopping. Tasks do not
  /// throw. Any thread.
  bool TrySubmit(std::function<void()> task);
  /// Finishes all that was taken, then ends the threads. May be called twice.
  void Stop();

 private:
  void Run();
  /// With the mutex held: whether a thread is to be woken now, by the caller.
  bool WakesOne();

  const int thread_count_;
  const std::size_t queue_limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  /// Tasks that are being run.
  std::size_t running_ = 0;
  /// Threads that wait for a task, and whether one of them is being woken.
  std::size_t idle_ = 0;
  bool waking_ = false;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace accoil::http
