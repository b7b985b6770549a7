#include "libs/http/runtime.h"

#include <pplx/threadpool.h>

#include <algorithm>
#include <cstdio>
#include <mutex>

namespace accoil::http {
namespace {

/// Without threads of its own; once for the process, as cpprest allows no more.
boost::asio::io_service& Service() {
  static boost::asio::io_service& service = []() -> boost::asio::io_service& {
    crossplat::threadpool::initialize_with_threads(0);
    return crossplat::threadpool::shared_instance().service();
  }();
  return service;
}

void RunService(boost::asio::io_service& service) {
  while (true) {
    try {
      service.run();
      return;
    } catch (const std::exception& error) {
      // Whose connection it was cannot be told here; it is lost, the others go on.
      std::fprintf(stderr, "cpprestsdk let an exception escape: %s\n", error.what());
    }
  }
}

/// Keeps a runtime from beginning while the one before it still ends.
std::mutex& LifeMutex() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

std::shared_ptr<Runtime> Runtime::Acquire() {
  static std::weak_ptr<Runtime> current;
  const std::lock_guard lock(LifeMutex());
  auto runtime = current.lock();
  if (!runtime) {
    runtime = std::make_shared<Runtime>();
    current = runtime;
  }
  return runtime;
}

Runtime::Runtime() {
  auto& service = Service();
  service.restart();
  const auto count = std::max(4U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < count; ++i) {
    threads_.emplace_back([&service] { RunService(service); });
  }
}

Runtime::~Runtime() {
  const std::lock_guard lock(LifeMutex());
  Service().stop();
  for (auto& thread : threads_) thread.join();
}

}  // namespace accoil::http
