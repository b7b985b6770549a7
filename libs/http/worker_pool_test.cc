#include "libs/http/worker_pool.h"

#include <future>

#include "tests/catch.h"

namespace accoil::http {
namespace {

TEST_CASE("a pool takes what its threads and its queue hold, and no more") {
  WorkerPool pool(2, 1);
  pool.Start();
  std::promise<void> open;
  auto opened = open.get_future().share();
  std::atomic<int> done = 0;
  const auto task = [&] {
    opened.wait();
    ++done;
  };
  for (int i = 0; i < 3; ++i) CHECK(pool.TrySubmit(task));
  CHECK_FALSE(pool.TrySubmit(task));
  open.set_value();
  pool.Stop();
  CHECK(done == 3);
}

TEST_CASE("a pool that stops finishes what it took and takes no more") {
  WorkerPool pool(1, 100);
  std::atomic<int> done = 0;
  for (int i = 0; i < 50; ++i) CHECK(pool.TrySubmit([&] { ++done; }));
  pool.Start();
  pool.Stop();
  CHECK(done == 50);
  CHECK_FALSE(pool.TrySubmit([&] { ++done; }));
}

}  // namespace
}  // namespace accoil::http
