#include "services/widget/list_keeper.h"

#include <algorithm>

namespace accoil::widget {
namespace {

using postgres::Transaction;
using std::chrono::milliseconds;

// Changes of one subject that come within it cost one row.
constexpr milliseconds kBetween(1'000);
// A note has the subjects of one batch of events. The more are followed together, the more changes
// of one subject cost one row; but rows that must be fetched from a disk take long.
constexpr int kMostNotes = 100;
constexpr milliseconds kLongEnough(1'000);
constexpr milliseconds kTooLong(4'000);
constexpr milliseconds kAfterError(2'000);

// A JSON text that is a date as core::ParseDate reads it, but for the year 0, which PostgreSQL has
// not: so the casts below cannot fail.
constexpr const char* kDate =
    R"re(^"(?!0000)(\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30))re"
    R"re(|02-(0[1-9]|1\d|2[0-8]))|(\d\d(0[48]|[2468][048]|[13579][26]))re"
    R"re(|([02468][048]|[13579][26])00)-02-29))re"
    R"re(([Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?)re"
    R"re(([Zz]|[-+]([01]\d|2[0-3]):[0-5]\d))?"$)re";

// One replica at a time: two could write what they read in the other's order. By key all the way,
// also while the tables are new to the planner; and a statement of many parts is not compiled.
constexpr const char* kBegin = R"sql(
  SELECT pg_try_advisory_xact_lock(
           hashtextextended('accoil widget lists ' || current_schema(), 0)) AS mine,
         set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
         set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)
)sql";

// NaN and the infinities are no values to lists, as they are none on canvases.
constexpr const char* kFollow = R"sql(
  WITH taken AS MATERIALIZED (
    DELETE FROM list_note WHERE id = ANY (ARRAY(SELECT id FROM list_note ORDER BY id LIMIT $1::bigint))
    RETURNING product_id, kind, subject_id, profile_id, noted_at
  ), noted AS MATERIALIZED (
    SELECT DISTINCT k.product_id, k.kind, k.subject_id, k.profile_id
    FROM taken n
    CROSS JOIN LATERAL unnest(n.product_id, n.kind, n.subject_id, n.profile_id)
      AS k (product_id, kind, subject_id, profile_id)
  ), wanted AS MATERIALIZED (
    SELECT * FROM noted WHERE profile_id IS NOT NULL
    UNION
    SELECT n.product_id, n.kind, n.subject_id, p.profile_id
    FROM noted n
    CROSS JOIN LATERAL (
      SELECT t.profile_id FROM trait t
      WHERE t.product_id = n.product_id AND t.kind = n.kind AND t.subject_id = n.subject_id
      UNION
      SELECT m.profile_id FROM membership m
      WHERE m.product_id = n.product_id AND m.kind = n.kind AND m.subject_id = n.subject_id
      UNION
      SELECT l.profile_id FROM listed l
      WHERE l.product_id = n.product_id AND l.kind = n.kind AND l.subject_id = n.subject_id
    ) p
    WHERE n.profile_id IS NULL
  ), fact AS MATERIALIZED (
    SELECT w.*, coalesce(s.name, '') AS name, coalesce(s.email, '') AS email,
           s.removed IS TRUE OR (t.traits IS NULL AND m.segments IS NULL) AS gone,
           coalesce(t.traits, '{}') || coalesce(t.dates, '{}') AS traits,
           coalesce(m.segments, '{}') AS segments
    FROM wanted w
    LEFT JOIN LATERAL (
      SELECT s.name, s.email, s.removed FROM subject s
      WHERE s.product_id = w.product_id AND s.kind = w.kind AND s.subject_id = w.subject_id
      LIMIT 1
    ) s ON true
    LEFT JOIN LATERAL (
      SELECT jsonb_object_agg(
               CASE left(v.value, 1) WHEN '"' THEN '$' WHEN 't' THEN '?' WHEN 'f' THEN '?'
                                     ELSE '#' END || v.trait, v.value::jsonb) AS traits,
             jsonb_object_agg('@' || v.trait, greatest(-9223372036, least(9223372036,
               (substr(v.value, 2, 10)::date - DATE '1970-01-01') * 86400::bigint
               + CASE WHEN length(v.value) = 12 THEN 0 ELSE
                   substr(v.value, 13, 2)::integer * 3600 + substr(v.value, 16, 2)::integer * 60
                   + substr(v.value, 19, 2)::integer
                   - CASE WHEN substr(v.value, length(v.value) - 1, 1) IN ('Z', 'z') THEN 0 ELSE
                       (substr(v.value, length(v.value) - 6, 1) || '1')::integer
                       * (substr(v.value, length(v.value) - 5, 2)::integer * 3600
                          + substr(v.value, length(v.value) - 2, 2)::integer * 60) END END)))
             FILTER (WHERE v.value LIKE '"____-__-__%' AND v.value ~ $2::text) AS dates
      FROM trait v
      WHERE v.product_id = w.product_id AND v.kind = w.kind AND v.subject_id = w.subject_id
        AND v.profile_id = w.profile_id AND v.value ~ '^(["tf]|-?[0-9])'
    ) t ON true
    LEFT JOIN LATERAL (
      SELECT array_agg(m.segment ORDER BY m.segment) AS segments FROM membership m
      WHERE m.product_id = w.product_id AND m.kind = w.kind AND m.subject_id = w.subject_id
        AND m.profile_id = w.profile_id AND m.inside
    ) m ON true
  ), gone AS (
    DELETE FROM listed l USING fact f
    WHERE f.gone AND l.product_id = f.product_id AND l.kind = f.kind
      AND l.subject_id = f.subject_id AND l.profile_id = f.profile_id
  ), written AS (
    INSERT INTO listed AS l (product_id, kind, subject_id, profile_id, epoch, score, last_active,
                             sort_name, name, email, words, traits, segments)
    SELECT f.product_id, f.kind, f.subject_id, f.profile_id, r.epoch,
           (f.traits -> '#Score')::double precision, (f.traits -> '@LastActive')::bigint,
           nullif(lower(f.name COLLATE "C"), ''), f.name, f.email,
           ' ' || regexp_replace(lower(f.name), '[^[:alnum:]]+', ' ', 'g') || ' | '
               || regexp_replace(lower(f.email), '[^[:alnum:]]+', ' ', 'g'),
           f.traits, f.segments
    FROM fact f, rebuild r
    WHERE NOT f.gone
    ORDER BY f.product_id, f.kind, f.subject_id COLLATE "C", f.profile_id COLLATE "C"
    ON CONFLICT (product_id, kind, subject_id, profile_id) DO UPDATE
      SET epoch = excluded.epoch, score = excluded.score, last_active = excluded.last_active,
          sort_name = excluded.sort_name, name = excluded.name, email = excluded.email,
          words = excluded.words, traits = excluded.traits, segments = excluded.segments
      WHERE (l.traits, l.segments, l.name, l.email, l.epoch) IS DISTINCT FROM
            (excluded.traits, excluded.segments, excluded.name, excluded.email, excluded.epoch)
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM taken) AS notes, (SELECT count(*) FROM written) AS written,
         (SELECT extract(epoch FROM now() - min(noted_at))::double precision FROM taken) AS behind
)sql";

}  // namespace

