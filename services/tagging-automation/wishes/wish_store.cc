#include "services/tagging-automation/wishes/wish_store.h"

#include "libs/postgres/database.h"
#include "services/tagging-automation/subjects/subject_columns.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

// The statements of this service meet tables that were empty a moment ago, of which PostgreSQL
// knows nothing yet, and tables of millions. They are written so that rows are found by key
// whatever it guesses: through the arbiter of an upsert, by ctid, or by a subquery for each row
// that it cannot turn into a join (LATERAL with OFFSET 0).

/// Places as columns; in key order, as their container has them.
struct PlaceColumns {
  SubjectColumns target;
  std::vector<std::string> tag_key;

  void Add(const TagPlace& place) {
    target.Add(place.target);
    tag_key.push_back(place.tag_key);
  }
};

TagPlace PlaceOf(const postgres::Row& row) {
  return {SubjectOf(row), row.Get<std::string>("tag_key")};
}

void PutPlaces(Transaction& tx, const TagPlan& plan, const std::map<Subject, MatchState>& matches,
               std::chrono::milliseconds window) {
  if (plan.places.empty()) return;
  PlaceColumns places;
  std::vector<std::string> tag;
  std::vector<std::int64_t> operation;
  std::vector<bool> remove;
  std::vector<bool> open;
  std::vector<int> priority;
  std::vector<std::optional<std::string>> traceparent;
  std::vector<std::optional<std::string>> workspace_id;
  std::vector<std::optional<std::string>> target_id;
  std::vector<bool> by_hand;
  for (const auto& [place, state] : plan.places) {
    // Touched, and nothing ever to be done there.
    if (state.operation == 0) continue;
    places.Add(place);
    tag.push_back(state.tag);
    operation.push_back(state.operation);
    remove.push_back(state.remove);
    open.push_back(state.open);
    priority.push_back(state.hand ? 1 : 2);
    traceparent.push_back(state.traceparent.empty() ? std::nullopt
                                                    : std::optional(state.traceparent));
    const auto match = matches.find(place.target);
    const bool matched = match != matches.end() && match->second.target_id;
    workspace_id.push_back(matched ? std::optional(match->second.workspace->value())
                                   : std::nullopt);
    target_id.push_back(matched ? match->second.target_id : std::nullopt);
    by_hand.push_back(state.by_hand);
  }
  tx.Execute(R"sql(
    INSERT INTO delivery AS d (product_id, kind, subject_id, tag_key, tag, operation, remove, open,
                               priority, due_at, since, traceparent, workspace_id, target_id,
                               by_hand)
    SELECT i.product_id, i.kind, i.subject_id, i.tag_key, i.tag, i.operation, i.remove, i.open,
           i.priority,
           CASE WHEN i.open AND i.target_id IS NOT NULL THEN now() + $13::interval END, now(),
           i.traceparent, i.workspace_id, i.target_id, i.by_hand
    FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                $7::boolean[], $8::boolean[], $9::smallint[], $10::text[], $11::text[], $12::text[],
                $14::boolean[])
           AS i (product_id, kind, subject_id, tag_key, tag, operation, remove, open, priority,
                 traceparent, workspace_id, target_id, by_hand)
    ON CONFLICT (product_id, kind, subject_id, tag_key) DO UPDATE
      SET tag = excluded.tag, operation = excluded.operation, remove = excluded.remove,
          open = excluded.open, priority = excluded.priority, by_hand = excluded.by_hand,
          workspace_id = excluded.workspace_id, target_id = excluded.target_id,
          -- A worker's claim ends first; then what is wanted by now is due.
          due_at = CASE WHEN d.claim IS NOT NULL THEN d.due_at
                        WHEN NOT excluded.open THEN NULL
                        WHEN d.operation <> excluded.operation THEN excluded.due_at
                        ELSE d.due_at END,
          attempt = CASE WHEN d.claim IS NULL AND d.operation <> excluded.operation THEN 0
                         ELSE d.attempt END,
          last_error = CASE WHEN d.operation <> excluded.operation THEN NULL ELSE d.last_error END,
          since = CASE WHEN d.operation <> excluded.operation THEN excluded.since ELSE d.since END,
          traceparent = CASE WHEN d.operation <> excluded.operation THEN excluded.traceparent
                             ELSE d.traceparent END
  )sql",
             places.target.product_id, places.target.kind, places.target.subject_id, places.tag_key,
             tag, operation, remove, open, priority, traceparent, workspace_id, target_id, window,
             by_hand);
}

