#pragma once

#include <memory>
#include <thread>
#include <vector>

namespace accoil::http {

/// The threads that cpprestsdk keeps once for the whole process and that run its sockets. Every
/// Client holds the runtime; it begins with the first and ends with the last of them.
///
/// The threads are ours rather than cpprest's own, because an exception that escapes from a
/// cpprest handler would end the process on one of its own.
class Runtime {
 public:
  static std::shared_ptr<Runtime> Acquire();

  Runtime();
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

 private:
  std::vector<std::thread> threads_;
};

}  // namespace accoil::http
