#include "services/trait-sync/catalogue.h"
#include "services/trait-sync/store.h"
#include "services/trait-sync/subject_columns.h"

namespace accoil::traitsync {
namespace {

using postgres::Transaction;

// The statements of this service meet tables that were empty a moment ago, of which PostgreSQL
// knows nothing yet, and tables of millions. They are written so that rows are found by key
// whatever it guesses: through the arbiter of an upsert, by ctid, or by a subquery for each row
// that it cannot turn into a join (LATERAL with OFFSET 0).

// Changes whose window has passed make their deliveries due: one that is claimed comes again, one
// that was to catch up goes with the changes. The most that one claim takes over is a few batches.
constexpr const char* kTakeChanges = R"sql(
  WITH taken AS (
    DELETE FROM changed_subject
    WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM changed_subject
      WHERE product_id = $1 AND due_at <= now()
      ORDER BY due_at
      LIMIT 2000
      FOR UPDATE SKIP LOCKED))
    RETURNING kind, subject_id, changed_at, traceparent
  ), subject AS (
    SELECT kind, subject_id, min(changed_at) AS changed_at,
           (array_agg(traceparent ORDER BY changed_at))[1] AS traceparent
    FROM taken GROUP BY kind, subject_id
  )
  INSERT INTO delivery AS d (product_id, kind, subject_id, changed_at, traceparent)
  SELECT $1::bigint, s.kind, s.subject_id, s.changed_at, s.traceparent
  FROM subject s
  -- Who is not matched yet needs no row: the match will make the delivery due.
  WHERE (SELECT d.target_id IS NOT NULL FROM delivery d
         WHERE d.product_id = $1 AND d.kind = s.kind AND d.subject_id = s.subject_id)
  ORDER BY s.kind, s.subject_id COLLATE "C"
  ON CONFLICT (product_id, kind, subject_id) DO UPDATE
    SET due_at = coalesce(d.due_at, greatest(now(), d.called_at + $2::interval)),
        rank = 0,
        changed_at = CASE WHEN d.due_at IS NULL OR (d.claim IS NULL AND d.changed_at IS NULL)
                          THEN excluded.changed_at ELSE d.changed_at END,
        changed_again_at = CASE WHEN d.claim IS NOT NULL THEN excluded.changed_at END,
        traceparent = CASE WHEN d.due_at IS NULL OR d.traceparent IS NULL
                           THEN excluded.traceparent ELSE d.traceparent END
    WHERE d.target_id IS NOT NULL
      AND (d.due_at IS NULL
           OR (d.claim IS NOT NULL AND d.changed_again_at IS NULL)
           OR (d.claim IS NULL AND (d.rank > 0 OR d.changed_at IS NULL)))
)sql";

constexpr const char* kClaim = R"sql(
  WITH picked AS MATERIALIZED (
    SELECT ctid, kind, subject_id,
           -- Whoever had it before did not end: what it sent is unknown.
           distrust OR claim IS NOT NULL AS distrust
    FROM delivery
    WHERE product_id = $1 AND workspace_id = $2 AND rank = $3 AND due_at <= now()
    ORDER BY due_at
    LIMIT $4
    FOR UPDATE SKIP LOCKED
  ), claimed AS (
    UPDATE delivery
    SET claim = $6, due_at = now() + $5::interval, changed_again_at = NULL, distrust = false
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM picked))
    RETURNING kind, subject_id, target_id, attempt, changed_at, traceparent
  )
  SELECT c.*, p.distrust FROM claimed c JOIN picked p USING (kind, subject_id)
)sql";

}  // namespace

std::vector<DueProduct> Store::FindDue() {
  return database_.Transact([&](Transaction& tx) {
    // One probe of an index for each question, however much is due.
    const auto rows = tx.Execute(R"sql(
      SELECT * FROM (
        SELECT c.product_id, c.workspace_id, c.attribute_prefix,
               EXISTS (SELECT FROM delivery d
                       WHERE d.product_id = c.product_id AND d.workspace_id = c.workspace_id
                         AND d.rank = 0 AND d.due_at <= now())
                 OR EXISTS (SELECT FROM changed_subject s
                            WHERE s.product_id = c.product_id AND s.due_at <= now()) AS changes,
               EXISTS (SELECT FROM delivery d
                       WHERE d.product_id = c.product_id AND d.workspace_id = c.workspace_id
                         AND d.rank = 1 AND d.due_at <= now()) AS catch_up,
               EXISTS (SELECT FROM former_target f
                       WHERE f.product_id = c.product_id AND f.workspace_id = c.workspace_id
                         AND f.due_at <= now()) AS former_targets
        FROM connection c WHERE c.state = 1
      ) due WHERE changes OR catch_up OR former_targets
    )sql");
    std::vector<DueProduct> products;
    for (const auto& row : rows) {
      products.push_back({row.Get<core::ProductId>("product_id"),
                          row.Get<core::WorkspaceId>("workspace_id"),
                          row.Get<std::string>("attribute_prefix"), row.Get<bool>("changes"),
                          row.Get<bool>("catch_up"), row.Get<bool>("former_targets")});
    }
    return products;
  });
}

