#include "services/tagging-automation/jobs/tag_job_worker.h"

#include "libs/core/errors.h"
#include "services/tagging-automation/jobs/tag_jobs.h"

namespace accoil::tagging {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPoll{250};
constexpr int kMostSettled = 100;
constexpr int kMostForgotten = 1'000;

}  // namespace

TagJobWorker::TagJobWorker(Tools tools)
    : tools_(std::move(tools)),
      loop_([this] { return Step(); },
            [this](const std::exception& error) {
              tools_.logger.Error("jobs of tagging by hand cannot be looked at",
                                  {{"problem", error.what()}});
              return milliseconds(1'000);
            }) {}

milliseconds TagJobWorker::Step() {
  // All of them, whatever the first says.
  const bool collected = Collect();
  const bool settled = Settle();
  const bool forgotten = Forget();
  return collected || settled || forgotten ? milliseconds(0) : kPoll;
}

bool TagJobWorker::Collect(int slice) {
  std::optional<StoredJob> locked;
  try {
    tools_.database.Transact([&](postgres::Transaction& tx) {
      locked = tools_.store.LockCollecting(tx);
      if (!locked) return;
      const auto& job = locked->job;
      const auto selected =
          tools_.selector.Select(tx, locked->filter.value(), locked->after, slice);
      if (!selected.subjects.empty()) tools_.wishes.Take(tx, WishesOf(job, selected.subjects));
      tools_.store.Advance(tx, job.id, selected.subjects.size(), selected.after);
    });
  } catch (const core::Unavailable&) {
    // The database is away: nothing can be noted down, and nothing is wrong with the job.
    throw;
  } catch (const std::exception& error) {
    if (!locked) throw;
    Failed(locked->job.id, locked->job.product, error);
  }
  return locked.has_value();
}

void TagJobWorker::Failed(const JobId& id, core::ProductId product, const std::exception& error) {
  // The profile is gone, or the condition is not one any more: that is the job's end.
  const bool told = dynamic_cast<const core::Error*>(&error) != nullptr;
  if (!told) {
    tools_.logger.Error(
        "a filter could not be looked through",
        {{"product_id", product.value()}, {"job_id", id.value()}, {"problem", error.what()}});
  }
  const bool ended = tools_.database.Transact([&](postgres::Transaction& tx) {
    const auto locked = tools_.store.Lock(tx, product, id);
    if (!locked || locked->job.state != "collecting") return false;
    const int attempt = locked->attempt + 1;
    if (told || attempt >= kMostAttempts) {
      tools_.store.End(tx, id, "failed",
                       told ? error.what() : "the filter cannot be looked through");
      return true;
    }
    tools_.store.PutOff(tx, id, core::Backoff().Delay(attempt, tools_.random), attempt);
    return false;
  });
  if (ended) tools_.metrics.Ended("failed");
}

bool TagJobWorker::Settle() {
  struct Ended {
    int settled = 0;
    int finished = 0;
  };
  const auto ended = tools_.database.Transact([&](postgres::Transaction& tx) {
    Ended count;
    for (const auto& [stored, open] : tools_.store.LockUnderway(tx, kMostSettled)) {
      const auto& job = stored.job;
      if (open) {
        tools_.store.LookLater(tx, job.id);
        continue;
      }
      tools_.store.Settle(tx, job.id, Assignments::CountJob(tx, job.product, job.id));
      ++count.settled;
      if (job.state == "running") ++count.finished;
    }
    return count;
  });
  tools_.metrics.Ended("finished", ended.finished);
  return ended.settled > 0;
}

bool TagJobWorker::Forget() {
  return tools_.database.Transact([&](postgres::Transaction& tx) {
    return tools_.store.Forget(tx, tools_.history, kMostForgotten) == kMostForgotten;
  });
}

}  // namespace accoil::tagging