void EndSuperseded(Transaction& tx, const TagPlan& plan) {
  if (plan.superseded.empty()) return;
  PlaceColumns places;
  std::vector<std::int64_t> operation;
  std::vector<std::int64_t> claimed;
  for (const auto& [place, up_to] : plan.superseded) {
    places.Add(place);
    operation.push_back(up_to);
    claimed.push_back(plan.places.at(place).claimed.value_or(0));
  }
  tx.Execute(R"sql(
    UPDATE assignment SET state = 6, ended_at = now(),
                          reason = 'the opposite was asked for afterwards'
    WHERE ctid = ANY (ARRAY(
      SELECT a.row
      FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
             AS i (product_id, kind, subject_id, tag_key, operation, claimed)
      CROSS JOIN LATERAL (
        SELECT ctid AS row FROM assignment
        WHERE product_id = i.product_id AND target_kind = i.kind
          AND target_subject_id = i.subject_id AND tag_key = i.tag_key AND ended_at IS NULL
          AND operation <= i.operation AND operation <> i.claimed
        OFFSET 0
      ) a))
  )sql",
             places.target.product_id, places.target.kind, places.target.subject_id, places.tag_key,
             operation, claimed);
}

void TakeBackUnresolved(Transaction& tx, const std::vector<Unresolved>& taken_back) {
  if (taken_back.empty()) return;
  PlaceColumns meant;
  std::vector<int> target_kind;
  std::vector<std::int64_t> rule_id;
  for (const auto& unresolved : taken_back) {
    meant.Add({unresolved.subject, unresolved.tag_key});
    target_kind.push_back(static_cast<int>(unresolved.target_kind));
    rule_id.push_back(unresolved.rule.value());
  }
  tx.Execute(R"sql(
    UPDATE assignment SET state = 6, ended_at = now(),
                          reason = 'the opposite was asked for afterwards'
    WHERE ctid = ANY (ARRAY(
      SELECT a.row
      FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::smallint[],
                  $6::bigint[])
             AS i (product_id, kind, subject_id, tag_key, target_kind, rule_id)
      CROSS JOIN LATERAL (
        SELECT ctid AS row FROM assignment
        WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
          AND target_subject_id IS NULL AND ended_at IS NULL AND target_kind = i.target_kind
          AND tag_key = i.tag_key AND rule_id = i.rule_id
        OFFSET 0
      ) a))
  )sql",
             meant.target.product_id, meant.target.kind, meant.target.subject_id, meant.tag_key,
             target_kind, rule_id);
}

void PutAssignments(Transaction& tx, const TagPlan& plan, std::span<const ResolvedWish> wishes) {
  if (plan.assignments.empty()) return;
  SubjectColumns meant;
  std::vector<int> target_kind;
  std::vector<std::optional<std::string>> target_subject_id;
  std::vector<std::string> tag;
  std::vector<std::string> tag_key;
  std::vector<bool> remove;
  std::vector<std::optional<std::int64_t>> rule_id;
  std::vector<std::optional<std::string>> job_id;
  std::vector<std::int64_t> operation;
  std::vector<std::optional<core::TimePoint>> requested_at;
  std::vector<int> state;
  std::vector<std::string> reason;
  std::vector<std::optional<std::string>> traceparent;
  for (const auto& assignment : plan.assignments) {
    const auto& [wish, targets, requested] = wishes[assignment.wish];
    meant.Add(wish.subject);
    target_kind.push_back(static_cast<int>(KindOf(wish.target)));
    target_subject_id.push_back(assignment.target ? std::optional(assignment.target->id.value())
                                                  : std::nullopt);
    tag.push_back(wish.tag);
    tag_key.push_back(TagKeyOf(wish.tag));
    remove.push_back(wish.remove);
    rule_id.push_back(wish.cause.rule ? std::optional(wish.cause.rule->value()) : std::nullopt);
    job_id.push_back(wish.cause.job ? std::optional(wish.cause.job->value()) : std::nullopt);
    operation.push_back(assignment.operation);
    requested_at.push_back(requested);
    state.push_back(static_cast<int>(assignment.state));
    reason.push_back(assignment.reason);
    traceparent.push_back(wish.traceparent.empty() ? std::nullopt
                                                   : std::optional(wish.traceparent));
  }
  tx.Execute(R"sql(
    INSERT INTO assignment (product_id, kind, subject_id, target_kind, target_subject_id, tag,
                            tag_key, remove, rule_id, job_id, operation, requested_at, ended_at,
                            state, reason, traceparent)
    SELECT i.product_id, i.kind, i.subject_id, i.target_kind, i.target_subject_id, i.tag, i.tag_key,
           i.remove, i.rule_id, i.job_id, i.operation, coalesce(i.requested_at, now()),
           CASE WHEN i.state > 2 THEN now() END, i.state, i.reason, i.traceparent
    FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::smallint[], $5::text[], $6::text[],
                $7::text[], $8::boolean[], $9::bigint[], $10::uuid[], $11::bigint[],
                $12::timestamptz[], $13::smallint[], $14::text[], $15::text[])
           WITH ORDINALITY
           AS i (product_id, kind, subject_id, target_kind, target_subject_id, tag, tag_key, remove,
                 rule_id, job_id, operation, requested_at, state, reason, traceparent, place)
    ORDER BY i.place
  )sql",
             meant.product_id, meant.kind, meant.subject_id, target_kind, target_subject_id, tag,
             tag_key, remove, rule_id, job_id, operation, requested_at, state, reason, traceparent);
}

