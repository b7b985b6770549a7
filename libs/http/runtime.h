#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace accoil::http {

/// What cpprestsdk keeps once for the whole process: the threads that run its sockets, and the
/// listeners that cannot be closed one by one. Every Server and Client holds the runtime; it begins
/// with the first and ends with the last of them.
///
/// The threads are ours rather than cpprest's own, because an exception that escapes from a
/// cpprest handler (a malformed chunk size is enough) would end the process on one of its own.
class Runtime {
 public:
  /// A listener that has been told to refuse everything.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void Close() = 0;
  };

  static std::shared_ptr<Runtime> Acquire();

  Runtime();
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// A listener has been opened.
  void Opened();
  /// Takes a listener whose server has stopped. cpprest keeps the ports of all listeners open until
  /// the last one of the process goes, and answers 404 there in the meantime; therefore a stopped
  /// server's listener stays and refuses, until no open one is left.
  void Retire(std::unique_ptr<Listener> listener);

 private:
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::size_t open_ = 0;
  std::vector<std::unique_ptr<Listener>> retired_;
};

}  // namespace accoil::http
