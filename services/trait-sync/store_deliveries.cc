#include <algorithm>
#include <nlohmann/json.hpp>

#include "services/trait-sync/store.h"

namespace accoil::traitsync {
namespace {

using postgres::Transaction;

struct SubjectColumns {
  std::vector<int> kind;
  std::vector<std::string> subject_id;

  void Add(const Subject& subject) {
    kind.push_back(static_cast<int>(subject.kind));
    subject_id.push_back(subject.id.value());
  }
};

Subject SubjectOf(const postgres::Row& row) {
  return {row.Get<SubjectKind>("kind"), row.Get<core::SubjectId>("subject_id")};
}

std::vector<TraitDefinition> ReadCatalogue(const std::string& text) {
  std::vector<TraitDefinition> catalogue;
  for (const auto& trait : nlohmann::json::parse(text)) {
    catalogue.push_back({trait.at("name").get<std::string>(),
                         static_cast<TraitType>(trait.at("type").get<int>()),
                         trait.at("users").get<bool>(), trait.at("accounts").get<bool>(),
                         trait.at("definition").get<std::string>()});
  }
  return catalogue;
}

ReasonClass ReasonClassOf(const std::string& text) {
  for (const auto reason :
       {ReasonClass::kWrongType, ReasonClass::kTooLong, ReasonClass::kNotFinite,
        ReasonClass::kBadText, ReasonClass::kRefused, ReasonClass::kTargetGone}) {
    if (text == ToString(reason)) return reason;
  }
  throw std::logic_error("a stored reason is unknown: " + text);
}

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
  ), marked AS MATERIALIZED (
    SELECT d.kind, d.subject_id, s.changed_at, s.traceparent
    FROM subject s
    JOIN delivery d ON d.product_id = $1 AND d.kind = s.kind AND d.subject_id = s.subject_id
    WHERE d.target_id IS NOT NULL
      AND (d.due_at IS NULL
           OR (d.claim IS NOT NULL AND d.changed_again_at IS NULL)
           OR (d.claim IS NULL AND (d.rank > 0 OR d.changed_at IS NULL)))
    ORDER BY d.kind, d.subject_id
    FOR UPDATE OF d
  )
  UPDATE delivery d
  SET due_at = coalesce(d.due_at, greatest(now(), d.called_at + $2::interval)),
      rank = 0,
      changed_at = CASE WHEN d.due_at IS NULL OR (d.claim IS NULL AND d.changed_at IS NULL)
                        THEN m.changed_at ELSE d.changed_at END,
      changed_again_at = CASE WHEN d.claim IS NOT NULL THEN m.changed_at END,
      traceparent = CASE WHEN d.due_at IS NULL OR d.traceparent IS NULL
                         THEN m.traceparent ELSE d.traceparent END
  FROM marked m
  WHERE d.product_id = $1 AND d.kind = m.kind AND d.subject_id = m.subject_id
)sql";

constexpr const char* kClaim = R"sql(
  WITH token AS MATERIALIZED (SELECT nextval('claim_token') AS value),
  picked AS MATERIALIZED (
    SELECT product_id, kind, subject_id, changed_at, traceparent,
           -- Whoever had it before did not end: what it sent is unknown.
           distrust OR claim IS NOT NULL AS distrust
    FROM delivery
    WHERE product_id = $1 AND workspace_id = $2 AND rank = $3 AND due_at <= now()
    ORDER BY due_at
    LIMIT $4
    FOR UPDATE SKIP LOCKED
  )
  UPDATE delivery d
  SET claim = token.value, due_at = now() + $5::interval, changed_again_at = NULL, distrust = false
  FROM picked p, token
  WHERE d.product_id = p.product_id AND d.kind = p.kind AND d.subject_id = p.subject_id
  RETURNING d.kind, d.subject_id, d.target_id, d.attempt, d.claim, p.distrust, p.changed_at,
            p.traceparent
)sql";

struct CompletionColumns {
  SubjectColumns subjects;
  std::vector<std::optional<std::chrono::milliseconds>> retry_in;
  std::vector<int> attempt;
  std::vector<std::optional<std::string>> error;
  std::vector<bool> distrust;
  std::vector<bool> called;
};

