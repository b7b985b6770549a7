#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/core/clock.h"
#include "services/tagging-automation/subjects/subject.h"
#include "services/tagging-automation/wishes/wish.h"

namespace accoil::postgres {
class Transaction;
}

namespace accoil::tagging {

/// Where an assignment is; stored by number.
enum class AssignmentState : std::int16_t {
  kDue = 1,
  /// For a match, or for an account or user to be known.
  kWaiting = 2,
  kDone = 3,
  kFailed = 4,
  /// Never matched in time, or removed before.
  kExpired = 5,
  /// The opposite came after it.
  kSuperseded = 6,
  /// Not taken away: another rule or a person holds it.
  kKept = 7,
  kCancelled = 8,
};
/// As the API has it: due, waiting, …
const char* ToString(AssignmentState state);
/// Nothing for a word that is none of them.
std::optional<AssignmentState> AssignmentStateFrom(const std::string& word);

/// One tag that was to be given to, or taken from, one contact or company.
struct Assignment {
  std::int64_t id = 0;
  /// Whom the rule or the person meant.
  Subject subject;
  /// Whose contact or company it is; none while none is known.
  std::optional<Subject> target;
  std::string tag;
  bool remove = false;
  Cause cause;
  core::TimePoint requested_at;
  std::optional<core::TimePoint> ended_at;
  AssignmentState state = AssignmentState::kDue;
  std::string reason;
  /// Intercom's id, once it was called for.
  std::string target_id;
};

/// Which assignments; what is not set does not narrow it.
struct AssignmentFilter {
  core::ProductId product;
  std::optional<RuleId> rule;
  std::optional<JobId> job;
  /// The one that was meant, or whose contact or company it is.
  std::optional<Subject> subject;
  /// Whatever its case.
  std::string tag;
  std::optional<AssignmentState> state;
};

struct AssignmentPage {
  std::vector<Assignment> assignments;
  /// Of the next page; empty on the last.
  std::string next_cursor;
};

/// What became of one subject of a job: of several contacts or companies, what is worst.
struct JobItem {
  core::SubjectId subject;
  /// done, due, waiting, failed or cancelled, as TagJob counts them: what expired failed, what was
  /// superseded is done with.
  std::string state;
  std::string reason;
  std::vector<std::string> target_ids;
};

struct JobItemPage {
  std::vector<JobItem> items;
  std::string next_cursor;
};

/// Subjects of a job by where they are.
struct JobCounts {
  std::int64_t subjects = 0;
  std::int64_t done = 0;
  std::int64_t due = 0;
  std::int64_t waiting = 0;
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;
};

/// Assignments that are in trouble for the same reason.
struct ProblemGroup {
  /// At most 400 bytes.
  std::string key;
  /// tag_refused, target_gone, failing or waiting.
  std::string reason_class;
  std::string tag;
  std::string reason;
  std::int64_t subjects = 0;
  /// The first ten by kind and id.
  std::vector<Subject> examples;
  core::TimePoint since;
  std::optional<core::TimePoint> retry_at;
};

/// Deliveries in numbers.
struct AssignmentSummary {
  std::int64_t due = 0;
  std::chrono::milliseconds oldest_due{0};
  std::int64_t waiting = 0;
  std::int64_t failed = 0;
  /// The product is not connected.
  bool paused = false;
};

/// Reads the audit of tags, and has what failed tried again. All within the caller's transaction;
/// any thread.
class Assignments {
 public:
  /// The newest first. `limit` 1 to 1000. Throws core::InvalidArgument for a cursor that is not
  /// one.
  static AssignmentPage List(postgres::Transaction& tx, const AssignmentFilter& filter, int limit,
                             const std::string& cursor);
  /// The newest `most` that the subject is meant by or the target of.
  static std::vector<Assignment> OfSubject(postgres::Transaction& tx, const Subject& subject,
                                           int most);

  /// The subjects of a job in the order of their ids, those in `state` (as JobItem) or all.
  /// `limit` 1 to 1000. Throws core::InvalidArgument for a bad state or cursor.
  static JobItemPage ListJobItems(postgres::Transaction& tx, core::ProductId product,
                                  const JobId& job, const std::string& state, int limit,
                                  const std::string& cursor);
  static JobCounts CountJob(postgres::Transaction& tx, core::ProductId product, const JobId& job);

  /// What failed, keeps failing, or waits for longer than an hour; the largest group first, at most
  /// 100.
  static std::vector<ProblemGroup> Problems(postgres::Transaction& tx, core::ProductId product);
  /// Makes what is in a group due now, as far as it is matched; what waits for a match goes on
  /// waiting. Answers how many assignments that is, at most 10,000 a call; nothing when there is no
  /// such group.
  static std::optional<std::int64_t> Retry(postgres::Transaction& tx, core::ProductId product,
                                           const std::string& key);
  static AssignmentSummary Summary(postgres::Transaction& tx, core::ProductId product);
};

}  // namespace accoil::tagging