ListKeeper::ListKeeper(postgres::Database& database, Metrics& metrics, telemetry::Logger logger)
    : database_(database),
      metrics_(metrics),
      logger_(std::move(logger)),
      loop_([this] { return Step(); },
            [this](const std::exception& error) {
              logger_.Warn("lists cannot follow now", {{"problem", error.what()}});
              return kAfterError;
            }) {}

bool ListKeeper::Follow() {
  const auto began = std::chrono::steady_clock::now();
  const auto asked = notes_;
  // Unless it ends well: it may have taken longer than a statement may.
  notes_ = std::max(1, asked / 2);
  const auto more = database_.Transact([&](Transaction& tx) {
    if (!tx.Execute(kBegin).Only().Get<bool>("mine")) return false;
    const auto row = tx.Execute(kFollow, asked, kDate).Only();
    metrics_.ListsFollowed(row.Get<std::int64_t>("written"),
                           row.Get<std::optional<double>>("behind").value_or(0));
    return row.Get<std::int64_t>("notes") == asked;
  });
  const auto took = std::chrono::steady_clock::now() - began;
  if (took < kTooLong) notes_ = took < kLongEnough ? std::min(kMostNotes, asked * 2) : asked;
  return more;
}

milliseconds ListKeeper::Step() { return Follow() ? milliseconds(0) : kBetween; }

}  // namespace accoil::widget