std::vector<Profile> Store::SyncedProfiles(core::ProductId product) {
  return database_.Transact([&](Transaction& tx) {
    const auto rows = tx.Execute(R"sql(
      SELECT profile_id, name, catalogue, sync_mode FROM profile
      WHERE product_id = $1 AND NOT removed AND sync_mode IN (2, 3)
      ORDER BY profile_id
    )sql",
                                 product);
    std::vector<Profile> profiles;
    for (const auto& row : rows) {
      profiles.push_back({row.Get<core::ProfileId>("profile_id"), row.Get<std::string>("name"),
                          CatalogueFromJson(row.Get<std::string>("catalogue")),
                          row.Get<SyncMode>("sync_mode")});
    }
    return profiles;
  });
}

Claim Store::ClaimDeliveries(const DueProduct& product, Rank rank, int most,
                             std::chrono::milliseconds claim) {
  return database_.Transact([&](Transaction& tx) {
    if (rank == Rank::kChange) tx.Execute(kTakeChanges, product.product, window_);
    Claim claimed;
    claimed.token =
        tx.Execute("SELECT nextval('claim_token') AS token").Only().Get<std::int64_t>("token");
    const auto rows =
        tx.Execute(kClaim, product.product, product.workspace, rank, most, claim, claimed.token);
    for (const auto& row : rows) {
      claimed.deliveries.push_back(
          {SubjectOf(row), row.Get<std::string>("target_id"), row.Get<int>("attempt"),
           row.Get<bool>("distrust"), row.Get<std::optional<core::TimePoint>>("changed_at"),
           row.Get<std::optional<std::string>>("traceparent").value_or("")});
    }
    return claimed;
  });
}

std::map<Subject, LoadedDelivery> Store::Load(core::ProductId product,
                                              const std::vector<ClaimedDelivery>& deliveries,
                                              const std::vector<Profile>& profiles) {
  SubjectColumns subjects;
  for (const auto& delivery : deliveries) subjects.Add(delivery.subject);
  std::vector<std::string> with_traits;
  std::vector<std::string> with_segments;
  for (const auto& profile : profiles) {
    with_segments.push_back(profile.id.value());
    if (profile.mode == SyncMode::kAllTraits) with_traits.push_back(profile.id.value());
  }
  return database_.Transact([&](Transaction& tx) {
    std::map<Subject, LoadedDelivery> loaded;
    for (const auto& delivery : deliveries) loaded[delivery.subject];
    const auto traits = tx.Execute(R"sql(
      SELECT t.kind, t.subject_id, t.profile_id, t.trait, t.value
      FROM unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
      CROSS JOIN LATERAL (
        SELECT * FROM trait
        WHERE product_id = $1 AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
      ) t
      WHERE t.value IS NOT NULL AND t.profile_id = ANY ($4::text[])
    )sql",
                                   product, subjects.kind, subjects.subject_id, with_traits);
    for (const auto& row : traits) {
      loaded[SubjectOf(row)]
          .facts.traits[{row.Get<core::ProfileId>("profile_id"), row.Get<std::string>("trait")}] =
          row.Get<std::string>("value");
    }
    const auto segments = tx.Execute(R"sql(
      SELECT m.kind, m.subject_id, m.profile_id, m.segment
      FROM unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
      CROSS JOIN LATERAL (
        SELECT * FROM membership
        WHERE product_id = $1 AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
      ) m
      WHERE m.inside AND m.profile_id = ANY ($4::text[])
    )sql",
                                     product, subjects.kind, subjects.subject_id, with_segments);
    for (const auto& row : segments) {
      loaded[SubjectOf(row)].facts.segments[row.Get<core::ProfileId>("profile_id")].push_back(
          row.Get<std::string>("segment"));
    }
    const auto delivered = tx.Execute(R"sql(
      SELECT t.kind, t.subject_id, t.attributes, t.era
      FROM unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
      CROSS JOIN LATERAL (
        SELECT * FROM delivered
        WHERE product_id = $1 AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
      ) t
    )sql",
                                      product, subjects.kind, subjects.subject_id);
    for (const auto& row : delivered) {
      auto& delivery = loaded[SubjectOf(row)];
      delivery.delivered = ValuesFromJson(row.Get<std::string>("attributes"));
      delivery.era = row.Get<std::int64_t>("era");
    }
    const auto set_aside = tx.Execute(R"sql(
      SELECT s.kind, s.subject_id, s.attribute, s.reason_class, s.reason, s.value, s.retry_at
      FROM unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
      CROSS JOIN LATERAL (
        SELECT * FROM set_aside
        WHERE product_id = $1 AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
      ) s
    )sql",
                                      product, subjects.kind, subjects.subject_id);
    for (const auto& row : set_aside) {
      SetAside entry{ReasonClassFrom(row.Get<std::string>("reason_class")),
                     row.Get<std::string>("reason"), std::nullopt,
                     row.Get<std::optional<core::TimePoint>>("retry_at")};
      if (!row.IsNull("value")) entry.refused = ValueFromJson(row.Get<std::string>("value"));
      loaded[SubjectOf(row)].set_aside[row.Get<std::string>("attribute")] = std::move(entry);
    }
    return loaded;
  });
}

}  // namespace accoil::traitsync
