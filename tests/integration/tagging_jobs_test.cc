// Tagging by hand on a real PostgreSQL: what is asked for is taken over once, whole or not at all.

#include <thread>

#include "tests/catch.h"
#include "tests/integration/tagging_jobs_bed.h"

namespace accoil::test {
namespace {

using core::SubjectId;
using tagging::JobId;

template <typename Work>
std::string FieldOf(Work work) {
  try {
    work();
  } catch (const core::InvalidArgument& error) {
    return error.field();
  }
  return "";
}

}  // namespace

TEST_CASE("5,000 named subjects are one job, taken by one request") {
  TagJobsBed bed;
  const auto order = TagJobsBed::Order("key", bed.ManyUsers(5'000));
  const auto made = bed.jobs.Create(order);
  CHECK(made.job.state == "running");
  CHECK(made.job.subjects == 5'000);
  CHECK(made.counts.waiting == 5'000);
  CHECK(bed.Assignments() == 5'000);

  // Again, also in another order and by another API key: the same job, and nothing more is wanted.
  auto again = order;
  std::ranges::reverse(again.subjects);
  again.api_key_id = 3;
  const auto answered = bed.jobs.Create(again);
  CHECK(answered.job.id == made.job.id);
  CHECK(answered.job.created_at == made.job.created_at);
  CHECK(bed.Jobs() == 1);
  CHECK(bed.Assignments() == 5'000);
}

TEST_CASE("a key that was used for another request is a conflict, whatever became of the job") {
  TagJobsBed bed;
  bed.Users({"ada", "bob"});
  const auto made = bed.jobs.Create(TagJobsBed::Order("key", {SubjectId("ada")}));
  CHECK_THROWS_AS(bed.jobs.Create(TagJobsBed::Order("key", {SubjectId("bob")})), core::Conflict);
  CHECK_THROWS_AS(bed.jobs.Create(TagJobsBed::Filtered("key")), core::Conflict);
  CHECK(bed.Jobs() == 1);
  CHECK(bed.Assignments() == 1);
  bed.jobs.Cancel(made.job.product, made.job.id);
  // Who was removed since is no reason for another answer.
  bed.Users({"ada"}, TagJobsBed::kProduct, true);
  const auto answered = bed.jobs.Create(TagJobsBed::Order("key", {SubjectId("ada")}));
  CHECK(answered.job.id == made.job.id);
  CHECK(answered.job.state == "cancelled");
  // Another product's keys are its own.
  bed.Users({"ada"}, 8);
  auto others = TagJobsBed::Order("key", {SubjectId("ada")});
  others.product = core::ProductId(8);
  CHECK(bed.jobs.Create(others).job.id != made.job.id);
}

TEST_CASE("a subject that the product does not have is told by its place, and nothing is stored") {
  TagJobsBed bed;
  bed.Users({"ada", "gone"});
  bed.Users({"gone"}, TagJobsBed::kProduct, true);
  bed.Users({"others"}, 8);
  const auto field_of = [&](std::vector<SubjectId> ids) {
    return FieldOf([&] { bed.jobs.Create(TagJobsBed::Order("key", std::move(ids))); });
  };
  CHECK(field_of({SubjectId("ada"), SubjectId("others"), SubjectId("nobody")}) == "subject_ids[1]");
  CHECK(field_of({SubjectId("gone")}) == "subject_ids[0]");
  auto accounts = TagJobsBed::Order("key", {SubjectId("ada")});
  accounts.kind = tagging::SubjectKind::kAccount;
  CHECK(FieldOf([&] { bed.jobs.Create(accounts); }) == "subject_ids[0]");
  CHECK(bed.Jobs() == 0);
  CHECK(bed.Assignments() == 0);
}

TEST_CASE("a filter that cannot be right is refused, and nothing is stored") {
  TagJobsBed bed;
  CHECK_THROWS_AS(bed.jobs.Create(TagJobsBed::Filtered("key", "gone")), core::NotFound);
  CHECK(FieldOf([&] { bed.jobs.Create(TagJobsBed::Filtered("key", "trial", "Scor < 1")); }) ==
        "filter.condition");
  CHECK(bed.Jobs() == 0);
}

TEST_CASE("requests with one key at the same time are one job with one answer") {
  TagJobsBed bed;
  const auto order = TagJobsBed::Order("key", bed.ManyUsers(200));
  std::vector<JobId> answers(6);
  std::vector<std::thread> threads;
  for (auto& answer : answers) {
    threads.emplace_back([&] { answer = bed.jobs.Create(order).job.id; });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::ranges::count(answers, answers.front()) == 6);
  CHECK(bed.Jobs() == 1);
  CHECK(bed.Assignments() == 200);
}

TEST_CASE("a filter is looked through a slice at a time, by whoever comes") {
  TagJobsBed bed;
  int place = 0;
  for (const auto& id : bed.ManyUsers(1'000)) bed.selector.listed[id] = ++place % 3 == 0;
  const auto made = bed.jobs.Create(TagJobsBed::Filtered("key"));
  CHECK(made.job.state == "collecting");
  CHECK(made.job.subjects == 0);
  CHECK(bed.begun == 1);

  auto first = bed.Worker();
  CHECK(first.Collect(100));
  const auto after_one = bed.Get(made.job.id);
  CHECK(after_one.job.state == "collecting");
  CHECK(after_one.job.subjects == 33);
  CHECK(after_one.counts.waiting == 33);

  // The slice of a worker that dies within it is done by the next, whole.
  CHECK_THROWS(bed.database->Transact([&](postgres::Transaction& tx) {
    const auto locked = bed.store.LockCollecting(tx);
    REQUIRE(locked);
    const auto slice = bed.selector.Select(tx, *locked->filter, locked->after, 100);
    bed.wishes.Take(tx, tagging::WishesOf(locked->job, slice.subjects));
    throw std::runtime_error("killed");
  }));
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      auto worker = bed.Worker();
      while (bed.Get(made.job.id).job.state == "collecting") worker.Collect(100);
    });
  }
  for (auto& thread : threads) thread.join();
  const auto collected = bed.Get(made.job.id);
  CHECK(collected.job.state == "running");
  CHECK(collected.job.subjects == 333);
  CHECK(collected.counts.waiting == 333);
  CHECK(bed.postgres.Number("SELECT count(DISTINCT subject_id) FROM assignment") == 333);
  CHECK(bed.Assignments() == 333);
}

TEST_CASE("jobs take turns, so that a large one does not hold up the others") {
  TagJobsBed bed;
  for (const auto& id : bed.ManyUsers(100)) bed.selector.listed[id] = true;
  const auto large = bed.jobs.Create(TagJobsBed::Filtered("large"));
  const auto small = bed.jobs.Create(TagJobsBed::Filtered("small"));
  auto worker = bed.Worker();
  worker.Collect(10);
  worker.Collect(10);
  CHECK(bed.Get(large.job.id).job.subjects == 10);
  CHECK(bed.Get(small.job.id).job.subjects == 10);
}

TEST_CASE("a job has finished once nothing of it is open") {
  TagJobsBed bed;
  bed.Users({"ada", "bob"});
  const auto made = bed.jobs.Create(TagJobsBed::Order("key", {SubjectId("ada"), SubjectId("bob")}));
  auto worker = bed.Worker();
  CHECK_FALSE(worker.Settle());
  CHECK(bed.Get(made.job.id).job.state == "running");
  CHECK_FALSE(bed.Get(made.job.id).job.finished_at);
  bed.DeliverAll();
  bed.TimePasses();
  CHECK(worker.Settle());
  const auto finished = bed.Get(made.job.id);
  CHECK(finished.job.state == "finished");
  CHECK(finished.job.finished_at);
  CHECK(finished.counts.done == 2);
  CHECK(finished.counts.waiting == 0);
  // Nor is it looked at any more.
  CHECK_FALSE(worker.Settle());

  SECTION("it runs again when something of it is tried again") {
    bed.postgres.Run("UPDATE assignment SET state = 1, ended_at = NULL WHERE subject_id = 'bob'");
    bed.database->Transact(
        [&](postgres::Transaction& tx) { bed.store.Reopen(tx, made.job.product); });
    const auto running = bed.Get(made.job.id);
    CHECK(running.job.state == "running");
    CHECK_FALSE(running.job.finished_at);
    CHECK(running.counts.done == 1);
    CHECK(running.counts.due == 1);
    bed.DeliverAll();
    CHECK(worker.Settle());
    CHECK(bed.Get(made.job.id).job.state == "finished");
  }
  SECTION("it is kept as long as the audit") {
    CHECK_FALSE(worker.Forget());
    CHECK(bed.Jobs() == 1);
    bed.postgres.Run("UPDATE tag_job SET finished_at = now() - interval '25 hours'");
    worker.Forget();
    CHECK(bed.Jobs() == 0);
  }
}

TEST_CASE("a filter that shows nobody is a job that has finished") {
  TagJobsBed bed;
  const auto made = bed.jobs.Create(TagJobsBed::Filtered("key"));
  auto worker = bed.Worker();
  CHECK(worker.Collect());
  CHECK(worker.Settle());
  CHECK(bed.Get(made.job.id).job.state == "finished");
  CHECK(bed.Get(made.job.id).job.subjects == 0);
}

TEST_CASE("cancelling drops what is not on its way, and nothing more is chosen") {
  TagJobsBed bed;
  for (const auto& id : bed.ManyUsers(100)) bed.selector.listed[id] = true;
  const auto made = bed.jobs.Create(TagJobsBed::Filtered("key"));
  auto worker = bed.Worker();
  worker.Collect(40);
  const auto cancelled = bed.jobs.Cancel(made.job.product, made.job.id);
  CHECK(cancelled.job.state == "cancelled");
  CHECK(cancelled.job.finished_at);
  CHECK(cancelled.counts.cancelled == 40);
  CHECK_FALSE(worker.Collect(40));
  CHECK(bed.Assignments() == 40);
  worker.Settle();
  const auto settled = bed.jobs.Cancel(made.job.product, made.job.id);
  CHECK(settled.job.state == "cancelled");
  CHECK(settled.job.finished_at == cancelled.job.finished_at);
  CHECK(settled.counts.cancelled == 40);
}

TEST_CASE("a job that has finished stays so when it is cancelled") {
  TagJobsBed bed;
  bed.Users({"ada"});
  const auto made = bed.jobs.Create(TagJobsBed::Order("key", {SubjectId("ada")}));
  bed.DeliverAll();
  bed.Worker().Settle();
  CHECK(bed.jobs.Cancel(made.job.product, made.job.id).job.state == "finished");
}

TEST_CASE("a job whose profile goes while it is looked through fails and says why") {
  TagJobsBed bed;
  for (const auto& id : bed.ManyUsers(100)) bed.selector.listed[id] = true;
  const auto made = bed.jobs.Create(TagJobsBed::Filtered("key"));
  auto worker = bed.Worker();
  worker.Collect(40);
  bed.postgres.Run("UPDATE tag_job SET profile_id = 'gone'");
  CHECK(worker.Collect(40));
  const auto failed = bed.Get(made.job.id);
  CHECK(failed.job.state == "failed");
  CHECK(failed.job.error == "there is no such profile");
  CHECK(failed.job.finished_at);
  // Those that were chosen before are tagged all the same.
  CHECK(failed.counts.waiting == 40);
  CHECK_FALSE(worker.Collect(40));
}

TEST_CASE("a job that cannot be looked through by a defect rests, and is given up in the end") {
  TagJobsBed bed;
  const auto made = bed.jobs.Create(TagJobsBed::Filtered("key"));
  auto worker = bed.Worker();
  bed.selector.failing = true;
  CHECK(worker.Collect());
  CHECK(bed.Get(made.job.id).job.state == "collecting");
  CHECK_FALSE(worker.Collect());
  for (int i = 1; i < tagging::TagJobWorker::kMostAttempts; ++i) {
    bed.TimePasses();
    worker.Collect();
  }
  CHECK(bed.Get(made.job.id).job.state == "failed");
}

TEST_CASE("jobs are listed the newest first, and only to their product") {
  TagJobsBed bed;
  bed.Users({"ada"});
  const auto first = bed.jobs.Create(TagJobsBed::Order("1", {SubjectId("ada")}));
  const auto second = bed.jobs.Create(TagJobsBed::Order("2", {SubjectId("ada")}));
  const auto listed = bed.jobs.List(core::ProductId(TagJobsBed::kProduct));
  REQUIRE(listed.size() == 2);
  CHECK(listed[0].job.id == second.job.id);
  CHECK(listed[1].job.id == first.job.id);
  const core::ProductId other(8);
  CHECK(bed.jobs.List(other).empty());
  CHECK_THROWS_AS(bed.jobs.Get(other, first.job.id), core::NotFound);
  CHECK_THROWS_AS(bed.jobs.Cancel(other, first.job.id), core::NotFound);
  CHECK_THROWS_AS(bed.jobs.Items(other, first.job.id, "", 10, ""), core::NotFound);
  CHECK_THROWS_AS(bed.jobs.Get(first.job.product, JobId("no uuid")), core::NotFound);
}

TEST_CASE("a job's subjects are told page by page with where they are") {
  TagJobsBed bed;
  bed.Users({"ada", "bob", "cid"});
  const auto made = bed.jobs.Create(
      TagJobsBed::Order("key", {SubjectId("cid"), SubjectId("ada"), SubjectId("bob")}));
  auto page = bed.jobs.Items(made.job.product, made.job.id, "waiting", 2, "");
  REQUIRE(page.items.size() == 2);
  CHECK(page.items[0].subject.value() == "ada");
  CHECK(page.items[0].state == "waiting");
  CHECK(!page.items[0].reason.empty());
  REQUIRE(!page.next_cursor.empty());
  page = bed.jobs.Items(made.job.product, made.job.id, "waiting", 2, page.next_cursor);
  REQUIRE(page.items.size() == 1);
  CHECK(page.items[0].subject.value() == "cid");
  CHECK(page.next_cursor.empty());
}

}  // namespace accoil::test
