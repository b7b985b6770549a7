#include <chrono>
#include <iostream>

#include "tests/catch.h"
#include "tests/integration/tagging_jobs_bed.h"

// Not run by default: tagging_integration_test "[jobs-benchmark]". Prints figures.

namespace accoil::test {
namespace {

double Seconds(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

TEST_CASE("what tagging by hand costs", "[.][jobs-benchmark]") {
  TagJobsBed bed;
  constexpr int kUsers = 100'000;
  const auto users = bed.ManyUsers(kUsers);
  bed.postgres.Run("UPDATE subject SET workspace_id = 'ws-1', target_id = subject_id");
  bed.postgres.Run("ANALYZE");
  std::vector<tagging::JobId> ids;
  for (const int size : {1'000, 5'000, 10'000}) {
    const auto order =
        TagJobsBed::Order("named-" + std::to_string(size), {users.begin(), users.begin() + size});
    const auto first = Seconds([&] { ids.push_back(bed.jobs.Create(order).job.id); });
    const auto again = Seconds([&] { bed.jobs.Create(order); });
    std::cout << size << " named subjects: " << first << " s, asked again " << again << " s\n";
  }
  for (const auto& id : users) bed.selector.listed[id] = true;
  auto filtered = TagJobsBed::Filtered("filtered");
  filtered.tag = "other";
  const auto job = bed.jobs.Create(filtered).job.id;
  auto worker = bed.Worker();
  const auto collecting = Seconds([&] {
    while (worker.Collect()) {
    }
  });
  std::cout << kUsers << " subjects of a filter: " << collecting << " s\n";
  std::cout << "progress of 100,000: " << Seconds([&] { bed.Get(job); }) << " s\n";
  bed.DeliverAll();
  bed.TimePasses();
  std::cout << "ending all: " << Seconds([&] { worker.Settle(); }) << " s\n";
  std::cout << "progress of one that has ended: " << Seconds([&] { bed.Get(job); }) << " s\n";
  CHECK(bed.Get(job).counts.done == kUsers);
}

}  // namespace accoil::test
