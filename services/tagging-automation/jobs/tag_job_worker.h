#pragma once

#include <chrono>

#include "libs/core/backoff.h"
#include "libs/core/run.h"
#include "libs/postgres/database.h"
#include "services/tagging-automation/jobs/job_metrics.h"
#include "services/tagging-automation/jobs/selection.h"
#include "services/tagging-automation/jobs/tag_job_store.h"

namespace accoil::tagging {

/// Looks through the filters of jobs, a slice a transaction: what a slice wants is taken over
/// together with the place to go on from, so that a replica that dies loses and repeats nothing.
/// Ends jobs of which nothing is open any more, and forgets those that are older than the audit.
/// Replicas share the jobs. One thread; what it is given outlives it.
class TagJobWorker final : public core::Part {
 public:
  struct Tools {
    postgres::Database& database;
    TagJobStore& store;
    Selector& selector;
    WishTaker& wishes;
    JobMetrics& metrics;
    const telemetry::Logger& logger;
    core::RandomSource random;
    /// How long the audit is kept.
    std::chrono::milliseconds history;
  };
  /// Subjects that are looked at in one transaction.
  static constexpr int kSlice = 2'000;
  /// A job that cannot be looked at by a defect is given up after so many failures in a row.
  static constexpr int kMostAttempts = 20;

  explicit TagJobWorker(Tools tools);

  void Start() override { loop_.Start(); }
  void Stop() override { loop_.Stop(); }
  /// There is a filter to be looked through; any thread.
  void Wake() { loop_.Wake(); }

  // One step each; for the thread and for tests. They answer whether there was anything to do.

  /// A slice of one filter.
  bool Collect(int slice = kSlice);
  /// Settles jobs of which nothing is open.
  bool Settle();
  bool Forget();

 private:
  std::chrono::milliseconds Step();
  void Failed(const JobId& id, core::ProductId product, const std::exception& error);

  const Tools tools_;
  core::Loop loop_;
};

}  // namespace accoil::tagging
