#include "libs/core/crew.h"

namespace accoil::core {

Crew::Crew(int threads) {
  threads_.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

Crew::~Crew() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  begun_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Crew::ForEach(std::size_t count, const std::function<void(std::size_t)>& work) {
  if (count == 0) return;
  std::unique_lock lock(mutex_);
  work_ = &work;
  next_ = 0;
  count_ = count;
  thrown_ = nullptr;
  begun_.notify_all();
  ended_.wait(lock, [this] { return next_ == count_ && under_way_ == 0; });
  work_ = nullptr;
  if (thrown_) std::rethrow_exception(thrown_);
}

void Crew::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    begun_.wait(lock, [this] { return stopping_ || (work_ != nullptr && next_ < count_); });
    if (stopping_) return;
    const auto index = next_++;
    const auto& work = *work_;
    ++under_way_;
    lock.unlock();
    std::exception_ptr thrown;
    try {
      work(index);
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    if (thrown && !thrown_) thrown_ = thrown;
    --under_way_;
    if (next_ == count_ && under_way_ == 0) ended_.notify_all();
  }
}

}  // namespace accoil::core