// A change that came while it was claimed makes it due again; a failure keeps the time of its
// oldest change. Locks in key order, as every statement does.
constexpr const char* kComplete = R"sql(
  WITH ended AS MATERIALIZED (
    SELECT i.*
    FROM unnest($3::smallint[], $4::text[], $5::interval[], $6::integer[], $7::text[],
                $8::boolean[], $9::boolean[])
           AS i (kind, subject_id, retry_in, attempt, error, distrust, called)
    JOIN delivery d ON d.product_id = $1 AND d.kind = i.kind AND d.subject_id = i.subject_id
    WHERE d.claim = $2
    ORDER BY d.kind, d.subject_id
    FOR UPDATE OF d
  )
  UPDATE delivery d
  SET claim = NULL,
      due_at = CASE WHEN e.retry_in IS NOT NULL THEN now() + e.retry_in
                    WHEN d.distrust OR e.distrust THEN now()
                    WHEN d.changed_again_at IS NOT NULL THEN now() + $10::interval END,
      changed_at = CASE WHEN e.retry_in IS NOT NULL THEN least(d.changed_at, d.changed_again_at)
                        ELSE d.changed_again_at END,
      changed_again_at = NULL,
      called_at = CASE WHEN e.called THEN now() ELSE d.called_at END,
      attempt = e.attempt,
      last_error = e.error,
      distrust = d.distrust OR e.distrust
  FROM ended e
  WHERE d.product_id = $1 AND d.kind = e.kind AND d.subject_id = e.subject_id AND d.claim = $2
  RETURNING d.kind, d.subject_id
)sql";

/// Writes what the targets hold now, of the deliveries that were still ours.
void PutDelivered(Transaction& tx, core::ProductId product,
                  const std::vector<const Completion*>& completions) {
  SubjectColumns subjects;
  std::vector<std::string> attributes;
  for (const auto* completion : completions) {
    if (!completion->delivered) continue;
    subjects.Add(completion->subject);
    attributes.push_back(ToJson(*completion->delivered));
  }
  if (attributes.empty()) return;
  tx.Execute(R"sql(
    UPDATE delivered t SET attributes = i.attributes::jsonb
    FROM unnest($2::smallint[], $3::text[], $4::text[]) AS i (kind, subject_id, attributes)
    WHERE t.product_id = $1 AND t.kind = i.kind AND t.subject_id = i.subject_id
  )sql",
             product, subjects.kind, subjects.subject_id, attributes);
}

void PutSetAside(Transaction& tx, core::ProductId product,
                 const std::vector<const Completion*>& completions) {
  SubjectColumns cleared;
  SubjectColumns subjects;
  std::vector<std::string> attribute;
  std::vector<std::string> reason_class;
  std::vector<std::string> reason;
  std::vector<std::optional<std::string>> value;
  std::vector<std::optional<core::TimePoint>> retry_at;
  for (const auto* completion : completions) {
    if (!completion->set_aside) continue;
    cleared.Add(completion->subject);
    for (const auto& [name, entry] : *completion->set_aside) {
      subjects.Add(completion->subject);
      attribute.push_back(name);
      reason_class.emplace_back(ToString(entry.reason_class));
      reason.push_back(entry.reason);
      value.push_back(entry.refused ? std::optional(ToJson(*entry.refused)) : std::nullopt);
      retry_at.push_back(entry.retry_at);
    }
  }
  if (cleared.kind.empty()) return;
  tx.Execute(R"sql(
    DELETE FROM set_aside s
    USING unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
    WHERE s.product_id = $1 AND s.kind = i.kind AND s.subject_id = i.subject_id
  )sql",
             product, cleared.kind, cleared.subject_id);
  if (attribute.empty()) return;
  tx.Execute(R"sql(
    INSERT INTO set_aside (product_id, kind, subject_id, attribute, reason_class, reason, value,
                           retry_at)
    SELECT $1::bigint, i.* FROM unnest($2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[],
                               $7::text[], $8::timestamptz[]) AS i
  )sql",
             product, subjects.kind, subjects.subject_id, attribute, reason_class, reason, value,
             retry_at);
}

/// The target may hold what a worker without a claim sent: everything is to be written again by
/// whoever has the subject now; a target that it left meanwhile is to be cleared of everything.
void Distrust(Transaction& tx, core::ProductId product, const core::WorkspaceId& workspace,
              const std::vector<const Completion*>& lost) {
  SubjectColumns subjects;
  std::vector<std::string> target_id;
  for (const auto* completion : lost) {
    if (!completion->called) continue;
    subjects.Add(completion->subject);
    target_id.push_back(completion->target_id);
  }
  if (target_id.empty()) return;
  tx.Execute(R"sql(
    WITH ours AS MATERIALIZED (
      SELECT d.product_id, d.kind, d.subject_id
      FROM unnest($2::smallint[], $3::text[], $4::text[]) AS i (kind, subject_id, target_id)
      JOIN delivery d ON d.product_id = $1 AND d.kind = i.kind AND d.subject_id = i.subject_id
                     AND d.target_id = i.target_id
      ORDER BY d.kind, d.subject_id
      FOR UPDATE OF d
    )
    UPDATE delivery d
    SET distrust = true,
        due_at = CASE WHEN d.claim IS NULL THEN least(d.due_at, now()) ELSE d.due_at END
    FROM ours o
    WHERE d.product_id = o.product_id AND d.kind = o.kind AND d.subject_id = o.subject_id
  )sql",
             product, subjects.kind, subjects.subject_id, target_id);
  tx.Execute(R"sql(
    INSERT INTO former_target AS f (product_id, kind, subject_id, target_id, workspace_id,
                                    attributes, everything, due_at)
    SELECT $1::bigint, i.kind, i.subject_id, i.target_id, $5::text, '{}', true, now()
    FROM unnest($2::smallint[], $3::text[], $4::text[]) AS i (kind, subject_id, target_id)
    WHERE NOT EXISTS (SELECT FROM delivery d
                      WHERE d.product_id = $1 AND d.kind = i.kind
                        AND d.subject_id = i.subject_id AND d.target_id = i.target_id)
    ORDER BY i.kind, i.subject_id COLLATE "C"
    ON CONFLICT (product_id, kind, subject_id, target_id) DO UPDATE
      SET everything = true, due_at = now(), claim = NULL
  )sql",
             product, subjects.kind, subjects.subject_id, target_id, workspace);
}

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
                          ReadCatalogue(row.Get<std::string>("catalogue")),
                          row.Get<SyncMode>("sync_mode")});
    }
    return profiles;
  });
}

