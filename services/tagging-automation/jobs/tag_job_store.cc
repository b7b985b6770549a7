#include "services/tagging-automation/jobs/tag_job_store.h"

#include <algorithm>

#include "libs/postgres/database.h"

namespace accoil::tagging {
namespace {

StoredJob ReadJob(const postgres::Row& row) {
  StoredJob stored;
  auto& job = stored.job;
  job.product = row.Get<core::ProductId>("product_id");
  job.id = row.Get<JobId>("job_id");
  job.tag = row.Get<std::string>("tag");
  job.target = row.Get<TagTarget>("target");
  job.remove = row.Get<bool>("remove");
  job.kind = row.Get<SubjectKind>("kind");
  job.requested_by = row.Get<std::string>("requested_by");
  job.created_at = row.Get<core::TimePoint>("created_at");
  job.finished_at = row.Get<std::optional<core::TimePoint>>("finished_at");
  job.state = row.Get<std::string>("state");
  job.subjects = row.Get<std::int64_t>("subjects");
  job.error = row.Get<std::string>("error");
  job.traceparent = row.Get<std::string>("traceparent");
  stored.request_digest = row.GetBytes("request_digest");
  if (const auto profile = row.Get<std::optional<core::ProfileId>>("profile_id")) {
    stored.filter = Selection{job.product, job.kind, *profile, row.Get<std::string>("segment"),
                              row.Get<std::string>("condition")};
  }
  stored.after = row.Get<std::optional<core::SubjectId>>("after_subject_id");
  stored.attempt = row.Get<int>("attempt");
  if (row.IsNull("due_at")) {
    stored.counts = JobCounts{.subjects = job.subjects,
                              .done = row.Get<std::int64_t>("done"),
                              .failed = row.Get<std::int64_t>("failed"),
                              .cancelled = row.Get<std::int64_t>("cancelled")};
  }
  return stored;
}

std::optional<StoredJob> OneOf(const postgres::Result& rows) {
  if (rows.empty()) return std::nullopt;
  return ReadJob(rows.Only());
}

}  // namespace

bool IsJobId(const std::string& text) {
  constexpr std::size_t kLength = 36;
  if (text.size() != kLength) return false;
  for (std::size_t i = 0; i < kLength; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool fits =
        dash ? text[i] == '-'
             : (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (!fits) return false;
  }
  return true;
}

std::optional<StoredJob> TagJobStore::Insert(postgres::Transaction& tx, const TagOrder& order,
                                             const std::string& traceparent) {
  const auto filter = order.filter.value_or(Selection());
  return OneOf(tx.Execute(R"sql(
    INSERT INTO tag_job (product_id, idempotency_key, request_digest, tag, target, remove, kind,
                         profile_id, segment, condition, api_key_id, requested_by, traceparent,
                         state)
    VALUES ($1::bigint, $2::text, $3::bytea, $4::text, $5::smallint, $6::boolean, $7::smallint,
            $8::text, $9::text, $10::text, $11::bigint, $12::text, $13::text, $14::text)
    ON CONFLICT (product_id, idempotency_key) DO NOTHING
    RETURNING *
  )sql",
                          order.product, order.idempotency_key, postgres::Bytea(DigestOf(order)),
                          order.tag, order.target, order.remove, order.kind,
                          order.filter ? std::optional(filter.profile) : std::nullopt,
                          filter.segment, filter.condition, order.api_key_id, order.requested_by,
                          traceparent, order.filter ? "collecting" : "running"));
}

std::optional<StoredJob> TagJobStore::FindByKey(postgres::Transaction& tx, core::ProductId product,
                                                const std::string& idempotency_key) {
  return OneOf(tx.Execute(
      "SELECT * FROM tag_job WHERE product_id = $1::bigint AND idempotency_key = $2::text", product,
      idempotency_key));
}

std::optional<StoredJob> TagJobStore::Find(postgres::Transaction& tx, core::ProductId product,
                                           const JobId& id) {
  if (!IsJobId(id.value())) return std::nullopt;
  return OneOf(tx.Execute(
      "SELECT * FROM tag_job WHERE product_id = $1::bigint AND job_id = $2::uuid", product, id));
}

std::optional<StoredJob> TagJobStore::Lock(postgres::Transaction& tx, core::ProductId product,
                                           const JobId& id) {
  if (!IsJobId(id.value())) return std::nullopt;
  return OneOf(tx.Execute(
      "SELECT * FROM tag_job WHERE product_id = $1::bigint AND job_id = $2::uuid FOR UPDATE",
      product, id));
}

std::vector<StoredJob> TagJobStore::List(postgres::Transaction& tx, core::ProductId product,
                                         int most) {
  std::vector<StoredJob> jobs;
  for (const auto row : tx.Execute(R"sql(
         SELECT * FROM tag_job WHERE product_id = $1::bigint
         ORDER BY created_at DESC, job_id DESC LIMIT $2::int
       )sql",
                                   product, most)) {
    jobs.push_back(ReadJob(row));
  }
  return jobs;
}

