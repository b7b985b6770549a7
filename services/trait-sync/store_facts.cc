#include "libs/events/fact_columns.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {
namespace {

using events::v1::SegmentEntered;
using events::v1::SegmentExited;
using events::v1::TraitChanged;
using postgres::Transaction;

// One statement for traits, memberships and the subjects that they change. changed_version tells an
// upsert that brought another value (it equals version) from one that only brought a newer version.
// Of most subjects no trace is kept: the causes that come as parameters are those of the others.
constexpr const char* kApplyFacts = R"sql(
  WITH written_trait AS (
    INSERT INTO trait AS t (product_id, kind, subject_id, profile_id, trait, version,
                            changed_version, occurred_at, value)
    SELECT i.product_id, i.kind, i.subject_id, i.profile_id, i.trait, i.version, i.version,
           i.occurred_at, i.value
    FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                $7::timestamptz[], $8::text[])
      AS i (product_id, kind, subject_id, profile_id, trait, version, occurred_at, value)
    ORDER BY i.product_id, i.kind, i.subject_id COLLATE "C", i.profile_id COLLATE "C",
             i.trait COLLATE "C"
    ON CONFLICT (product_id, kind, subject_id, profile_id, trait) DO UPDATE
      SET value = excluded.value, version = excluded.version, occurred_at = excluded.occurred_at,
          changed_version = CASE WHEN t.value IS DISTINCT FROM excluded.value
                                 THEN excluded.version ELSE t.changed_version END
      WHERE t.version < excluded.version
    RETURNING t.product_id, t.kind, t.subject_id, t.changed_version = t.version AS changed
  ), written_membership AS (
    INSERT INTO membership AS m (product_id, kind, subject_id, profile_id, segment, version,
                                 changed_version, inside)
    SELECT i.product_id, i.kind, i.subject_id, i.profile_id, i.segment, i.version, i.version,
           i.inside
    FROM unnest($9::bigint[], $10::smallint[], $11::text[], $12::text[], $13::text[],
                $14::bigint[], $15::boolean[])
      AS i (product_id, kind, subject_id, profile_id, segment, version, inside)
    ORDER BY i.product_id, i.kind, i.subject_id COLLATE "C", i.profile_id COLLATE "C",
             i.segment COLLATE "C"
    ON CONFLICT (product_id, kind, subject_id, profile_id, segment) DO UPDATE
      SET inside = excluded.inside, version = excluded.version,
          changed_version = CASE WHEN m.inside <> excluded.inside
                                 THEN excluded.version ELSE m.changed_version END
      WHERE m.version < excluded.version
    RETURNING m.product_id, m.kind, m.subject_id, m.changed_version = m.version AS changed
  ), changed AS (
    SELECT product_id, kind, subject_id FROM written_trait WHERE changed
    UNION
    SELECT product_id, kind, subject_id FROM written_membership WHERE changed
  )
  INSERT INTO changed_subject (product_id, due_at, kind, subject_id, changed_at, traceparent)
  SELECT c.product_id, now() + $21::interval, c.kind, c.subject_id, $20::timestamptz,
         s.traceparent
  FROM changed c
  LEFT JOIN unnest($16::bigint[], $17::smallint[], $18::text[], $19::text[])
              AS s (product_id, kind, subject_id, traceparent)
         ON s.product_id = c.product_id AND s.kind = c.kind AND s.subject_id = c.subject_id
)sql";

/// What caused the changes of a batch.
struct Causes {
  /// When the first was published: changes wait at most that long, also those published after it.
  std::optional<core::TimePoint> first_published_at;
  /// The subjects of which a trace is kept.
  events::Subjects traced;

  template <typename Message>
  void AddAll(const events::Batch& batch) {
    for (const auto& received : batch.Of<Message>()) {
      if (!first_published_at || received.published_at < *first_published_at) {
        first_published_at = received.published_at;
      }
      if (!received.traceparent.empty()) traced.Add(received);
    }
  }
};

}  // namespace

void Store::ApplyFacts(Transaction& tx, const events::Batch& batch) {
  Causes causes;
  causes.AddAll<TraitChanged>(batch);
  causes.AddAll<SegmentEntered>(batch);
  causes.AddAll<SegmentExited>(batch);
  if (!causes.first_published_at) return;
  events::Memberships memberships;
  memberships.AddAll<SegmentEntered>(batch, true);
  memberships.AddAll<SegmentExited>(batch, false);
  const auto t = events::ToColumns(batch.Of<TraitChanged>());
  const auto m = memberships.ToColumns();
  const auto s = causes.traced.ToColumns();
  tx.Execute(kApplyFacts, t.product_id, t.kind, t.subject_id, t.profile_id, t.trait, t.version,
             t.occurred_at, t.value, m.product_id, m.kind, m.subject_id, m.profile_id, m.segment,
             m.version, m.inside, s.product_id, s.kind, s.subject_id, s.traceparent,
             *causes.first_published_at, window_);
}

}  // namespace accoil::traitsync