struct HolderColumns {
  PlaceColumns places;
  std::vector<std::int64_t> rule_id;
  SubjectColumns subject;

  explicit HolderColumns(const std::vector<std::pair<TagPlace, Holder>>& holders) {
    for (const auto& [place, holder] : holders) {
      places.Add(place);
      rule_id.push_back(holder.rule.value());
      subject.Add(holder.subject);
    }
  }
};

void PutHolders(Transaction& tx, const TagPlan& plan) {
  if (!plan.held.empty()) {
    const HolderColumns held(plan.held);
    tx.Execute(R"sql(
      INSERT INTO holder (product_id, target_kind, target_subject_id, tag_key, rule_id, kind,
                          subject_id)
      SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::bigint[],
                           $6::smallint[], $7::text[])
      ON CONFLICT DO NOTHING
    )sql",
               held.places.target.product_id, held.places.target.kind,
               held.places.target.subject_id, held.places.tag_key, held.rule_id, held.subject.kind,
               held.subject.subject_id);
  }
  if (!plan.let_go.empty()) {
    const HolderColumns gone(plan.let_go);
    tx.Execute(R"sql(
      DELETE FROM holder WHERE ctid = ANY (ARRAY(
        SELECT h.row
        FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::bigint[],
                    $6::smallint[], $7::text[])
               AS i (product_id, target_kind, target_subject_id, tag_key, rule_id, kind, subject_id)
        CROSS JOIN LATERAL (
          SELECT ctid AS row FROM holder
          WHERE product_id = i.product_id AND target_kind = i.target_kind
            AND target_subject_id = i.target_subject_id AND tag_key = i.tag_key
            AND rule_id = i.rule_id AND kind = i.kind AND subject_id = i.subject_id
          OFFSET 0
        ) h))
    )sql",
               gone.places.target.product_id, gone.places.target.kind,
               gone.places.target.subject_id, gone.places.tag_key, gone.rule_id, gone.subject.kind,
               gone.subject.subject_id);
  }
}

}  // namespace

void LockSubjects(Transaction& tx, const std::set<Subject>& subjects) {
  if (subjects.empty()) return;
  SubjectColumns columns;
  for (const auto& subject : subjects) columns.Add(subject);
  // An upsert that changes nothing locks what is there.
  tx.Execute(R"sql(
    INSERT INTO subject (product_id, kind, subject_id)
    SELECT product_id, kind, subject_id
    FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS i (product_id, kind, subject_id)
    ORDER BY product_id, kind, subject_id COLLATE "C"
    ON CONFLICT (product_id, kind, subject_id) DO UPDATE SET version = subject.version WHERE false
  )sql",
             columns.product_id, columns.kind, columns.subject_id);
}

std::map<Subject, std::vector<Subject>> FindOthers(Transaction& tx,
                                                   const std::set<Subject>& subjects) {
  std::map<Subject, std::vector<Subject>> others;
  SubjectColumns users;
  SubjectColumns accounts;
  for (const auto& subject : subjects) {
    (subject.kind == SubjectKind::kUser ? users : accounts).Add(subject);
  }
  if (!users.empty()) {
    const auto rows = tx.Execute(R"sql(
      SELECT i.product_id, i.subject_id, s.account_ids
      FROM unnest($1::bigint[], $2::text[]) AS i (product_id, subject_id)
      CROSS JOIN LATERAL (
        SELECT account_ids FROM subject
        WHERE product_id = i.product_id AND kind = 1 AND subject_id = i.subject_id OFFSET 0
      ) s
    )sql",
                                 users.product_id, users.subject_id);
    for (const auto& row : rows) {
      const auto product = row.Get<core::ProductId>("product_id");
      auto& found = others[{product, SubjectKind::kUser, row.Get<core::SubjectId>("subject_id")}];
      for (auto& account : row.Get<std::vector<std::string>>("account_ids")) {
        found.push_back({product, SubjectKind::kAccount, core::SubjectId(std::move(account))});
      }
    }
  }
  if (!accounts.empty()) {
    const auto rows = tx.Execute(R"sql(
      SELECT i.product_id, i.subject_id, u.user_id
      FROM unnest($1::bigint[], $2::text[]) AS i (product_id, subject_id)
      CROSS JOIN LATERAL (
        SELECT user_id FROM account_user
        WHERE product_id = i.product_id AND account_id = i.subject_id
        ORDER BY user_id OFFSET 0
      ) u
    )sql",
                                 accounts.product_id, accounts.subject_id);
    for (const auto& row : rows) {
      const auto product = row.Get<core::ProductId>("product_id");
      others[{product, SubjectKind::kAccount, row.Get<core::SubjectId>("subject_id")}].push_back(
          {product, SubjectKind::kUser, row.Get<core::SubjectId>("user_id")});
    }
  }
  return others;
}