std::optional<TagJobStore::Unknown> TagJobStore::FindUnknown(
    postgres::Transaction& tx, core::ProductId product, SubjectKind kind,
    const std::vector<core::SubjectId>& ids) {
  const auto row = tx.Execute(R"sql(
    SELECT min(named.place) AS first, count(*) AS count
    FROM unnest($3::text[]) WITH ORDINALITY AS named (subject_id, place)
    WHERE NOT EXISTS (
      SELECT FROM subject s
      WHERE s.product_id = $1::bigint AND s.kind = $2::smallint
        AND s.subject_id = named.subject_id AND s.version > 0 AND NOT s.removed)
  )sql",
                              product, kind, ids)
                       .Only();
  const auto first = row.Get<std::optional<std::int64_t>>("first");
  if (!first) return std::nullopt;
  return Unknown{static_cast<std::size_t>(*first - 1), row.Get<std::int64_t>("count")};
}

std::optional<StoredJob> TagJobStore::LockCollecting(postgres::Transaction& tx) {
  return OneOf(tx.Execute(R"sql(
    SELECT * FROM tag_job WHERE due_at <= clock_timestamp() AND state = 'collecting'
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
  )sql"));
}

std::vector<TagJobStore::Underway> TagJobStore::LockUnderway(postgres::Transaction& tx, int most) {
  std::vector<Underway> underway;
  for (const auto row : tx.Execute(R"sql(
         SELECT j.*, EXISTS (SELECT FROM assignment a
                             WHERE a.job_id = j.job_id AND a.ended_at IS NULL) AS open
         FROM tag_job j WHERE j.due_at <= clock_timestamp() AND j.state <> 'collecting'
         ORDER BY j.due_at LIMIT $1::int FOR UPDATE OF j SKIP LOCKED
       )sql",
                                   most)) {
    underway.push_back({ReadJob(row), row.Get<bool>("open")});
  }
  return underway;
}

void TagJobStore::Advance(postgres::Transaction& tx, const JobId& id, std::size_t subjects,
                          const std::optional<core::SubjectId>& after) {
  // Due at once, but behind all others that are: jobs take turns.
  tx.Execute(R"sql(
    UPDATE tag_job
    SET subjects = subjects + $2::bigint, after_subject_id = $3::text, attempt = 0,
        state = CASE WHEN $3::text IS NULL THEN 'running' ELSE 'collecting' END,
        due_at = clock_timestamp()
    WHERE job_id = $1::uuid
  )sql",
             id, subjects, after);
}

void TagJobStore::LookLater(postgres::Transaction& tx, const JobId& id) {
  tx.Execute(R"sql(
    UPDATE tag_job
    SET due_at = clock_timestamp() + least(greatest((clock_timestamp() - created_at) / 20,
                                                    interval '250 ms'), interval '30 s')
    WHERE job_id = $1::uuid
  )sql",
             id);
}

void TagJobStore::PutOff(postgres::Transaction& tx, const JobId& id, std::chrono::milliseconds wait,
                         int attempt) {
  tx.Execute(R"sql(
    UPDATE tag_job SET due_at = clock_timestamp() + $2::interval, attempt = $3::int
    WHERE job_id = $1::uuid
  )sql",
             id, wait, attempt);
}

void TagJobStore::End(postgres::Transaction& tx, const JobId& id, const std::string& state,
                      const std::string& error) {
  tx.Execute(R"sql(
    UPDATE tag_job SET state = $2::text, error = $3::text, finished_at = clock_timestamp(),
                       due_at = clock_timestamp()
    WHERE job_id = $1::uuid
  )sql",
             id, state, error);
}

void TagJobStore::Settle(postgres::Transaction& tx, const JobId& id, const JobCounts& counts) {
  tx.Execute(R"sql(
    UPDATE tag_job
    SET state = CASE WHEN state = 'running' THEN 'finished' ELSE state END,
        finished_at = coalesce(finished_at, clock_timestamp()), due_at = NULL,
        done = $2::bigint, failed = $3::bigint, cancelled = $4::bigint
    WHERE job_id = $1::uuid
  )sql",
             id, counts.done, counts.failed, counts.cancelled);
}

void TagJobStore::Reopen(postgres::Transaction& tx, core::ProductId product) {
  tx.Execute(R"sql(
    UPDATE tag_job j
    SET due_at = clock_timestamp(),
        state = CASE WHEN j.state = 'finished' THEN 'running' ELSE j.state END,
        finished_at = CASE WHEN j.state = 'finished' THEN NULL ELSE j.finished_at END
    WHERE j.product_id = $1::bigint AND j.state <> 'collecting'
      AND EXISTS (SELECT FROM assignment a WHERE a.job_id = j.job_id AND a.ended_at IS NULL)
  )sql",
             product);
}

int TagJobStore::Forget(postgres::Transaction& tx, std::chrono::milliseconds history, int most) {
  return static_cast<int>(tx.Execute(R"sql(
    DELETE FROM tag_job WHERE job_id IN (
      SELECT job_id FROM tag_job WHERE finished_at < clock_timestamp() - $1::interval AND due_at IS NULL
      ORDER BY finished_at LIMIT $2::int FOR UPDATE SKIP LOCKED)
  )sql",
                                     history, most)
                              .affected());
}

std::int64_t TagJobStore::CountOpen(postgres::Transaction& tx) {
  return tx.Execute("SELECT count(*) AS open FROM tag_job WHERE finished_at IS NULL")
      .Only()
      .Get<std::int64_t>("open");
}

}  // namespace accoil::tagging
