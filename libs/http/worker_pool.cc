#include "libs/http/worker_pool.h"

namespace accoil::http {

WorkerPool::WorkerPool(int threads, std::size_t queue_limit)
    : thread_count_(threads), queue_limit_(queue_limit) {}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Start() {
  for (int i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { Run(); });
}

bool WorkerPool::TrySubmit(std::function<void()> task) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    // What idle threads are about to take does not count as waiting.
    const auto room = queue_limit_ + static_cast<std::size_t>(thread_count_) - running_;
    if (stopping_ || queue_.size() >= room) return false;
    queue_.push_back(std::move(task));
    wake = WakesOne();
  }
  if (wake) changed_.notify_one();
  return true;
}

bool WorkerPool::WakesOne() {
  if (waking_ || idle_ == 0 || queue_.empty()) return false;
  waking_ = true;
  return true;
}

void WorkerPool::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (!stopping_ && queue_.empty()) {
      ++idle_;
      changed_.wait(lock, [this] { return stopping_ || waking_; });
      --idle_;
      waking_ = false;
      // What it was woken for another one has taken.
      if (!stopping_ && queue_.empty()) continue;
    }
    if (queue_.empty()) return;
    auto task = std::move(queue_.front());
    queue_.pop_front();
    ++running_;
    const bool wake = WakesOne();
    lock.unlock();
    if (wake) changed_.notify_one();
    task();
    task = nullptr;
    lock.lock();
    --running_;
  }
}

}  // namespace accoil::http