Claim Store::ClaimDeliveries(const DueProduct& product, Rank rank, int most,
                             std::chrono::milliseconds claim) {
  return database_.Transact([&](Transaction& tx) {
    if (rank == Rank::kChange) tx.Execute(kTakeChanges, product.product, window_);
    const auto rows = tx.Execute(kClaim, product.product, product.workspace, rank, most, claim);
    Claim claimed;
    for (const auto& row : rows) {
      claimed.token = row.Get<std::int64_t>("claim");
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
      JOIN trait t ON t.product_id = $1 AND t.kind = i.kind AND t.subject_id = i.subject_id
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
      JOIN membership m ON m.product_id = $1 AND m.kind = i.kind AND m.subject_id = i.subject_id
      WHERE m.inside AND m.profile_id = ANY ($4::text[])
    )sql",
                                     product, subjects.kind, subjects.subject_id, with_segments);
    for (const auto& row : segments) {
      loaded[SubjectOf(row)].facts.segments[row.Get<core::ProfileId>("profile_id")].push_back(
          row.Get<std::string>("segment"));
    }
    const auto delivered = tx.Execute(R"sql(
      SELECT t.kind, t.subject_id, t.attributes
      FROM unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
      JOIN delivered t ON t.product_id = $1 AND t.kind = i.kind AND t.subject_id = i.subject_id
    )sql",
                                      product, subjects.kind, subjects.subject_id);
    for (const auto& row : delivered) {
      loaded[SubjectOf(row)].delivered = ValuesFromJson(row.Get<std::string>("attributes"));
    }
    const auto set_aside = tx.Execute(R"sql(
      SELECT s.kind, s.subject_id, s.attribute, s.reason_class, s.reason, s.value, s.retry_at
      FROM unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
      JOIN set_aside s ON s.product_id = $1 AND s.kind = i.kind AND s.subject_id = i.subject_id
    )sql",
                                      product, subjects.kind, subjects.subject_id);
    for (const auto& row : set_aside) {
      SetAside entry{ReasonClassOf(row.Get<std::string>("reason_class")),
                     row.Get<std::string>("reason"), std::nullopt,
                     row.Get<std::optional<core::TimePoint>>("retry_at")};
      if (!row.IsNull("value")) entry.refused = ValueFromJson(row.Get<std::string>("value"));
      loaded[SubjectOf(row)].set_aside[row.Get<std::string>("attribute")] = std::move(entry);
    }
    return loaded;
  });
}

int Store::Complete(core::ProductId product, const core::WorkspaceId& workspace, std::int64_t token,
                    std::vector<Completion> completions) {
  if (completions.empty()) return 0;
  std::sort(completions.begin(), completions.end(),
            [](const Completion& a, const Completion& b) { return a.subject < b.subject; });
  CompletionColumns columns;
  for (const auto& completion : completions) {
    columns.subjects.Add(completion.subject);
    columns.retry_in.push_back(completion.retry_in);
    columns.attempt.push_back(completion.attempt);
    columns.error.push_back(completion.error.empty() ? std::nullopt
                                                     : std::optional(completion.error));
    columns.distrust.push_back(completion.distrust);
    columns.called.push_back(completion.called);
  }
  return database_.Transact([&](Transaction& tx) {
    const auto rows = tx.Execute(kComplete, product, token, columns.subjects.kind,
                                 columns.subjects.subject_id, columns.retry_in, columns.attempt,
                                 columns.error, columns.distrust, columns.called, window_);
    std::set<Subject> ended;
    for (const auto& row : rows) ended.insert(SubjectOf(row));
    std::vector<const Completion*> ours;
    std::vector<const Completion*> lost;
    for (const auto& completion : completions) {
      (ended.contains(completion.subject) ? ours : lost).push_back(&completion);
    }
    PutDelivered(tx, product, ours);
    PutSetAside(tx, product, ours);
    Distrust(tx, product, workspace, lost);
    return static_cast<int>(lost.size());
  });
}

}  // namespace accoil::traitsync
