#include "services/tagging-automation/jobs/tag_jobs.h"

#include <algorithm>

#include "libs/core/errors.h"
#include "libs/telemetry/trace.h"

namespace accoil::tagging {
namespace {

TagJobs::Status StatusOf(postgres::Transaction& tx, const StoredJob& stored) {
  if (stored.counts) return {stored.job, *stored.counts};
  return {stored.job, Assignments::CountJob(tx, stored.job.product, stored.job.id)};
}

[[noreturn]] void ThrowUnknown(const TagOrder& order, const TagJobStore::Unknown& unknown) {
  std::string problem = order.kind == SubjectKind::kUser
                            ? "is the id of no user of this product"
                            : "is the id of no account of this product";
  if (unknown.count > 1) {
    problem += "; so are " + std::to_string(unknown.count - 1) + " more of them";
  }
  throw core::InvalidArgument("subject_ids[" + std::to_string(unknown.first) + "]", problem);
}

std::string Traceparent() {
  const auto trace = telemetry::CurrentTrace();
  return trace ? telemetry::ToTraceparent(*trace) : std::string();
}

StoredJob Existing(std::optional<StoredJob> stored) {
  if (!stored) throw core::NotFound("there is no such job");
  return std::move(*stored);
}

}  // namespace

TagJobs::TagJobs(postgres::Database& database, TagJobStore& store, Selector& selector,
                 Wishes& wishes, JobMetrics& metrics, std::function<void()> filter_begun)
    : database_(database),
      store_(store),
      selector_(selector),
      wishes_(wishes),
      metrics_(metrics),
      filter_begun_(std::move(filter_begun)) {}

TagJobs::Status TagJobs::Create(const TagOrder& order) {
  Check(order);
  const auto [status, begun] = database_.Transact([&](postgres::Transaction& tx) {
    auto stored = Known(tx, order);
    const bool known = stored.has_value();
    if (!known) stored = Begin(tx, order);
    const bool fresh = !known && stored.has_value();
    // The same key came by another way meanwhile, and is committed now.
    if (!stored) stored = Known(tx, order);
    return std::pair(StatusOf(tx, Existing(std::move(stored))), fresh);
  });
  if (begun) metrics_.Begun(order.filter.has_value());
  return status;
}

std::optional<StoredJob> TagJobs::Known(postgres::Transaction& tx, const TagOrder& order) {
  auto stored = store_.FindByKey(tx, order.product, order.idempotency_key);
  if (stored && stored->request_digest != DigestOf(order)) {
    throw core::Conflict("the idempotency key was used for another request");
  }
  return stored;
}

std::optional<StoredJob> TagJobs::Begin(postgres::Transaction& tx, const TagOrder& order) {
  if (order.filter) {
    selector_.Check(tx, *order.filter);
  } else if (const auto unknown =
                 store_.FindUnknown(tx, order.product, order.kind, order.subjects)) {
    ThrowUnknown(order, *unknown);
  }
  auto stored = store_.Insert(tx, order, Traceparent());
  if (!stored) return std::nullopt;
  if (order.filter) {
    tx.AfterCommit(filter_begun_);
    return stored;
  }
  auto subjects = order.subjects;
  std::ranges::sort(subjects);
  subjects.erase(std::unique(subjects.begin(), subjects.end()), subjects.end());
  wishes_.Take(tx, WishesOf(stored->job, subjects));
  store_.Advance(tx, stored->job.id, subjects.size(), std::nullopt);
  stored->job.subjects = static_cast<std::int64_t>(subjects.size());
  return stored;
}

TagJobs::Status TagJobs::Get(core::ProductId product, const JobId& id) {
  return database_.Transact([&](postgres::Transaction& tx) {
    return StatusOf(tx, Existing(store_.Find(tx, product, id)));
  });
}

std::vector<TagJobs::Status> TagJobs::List(core::ProductId product) {
  return database_.Transact([&](postgres::Transaction& tx) {
    std::vector<Status> listed;
    for (const auto& stored : store_.List(tx, product, kMostListed)) {
      listed.push_back(StatusOf(tx, stored));
    }
    return listed;
  });
}

JobItemPage TagJobs::Items(core::ProductId product, const JobId& id, const std::string& state,
                           int limit, const std::string& cursor) {
  return database_.Transact([&](postgres::Transaction& tx) {
    Existing(store_.Find(tx, product, id));
    return Assignments::ListJobItems(tx, product, id, state, limit, cursor);
  });
}

TagJobs::Status TagJobs::Cancel(core::ProductId product, const JobId& id) {
  const auto [status, cancelled] = database_.Transact([&](postgres::Transaction& tx) {
    // Whoever looks through its filter is done with a slice when it is locked, and takes no other.
    auto stored = Existing(store_.Lock(tx, product, id));
    const bool open = !stored.job.finished_at;
    if (open) {
      wishes_.Cancel(tx, product, id);
      store_.End(tx, id, "cancelled", "");
      stored = Existing(store_.Find(tx, product, id));
    }
    return std::pair(StatusOf(tx, stored), open);
  });
  if (cancelled) metrics_.Ended("cancelled");
  return status;
}

std::vector<Wish> WishesOf(const TagJob& job, const std::vector<core::SubjectId>& subjects) {
  std::vector<Wish> wishes;
  wishes.reserve(subjects.size());
  for (const auto& subject : subjects) {
    wishes.push_back({.subject = {job.product, job.kind, subject},
                      .target = job.target,
                      .tag = job.tag,
                      .remove = job.remove,
                      .cause = {.rule = std::nullopt, .job = job.id},
                      .traceparent = job.traceparent});
  }
  return wishes;
}

}  // namespace accoil::tagging
