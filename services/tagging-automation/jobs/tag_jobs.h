#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libs/postgres/database.h"
#include "services/tagging-automation/jobs/job_metrics.h"
#include "services/tagging-automation/jobs/selection.h"
#include "services/tagging-automation/jobs/tag_job_store.h"
#include "services/tagging-automation/wishes/wishes.h"

namespace accoil::tagging {

/// Tagging by hand, as those who ask for it see it. Named subjects are taken over within the
/// request; a filter is looked through by TagJobWorker. Any thread; what it is given outlives it.
class TagJobs {
 public:
  /// Jobs that a list shows.
  static constexpr int kMostListed = 100;

  struct Status {
    TagJob job;
    JobCounts counts;
  };

  /// `filter_begun` is called once there is a filter to be looked through.
  TagJobs(postgres::Database& database, TagJobStore& store, Selector& selector, Wishes& wishes,
          JobMetrics& metrics, std::function<void()> filter_begun);

  /// Checks the order whole before anything is stored: core::InvalidArgument names the field,
  /// subject_ids[i] where the product has no such subject; core::NotFound says that it has no such
  /// profile. The order of a key that was used before answers the job of then, whatever is known by
  /// now; another order is core::Conflict.
  Status Create(const TagOrder& order);
  /// Throws core::NotFound, as do the others below.
  Status Get(core::ProductId product, const JobId& id);
  /// The newest first.
  std::vector<Status> List(core::ProductId product);
  /// What became of the job's subjects: see Assignments::ListJobItems.
  JobItemPage Items(core::ProductId product, const JobId& id, const std::string& state, int limit,
                    const std::string& cursor);
  /// Drops what is not on its way to Intercom. A job that has ended stays as it is.
  Status Cancel(core::ProductId product, const JobId& id);

 private:
  std::optional<StoredJob> Begin(postgres::Transaction& tx, const TagOrder& order);
  /// The job of a key, if there is one and it is of this order.
  std::optional<StoredJob> Known(postgres::Transaction& tx, const TagOrder& order);

  postgres::Database& database_;
  TagJobStore& store_;
  Selector& selector_;
  Wishes& wishes_;
  JobMetrics& metrics_;
  std::function<void()> filter_begun_;
};

/// What a job wants for some subjects.
std::vector<Wish> WishesOf(const TagJob& job, const std::vector<core::SubjectId>& subjects);

}  // namespace accoil::tagging
