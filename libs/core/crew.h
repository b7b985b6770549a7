#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace accoil::core {

/// A fixed number of threads that share out pieces of work. Belongs to one thread, which calls
/// ForEach.
class Crew {
 public:
  explicit Crew(int threads);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Calls `work` for 0 … count-1, as many at a time as there are threads, and returns when all
  /// have ended. Throws the first thing that one of them threw.
  void ForEach(std::size_t count, const std::function<void(std::size_t)>& work);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable begun_;
  std::condition_variable ended_;
  // Guarded by mutex_, as all that follows.
  const std::function<void(std::size_t)>* work_ = nullptr;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::size_t under_way_ = 0;
  std::exception_ptr thrown_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace accoil::core