std::set<TagPlace> FindHeld(Transaction& tx, const std::vector<HolderQuery>& queries) {
  std::set<TagPlace> places;
  if (queries.empty()) return places;
  SubjectColumns subject;
  std::vector<std::int64_t> rule_id;
  std::vector<int> target_kind;
  std::vector<std::string> tag_key;
  for (const auto& query : queries) {
    subject.Add(query.holder.subject);
    rule_id.push_back(query.holder.rule.value());
    target_kind.push_back(static_cast<int>(query.target_kind));
    tag_key.push_back(query.tag_key);
  }
  const auto rows = tx.Execute(R"sql(
    SELECT h.product_id, h.target_kind AS kind, h.target_subject_id AS subject_id, h.tag_key
    FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[], $5::smallint[], $6::text[])
           AS i (product_id, kind, subject_id, rule_id, target_kind, tag_key)
    CROSS JOIN LATERAL (
      SELECT * FROM holder
      WHERE product_id = i.product_id AND rule_id = i.rule_id AND kind = i.kind
        AND subject_id = i.subject_id AND target_kind = i.target_kind AND tag_key = i.tag_key
      OFFSET 0
    ) h
  )sql",
                               subject.product_id, subject.kind, subject.subject_id, rule_id,
                               target_kind, tag_key);
  for (const auto& row : rows) places.insert(PlaceOf(row));
  return places;
}

std::map<Subject, MatchState> FindMatches(Transaction& tx, const std::set<Subject>& subjects) {
  std::map<Subject, MatchState> matches;
  if (subjects.empty()) return matches;
  SubjectColumns columns;
  for (const auto& subject : subjects) columns.Add(subject);
  const auto rows = tx.Execute(R"sql(
    SELECT s.product_id, s.kind, s.subject_id, s.removed, s.workspace_id, s.target_id,
           s.match_reason
    FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS i (product_id, kind, subject_id)
    CROSS JOIN LATERAL (
      SELECT * FROM subject
      WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
    ) s
  )sql",
                               columns.product_id, columns.kind, columns.subject_id);
  for (const auto& row : rows) {
    matches[SubjectOf(row)] = {row.Get<std::optional<core::WorkspaceId>>("workspace_id"),
                               row.Get<std::optional<std::string>>("target_id"),
                               row.Get<std::string>("match_reason"), row.Get<bool>("removed")};
  }
  return matches;
}

