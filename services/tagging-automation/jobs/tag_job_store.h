#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "services/tagging-automation/jobs/selection.h"
#include "services/tagging-automation/jobs/tag_job.h"
#include "services/tagging-automation/jobs/tag_order.h"
#include "services/tagging-automation/wishes/assignments.h"

namespace accoil::tagging {

/// Whether the text has the form of a job's id: a UUID as PostgreSQL writes it.
bool IsJobId(const std::string& text);

/// A job with what only the service itself needs to know of it.
struct StoredJob {
  TagJob job;
  std::string request_digest;
  /// How far the filter was looked through; nothing where the subjects were named.
  std::optional<Selection> filter;
  std::optional<core::SubjectId> after;
  int attempt = 0;
  /// What became of its subjects, once nothing is open any more.
  std::optional<JobCounts> counts;
};

/// All the SQL of jobs, one method one statement. Times are the database's, so that replicas need
/// not agree on theirs. Any thread.
class TagJobStore {
 public:
  /// Nothing when the product has a job with the key already, which is committed then.
  std::optional<StoredJob> Insert(postgres::Transaction& tx, const TagOrder& order,
                                  const std::string& traceparent);
  std::optional<StoredJob> FindByKey(postgres::Transaction& tx, core::ProductId product,
                                     const std::string& idempotency_key);
  /// Nothing also for an id that is no UUID.
  std::optional<StoredJob> Find(postgres::Transaction& tx, core::ProductId product,
                                const JobId& id);
  /// As Find, and nobody else changes it before the transaction ends.
  std::optional<StoredJob> Lock(postgres::Transaction& tx, core::ProductId product,
                                const JobId& id);
  /// The newest first.
  std::vector<StoredJob> List(postgres::Transaction& tx, core::ProductId product, int most);

  /// The place in `ids` of the first that the product has no such subject of, and how many there
  /// are; nothing when it has all.
  struct Unknown {
    std::size_t first = 0;
    std::int64_t count = 0;
  };
  std::optional<Unknown> FindUnknown(postgres::Transaction& tx, core::ProductId product,
                                     SubjectKind kind, const std::vector<core::SubjectId>& ids);

  /// Locks the job whose filter has been due longest to be looked through further, passing over
  /// those that another worker has.
  std::optional<StoredJob> LockCollecting(postgres::Transaction& tx);
  /// As LockCollecting, up to `most` of the jobs whose filters are looked through, with whether
  /// anything of them is open.
  struct Underway {
    StoredJob job;
    bool open = false;
  };
  std::vector<Underway> LockUnderway(postgres::Transaction& tx, int most);

  // What is done with a locked job.

  /// `subjects` more are chosen. With `after` the filter has been looked through so far, without it
  /// to its end.
  void Advance(postgres::Transaction& tx, const JobId& id, std::size_t subjects,
               const std::optional<core::SubjectId>& after);
  /// It is looked at again after a share of its age: short jobs are seen to end soon, and those
  /// that wait for a match for days cost next to nothing.
  void LookLater(postgres::Transaction& tx, const JobId& id);
  /// Its filter is looked through further after this long; `attempt` failures came in a row.
  void PutOff(postgres::Transaction& tx, const JobId& id, std::chrono::milliseconds wait,
              int attempt);
  /// It is cancelled or failed, though what is on its way may still be open.
  void End(postgres::Transaction& tx, const JobId& id, const std::string& state,
           const std::string& error);
  /// Nothing of it is open any more: one that runs has finished.
  void Settle(postgres::Transaction& tx, const JobId& id, const JobCounts& counts);

  /// Has the product's jobs looked at again of which something is open again; those that had
  /// finished run again.
  void Reopen(postgres::Transaction& tx, core::ProductId product);

  /// Forgets up to `most` jobs that ended longer ago than `history`; answers how many.
  int Forget(postgres::Transaction& tx, std::chrono::milliseconds history, int most);
  /// Jobs that have not ended.
  std::int64_t CountOpen(postgres::Transaction& tx);
};

}  // namespace accoil::tagging
