#include <nlohmann/json.hpp>

#include "services/trait-sync/store.h"

namespace accoil::traitsync {

using postgres::Transaction;

namespace {

/// Has claimed targets wait until one of the archived attributes that they hold is brought back.
void PutBehindArchived(Transaction& tx, core::ProductId product, std::int64_t token,
                       const std::vector<const FormerCompletion*>& completions) {
  if (completions.empty()) return;
  std::vector<int> kind;
  std::vector<std::string> subject_id;
  std::vector<std::string> target_id;
  std::vector<std::string> attributes;
  for (const auto* completion : completions) {
    kind.push_back(static_cast<int>(completion->subject.kind));
    subject_id.push_back(completion->subject.id.value());
    target_id.push_back(completion->target_id);
    attributes.push_back(nlohmann::json(completion->archived).dump());
  }
  // Whoever brings an attribute back has this row, too (Store::Appear): either they find what waits
  // here, or this finds what they brought back.
  tx.Execute(R"sql(
    SELECT FROM clean_up
    WHERE workspace_id IN (SELECT workspace_id FROM former_target
                           WHERE product_id = $1 AND claim = $2)
    ORDER BY workspace_id
    FOR UPDATE
  )sql",
             product, token);
  tx.Execute(R"sql(
    WITH hiding AS MATERIALIZED (
      SELECT i.kind, i.subject_id, i.target_id,
             ARRAY(SELECT jsonb_array_elements_text(i.attributes::jsonb)) AS attributes
      FROM unnest($3::smallint[], $4::text[], $5::text[], $6::text[])
             AS i (kind, subject_id, target_id, attributes)
    )
    UPDATE former_target f
    SET claim = NULL, attempt = 0, last_error = NULL, everything = false,
        attributes = h.attributes,
        due_at = CASE WHEN EXISTS (
                   SELECT FROM attribute a
                   WHERE a.workspace_id = f.workspace_id AND a.name = ANY (h.attributes)
                     AND a.model = CASE WHEN f.kind = 1 THEN 0 ELSE 1 END
                     AND a.state <> 'archived') THEN now() END
    FROM hiding h
    WHERE f.product_id = $1 AND f.claim = $2 AND f.kind = h.kind
      AND f.subject_id = h.subject_id AND f.target_id = h.target_id
  )sql",
             product, token, kind, subject_id, target_id, attributes);
}

}  // namespace

FormerClaim Store::ClaimFormerTargets(const DueProduct& product, int most,
                                      std::chrono::milliseconds claim) {
  return database_.Transact([&](Transaction& tx) {
    const auto rows = tx.Execute(R"sql(
      WITH token AS MATERIALIZED (SELECT nextval('claim_token') AS value),
      picked AS MATERIALIZED (
        SELECT product_id, kind, subject_id, target_id FROM former_target
        WHERE product_id = $1 AND workspace_id = $2 AND due_at <= now()
        ORDER BY due_at
        LIMIT $3
        FOR UPDATE SKIP LOCKED
      )
      UPDATE former_target f
      SET claim = token.value, due_at = now() + $4::interval
      FROM picked p, token
      WHERE f.product_id = p.product_id AND f.kind = p.kind AND f.subject_id = p.subject_id
        AND f.target_id = p.target_id
      RETURNING f.kind, f.subject_id, f.target_id, f.attributes, f.everything, f.attempt, f.claim,
                EXISTS (SELECT FROM delivered t
                        WHERE t.product_id = f.product_id AND t.kind = f.kind
                          AND t.target_id = f.target_id) AS in_use
    )sql",
                                 product.product, product.workspace, most, claim);
    FormerClaim claimed;
    for (const auto& row : rows) {
      claimed.token = row.Get<std::int64_t>("claim");
      claimed.targets.push_back(
          {{row.Get<SubjectKind>("kind"), row.Get<core::SubjectId>("subject_id")},
           row.Get<std::string>("target_id"),
           row.Get<std::vector<std::string>>("attributes"),
           row.Get<bool>("everything"),
           row.Get<bool>("in_use"),
           row.Get<int>("attempt")});
    }
    return claimed;
  });
}

void Store::CompleteFormerTargets(core::ProductId product, std::int64_t token,
                                  const std::vector<FormerCompletion>& completions) {
  if (completions.empty()) return;
  std::vector<int> kind;
  std::vector<std::string> subject_id;
  std::vector<std::string> target_id;
  std::vector<std::optional<std::chrono::milliseconds>> retry_in;
  std::vector<int> attempt;
  std::vector<std::string> error;
  std::vector<const FormerCompletion*> hiding;
  for (const auto& completion : completions) {
    if (!completion.retry_in && !completion.archived.empty()) hiding.push_back(&completion);
    kind.push_back(static_cast<int>(completion.subject.kind));
    subject_id.push_back(completion.subject.id.value());
    target_id.push_back(completion.target_id);
    retry_in.push_back(completion.retry_in);
    attempt.push_back(completion.attempt);
    error.push_back(completion.error);
  }
  database_.Transact([&](Transaction& tx) {
    PutBehindArchived(tx, product, token, hiding);
    // Whoever has the target by now may have written before it was cleared, so it writes again all
    // that it wants: that also overwrites what was left behind there.
    tx.Execute(R"sql(
      WITH users AS MATERIALIZED (
        SELECT d.product_id, d.kind, d.subject_id
        FROM unnest($2::smallint[], $3::text[], $4::interval[]) AS i (kind, target_id, retry_in)
        JOIN delivered t ON t.product_id = $1 AND t.kind = i.kind AND t.target_id = i.target_id
        JOIN delivery d ON d.product_id = $1 AND d.kind = t.kind AND d.subject_id = t.subject_id
        WHERE i.retry_in IS NULL
        ORDER BY d.kind, d.subject_id
        FOR UPDATE OF d
      )
      UPDATE delivery d
      SET distrust = true,
          due_at = CASE WHEN d.claim IS NULL THEN least(d.due_at, now()) ELSE d.due_at END
      FROM users u
      WHERE d.product_id = u.product_id AND d.kind = u.kind AND d.subject_id = u.subject_id
        AND d.target_id IS NOT NULL
    )sql",
               product, kind, target_id, retry_in);
    tx.Execute(R"sql(
      DELETE FROM former_target f
      USING unnest($3::smallint[], $4::text[], $5::text[], $6::interval[])
              AS i (kind, subject_id, target_id, retry_in)
      WHERE f.product_id = $1 AND f.claim = $2 AND f.kind = i.kind
        AND f.subject_id = i.subject_id AND f.target_id = i.target_id AND i.retry_in IS NULL
    )sql",
               product, token, kind, subject_id, target_id, retry_in);
    // (What was put behind archived attributes has no claim any more.)
    tx.Execute(R"sql(
      UPDATE former_target f
      SET claim = NULL, due_at = now() + i.retry_in, attempt = i.attempt, last_error = i.error
      FROM unnest($3::smallint[], $4::text[], $5::text[], $6::interval[], $7::integer[], $8::text[])
             AS i (kind, subject_id, target_id, retry_in, attempt, error)
      WHERE f.product_id = $1 AND f.claim = $2 AND f.kind = i.kind
        AND f.subject_id = i.subject_id AND f.target_id = i.target_id AND i.retry_in IS NOT NULL
    )sql",
               product, token, kind, subject_id, target_id, retry_in, attempt, error);
  });
}

}  // namespace accoil::traitsync