std::map<TagPlace, TagState> LockPlaces(Transaction& tx, const std::set<TagPlace>& places) {
  std::map<TagPlace, TagState> states;
  if (places.empty()) return states;
  PlaceColumns columns;
  for (const auto& place : places) columns.Add(place);
  const auto rows = tx.Execute(R"sql(
    SELECT d.product_id, d.kind, d.subject_id, d.tag_key, d.tag, d.operation, d.remove, d.open,
           d.priority, d.claim IS NOT NULL AS claimed, d.claim_operation, d.given, d.by_hand,
           d.traceparent
    FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])
           WITH ORDINALITY AS i (product_id, kind, subject_id, tag_key, place)
    CROSS JOIN LATERAL (
      SELECT * FROM delivery
      WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
        AND tag_key = i.tag_key
      FOR UPDATE
    ) d
  )sql",
                               columns.target.product_id, columns.target.kind,
                               columns.target.subject_id, columns.tag_key);
  for (const auto& row : rows) {
    auto& state = states[PlaceOf(row)];
    state.tag = row.Get<std::string>("tag");
    state.operation = row.Get<std::int64_t>("operation");
    state.remove = row.Get<bool>("remove");
    state.open = row.Get<bool>("open");
    state.hand = row.Get<int>("priority") == 1;
    if (row.Get<bool>("claimed")) state.claimed = row.Get<std::int64_t>("claim_operation");
    state.given = row.Get<bool>("given");
    state.by_hand = row.Get<bool>("by_hand");
    state.traceparent = row.Get<std::optional<std::string>>("traceparent").value_or("");
  }
  if (states.empty()) return states;
  const auto holders = tx.Execute(R"sql(
    SELECT i.product_id, i.kind, i.subject_id, i.tag_key, h.rule_id, h.kind AS holder_kind,
           h.subject_id AS holder_subject_id
    FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])
           AS i (product_id, kind, subject_id, tag_key)
    CROSS JOIN LATERAL (
      SELECT * FROM holder
      WHERE product_id = i.product_id AND target_kind = i.kind
        AND target_subject_id = i.subject_id AND tag_key = i.tag_key OFFSET 0
    ) h
  )sql",
                                  columns.target.product_id, columns.target.kind,
                                  columns.target.subject_id, columns.tag_key);
  for (const auto& row : holders) {
    const auto place = PlaceOf(row);
    states[place].holders.insert({row.Get<RuleId>("rule_id"),
                                  {place.target.product, row.Get<SubjectKind>("holder_kind"),
                                   row.Get<core::SubjectId>("holder_subject_id")}});
  }
  return states;
}

void WritePlan(Transaction& tx, const TagPlan& plan, std::span<const ResolvedWish> wishes,
               const std::map<Subject, MatchState>& matches, std::chrono::milliseconds window) {
  PutPlaces(tx, plan, matches, window);
  EndSuperseded(tx, plan);
  TakeBackUnresolved(tx, plan.taken_back);
  PutAssignments(tx, plan, wishes);
  PutHolders(tx, plan);
}

std::vector<ResolvedWish> TakeUnresolved(Transaction& tx, std::span<const Subject> subjects) {
  SubjectColumns columns;
  for (const auto& subject : subjects) columns.Add(subject);
  const auto rows = tx.Execute(R"sql(
    WITH taken AS (
      DELETE FROM assignment WHERE ctid = ANY (ARRAY(
        SELECT a.row
        FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS i (product_id, kind, subject_id)
        CROSS JOIN LATERAL (
          SELECT ctid AS row FROM assignment
          WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
            AND target_subject_id IS NULL AND ended_at IS NULL
          OFFSET 0
        ) a))
      RETURNING *
    )
    SELECT * FROM taken ORDER BY assignment_id
  )sql",
                               columns.product_id, columns.kind, columns.subject_id);
  std::vector<ResolvedWish> wishes;
  for (const auto& row : rows) {
    ResolvedWish resolved;
    resolved.wish = {
        SubjectOf(row),
        static_cast<TagTarget>(row.Get<int>("target_kind")),
        row.Get<std::string>("tag"),
        row.Get<bool>("remove"),
        {row.Get<std::optional<RuleId>>("rule_id"), row.Get<std::optional<JobId>>("job_id")},
        row.Get<std::optional<std::string>>("traceparent").value_or("")};
    resolved.requested_at = row.Get<core::TimePoint>("requested_at");
    wishes.push_back(std::move(resolved));
  }
  return wishes;
}

void CloseUnwanted(Transaction& tx, const std::set<TagPlace>& places) {
  if (places.empty()) return;
  PlaceColumns columns;
  for (const auto& place : places) columns.Add(place);
  tx.Execute(R"sql(
    WITH place AS MATERIALIZED (
      SELECT d.row, w.wanted, w.hand
      FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])
             AS i (product_id, kind, subject_id, tag_key)
      CROSS JOIN LATERAL (
        SELECT ctid AS row FROM delivery
        WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
          AND tag_key = i.tag_key AND open AND claim IS NULL OFFSET 0
      ) d
      CROSS JOIN LATERAL (
        SELECT count(*) > 0 AS wanted, coalesce(bool_or(job_id IS NOT NULL), false) AS hand
        FROM assignment
        WHERE product_id = i.product_id AND target_kind = i.kind
          AND target_subject_id = i.subject_id AND tag_key = i.tag_key AND ended_at IS NULL
      ) w
    )
    UPDATE delivery d
    SET open = p.wanted, due_at = CASE WHEN p.wanted THEN d.due_at END,
        priority = CASE WHEN p.hand THEN 1 ELSE 2 END
    FROM place p
    WHERE d.ctid = p.row
  )sql",
             columns.target.product_id, columns.target.kind, columns.target.subject_id,
             columns.tag_key);
}

}  // namespace accoil::tagging
