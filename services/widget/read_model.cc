#include "services/widget/read_model.h"

#include "libs/core/text.h"
#include "libs/events/fact_columns.h"
#include "services/widget/catalogue.h"

namespace accoil::widget {
namespace {

using events::v1::ConnectionChanged;
using events::v1::ProfileChanged;
using events::v1::SegmentEntered;
using events::v1::SegmentExited;
using events::v1::SubjectIdentified;
using events::v1::TagApplied;
using events::v1::TraitChanged;
using events::v1::UserMatched;
using postgres::Transaction;

// Whose rows in lists are to follow goes with the same parameters: a row for a batch, which costs
// next to nothing.
constexpr const char* kApplyTraits = R"sql(
  WITH note AS (
    INSERT INTO list_note (product_id, kind, subject_id, profile_id)
    VALUES ($1::bigint[], $2::smallint[], $3::text[], $4::text[])
  )
  INSERT INTO trait AS t (product_id, kind, subject_id, profile_id, trait, version, epoch,
                          occurred_at, value)
  SELECT i.product_id, i.kind, i.subject_id, i.profile_id, i.trait, i.version, r.epoch,
         i.occurred_at, i.value
  FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::bigint[],
              $7::timestamptz[], $8::text[])
    AS i (product_id, kind, subject_id, profile_id, trait, version, occurred_at, value),
    rebuild r
  ORDER BY i.product_id, i.kind, i.subject_id COLLATE "C", i.profile_id COLLATE "C",
           i.trait COLLATE "C"
  ON CONFLICT (product_id, kind, subject_id, profile_id, trait) DO UPDATE
    SET value = excluded.value, version = excluded.version, epoch = excluded.epoch,
        occurred_at = excluded.occurred_at,
        -- What a number was before the first change of a day, of the days of a week.
        history = CASE
          WHEN t.value IS DISTINCT FROM excluded.value AND t.value ~ '^-?[0-9]'
               AND (t.history -> -1 ->> 0)::integer IS DISTINCT FROM
                   (excluded.occurred_at AT TIME ZONE 'UTC')::date - DATE '1970-01-01'
          THEN CASE WHEN (t.history -> 0 ->> 0)::integer <=
                         (excluded.occurred_at AT TIME ZONE 'UTC')::date - DATE '1970-01-01' - 7
                    THEN t.history - 0 ELSE t.history END
               || ('[[' || ((excluded.occurred_at AT TIME ZONE 'UTC')::date - DATE '1970-01-01')
                   || ',' || t.value || ']]')::jsonb
          ELSE t.history END
    WHERE t.version < excluded.version
       OR (t.version = excluded.version AND t.epoch < excluded.epoch)
)sql";

constexpr const char* kApplyMemberships = R"sql(
  WITH note AS (
    INSERT INTO list_note (product_id, kind, subject_id, profile_id)
    VALUES ($1::bigint[], $2::smallint[], $3::text[], $4::text[])
  )
  INSERT INTO membership AS m (product_id, kind, subject_id, profile_id, segment, version, epoch,
                               inside, changed_at)
  SELECT i.product_id, i.kind, i.subject_id, i.profile_id, i.segment, i.version, r.epoch, i.inside,
         i.occurred_at
  FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::bigint[],
              $7::boolean[], $8::timestamptz[])
    AS i (product_id, kind, subject_id, profile_id, segment, version, inside, occurred_at),
    rebuild r
  ORDER BY i.product_id, i.kind, i.subject_id COLLATE "C", i.profile_id COLLATE "C",
           i.segment COLLATE "C"
  ON CONFLICT (product_id, kind, subject_id, profile_id, segment) DO UPDATE
    SET inside = excluded.inside, version = excluded.version, epoch = excluded.epoch,
        changed_at = CASE WHEN m.inside <> excluded.inside THEN excluded.changed_at
                          ELSE m.changed_at END
    WHERE m.version < excluded.version
       OR (m.version = excluded.version AND m.epoch < excluded.epoch)
)sql";

constexpr const char* kApplySubjects = R"sql(
  WITH note AS (
    INSERT INTO list_note (product_id, kind, subject_id)
    VALUES ($1::bigint[], $2::smallint[], $3::text[])
  )
  INSERT INTO subject AS s (product_id, kind, subject_id, version, epoch, removed, email, name,
                            account_ids)
  SELECT i.product_id, i.kind, i.subject_id, i.version, r.epoch, i.removed, i.email, i.name,
         i.account_ids::text[]
  FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[], $5::boolean[], $6::text[],
              $7::text[], $8::text[])
    AS i (product_id, kind, subject_id, version, removed, email, name, account_ids),
    rebuild r
  ORDER BY i.product_id, i.kind, i.subject_id COLLATE "C"
  ON CONFLICT (product_id, kind, subject_id) DO UPDATE
    SET version = excluded.version, epoch = excluded.epoch, removed = excluded.removed,
        email = excluded.email, name = excluded.name, account_ids = excluded.account_ids
    WHERE s.version < excluded.version
       OR (s.version = excluded.version AND s.epoch < excluded.epoch)
)sql";

constexpr const char* kApplyMatches = R"sql(
  INSERT INTO match AS m (product_id, kind, subject_id, version, epoch, workspace_id, target_id)
  SELECT i.product_id, i.kind, i.subject_id, i.version, r.epoch, i.workspace_id, i.target_id
  FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[], $5::text[], $6::text[])
    AS i (product_id, kind, subject_id, version, workspace_id, target_id),
    rebuild r
  ORDER BY i.product_id, i.kind, i.subject_id COLLATE "C"
  ON CONFLICT (product_id, kind, subject_id) DO UPDATE
    SET version = excluded.version, epoch = excluded.epoch, workspace_id = excluded.workspace_id,
        target_id = excluded.target_id
    WHERE m.version < excluded.version
       OR (m.version = excluded.version AND m.epoch < excluded.epoch)
)sql";

constexpr const char* kApplyTags = R"sql(
  INSERT INTO tag AS t (product_id, kind, subject_id, tag_key, version, epoch, tag, removed,
                        workspace_id)
  SELECT i.product_id, i.kind, i.subject_id, i.tag_key, i.version, r.epoch, i.tag, i.removed,
         i.workspace_id
  FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::bigint[], $6::text[],
              $7::boolean[], $8::text[])
    AS i (product_id, kind, subject_id, tag_key, version, tag, removed, workspace_id),
    rebuild r
  ORDER BY i.product_id, i.kind, i.subject_id COLLATE "C", i.tag_key COLLATE "C"
  ON CONFLICT (product_id, kind, subject_id, tag_key) DO UPDATE
    SET version = excluded.version, epoch = excluded.epoch, tag = excluded.tag,
        removed = excluded.removed, workspace_id = excluded.workspace_id
    WHERE t.version < excluded.version
       OR (t.version = excluded.version AND t.epoch < excluded.epoch)
)sql";

constexpr const char* kApplyProfiles = R"sql(
  INSERT INTO profile AS p (product_id, profile_id, version, epoch, removed, name, catalogue,
                            sync_mode, summary)
  SELECT i.product_id, i.profile_id, i.version, r.epoch, i.removed, i.name, i.catalogue,
         i.sync_mode, i.summary
  FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::boolean[], $5::text[], $6::bytea[],
              $7::smallint[], $8::boolean[])
    AS i (product_id, profile_id, version, removed, name, catalogue, sync_mode, summary),
    rebuild r
  ORDER BY i.product_id, i.profile_id COLLATE "C"
  ON CONFLICT (product_id, profile_id) DO UPDATE
    SET version = excluded.version, epoch = excluded.epoch, removed = excluded.removed,
        name = excluded.name, catalogue = excluded.catalogue, sync_mode = excluded.sync_mode,
        summary = excluded.summary
    WHERE p.version < excluded.version
       OR (p.version = excluded.version AND p.epoch < excluded.epoch)
)sql";

constexpr const char* kApplyConnections = R"sql(
  INSERT INTO connection AS c (product_id, version, epoch, workspace_id, state, product_name)
  SELECT i.product_id, i.version, r.epoch, i.workspace_id, i.state, i.product_name
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::smallint[], $5::text[])
    AS i (product_id, version, workspace_id, state, product_name),
    rebuild r
  ORDER BY i.product_id
  ON CONFLICT (product_id) DO UPDATE
    SET version = excluded.version, epoch = excluded.epoch, workspace_id = excluded.workspace_id,
        state = excluded.state, product_name = excluded.product_name
    WHERE c.version < excluded.version
       OR (c.version = excluded.version AND c.epoch < excluded.epoch)
)sql";

/// The subjects of facts as columns.
struct SubjectColumns {
  std::vector<std::int64_t> product_id;
  std::vector<int> kind;
  std::vector<std::string> subject_id;

  void Add(const events::v1::Subject& subject) {
    product_id.push_back(subject.product_id());
    kind.push_back(subject.kind());
    subject_id.push_back(subject.subject_id());
  }
};

}  // namespace

void ReadModel::ApplyConnections(Transaction& tx, const events::Batch& batch) const {
  const auto changes = batch.Of<ConnectionChanged>();
  if (changes.empty()) return;
  std::vector<std::int64_t> product_id;
  std::vector<std::int64_t> version;
  std::vector<std::string> workspace_id;
  std::vector<int> state;
  std::vector<std::string> product_name;
  for (const auto& received : changes) {
    product_id.push_back(received.event.product_id());
    version.push_back(received.event.version());
    workspace_id.push_back(received.event.workspace_id());
    state.push_back(received.event.state());
    product_name.push_back(received.event.product_name());
  }
  tx.Execute(kApplyConnections, product_id, version, workspace_id, state, product_name);
}

void ReadModel::ApplyProfiles(Transaction& tx, const events::Batch& batch) const {
  const auto changes = batch.Of<ProfileChanged>();
  if (changes.empty()) return;
  std::vector<std::int64_t> product_id;
  std::vector<std::string> profile_id;
  std::vector<std::int64_t> version;
  std::vector<bool> removed;
  std::vector<std::string> name;
  std::vector<std::string> catalogue;
  std::vector<int> sync_mode;
  std::vector<bool> summary;
  for (const auto& received : changes) {
    const auto& event = received.event;
    product_id.push_back(event.product_id());
    profile_id.push_back(event.profile_id());
    version.push_back(event.version());
    removed.push_back(event.removed());
    name.push_back(event.name());
    catalogue.push_back(postgres::Bytea(ToBytes(event.catalogue())));
    sync_mode.push_back(event.sync_mode());
    summary.push_back(event.summary());
  }
  tx.Execute(kApplyProfiles, product_id, profile_id, version, removed, name, catalogue, sync_mode,
             summary);
}

void ReadModel::ApplySubjects(Transaction& tx, const events::Batch& batch) const {
  const auto subjects = batch.Of<SubjectIdentified>();
  if (subjects.empty()) return;
  SubjectColumns columns;
  std::vector<std::int64_t> version;
  std::vector<bool> removed;
  std::vector<std::string> email;
  std::vector<std::string> name;
  std::vector<std::optional<std::string>> account_ids;
  for (const auto& received : subjects) {
    const auto& event = received.event;
    columns.Add(event.subject());
    version.push_back(event.version());
    removed.push_back(event.removed());
    email.push_back(event.email());
    name.push_back(event.name());
    // An array of arrays would have to be rectangular: each goes as the text of an array.
    account_ids.push_back(postgres::Parameter(std::vector<std::string>(event.account_ids().begin(),
                                                                       event.account_ids().end()))
                              .text());
  }
  tx.Execute(kApplySubjects, columns.product_id, columns.kind, columns.subject_id, version, removed,
             email, name, account_ids);
}

void ReadModel::ApplyTraits(Transaction& tx, const events::Batch& batch) const {
  const auto changes = batch.Of<TraitChanged>();
  if (changes.empty()) return;
  const auto columns = events::ToColumns(changes);
  tx.Execute(kApplyTraits, columns.product_id, columns.kind, columns.subject_id, columns.profile_id,
             columns.trait, columns.version, columns.occurred_at, columns.value);
}

void ReadModel::ApplyMemberships(Transaction& tx, const events::Batch& batch) const {
  events::Memberships memberships;
  memberships.AddAll<SegmentEntered>(batch, true);
  memberships.AddAll<SegmentExited>(batch, false);
  if (memberships.empty()) return;
  const auto columns = memberships.ToColumns();
  tx.Execute(kApplyMemberships, columns.product_id, columns.kind, columns.subject_id,
             columns.profile_id, columns.segment, columns.version, columns.inside,
             columns.occurred_at);
}

void ReadModel::ApplyMatches(Transaction& tx, const events::Batch& batch) const {
  const auto matches = batch.Of<UserMatched>();
  if (matches.empty()) return;
  SubjectColumns columns;
  std::vector<std::int64_t> version;
  std::vector<std::string> workspace_id;
  std::vector<std::string> target_id;
  for (const auto& received : matches) {
    columns.Add(received.event.subject());
    version.push_back(received.event.version());
    workspace_id.push_back(received.event.workspace_id());
    target_id.push_back(received.event.target_id());
  }
  tx.Execute(kApplyMatches, columns.product_id, columns.kind, columns.subject_id, version,
             workspace_id, target_id);
}

void ReadModel::ApplyTags(Transaction& tx, const events::Batch& batch) const {
  const auto tags = batch.Of<TagApplied>();
  if (tags.empty()) return;
  SubjectColumns columns;
  std::vector<std::string> tag_key;
  std::vector<std::int64_t> version;
  std::vector<std::string> tag;
  std::vector<bool> removed;
  std::vector<std::string> workspace_id;
  for (const auto& received : tags) {
    const auto& event = received.event;
    columns.Add(event.subject());
    tag_key.push_back(core::ToLower(event.tag()));
    version.push_back(event.version());
    tag.push_back(event.tag());
    removed.push_back(event.removed());
    workspace_id.push_back(event.workspace_id());
  }
  tx.Execute(kApplyTags, columns.product_id, columns.kind, columns.subject_id, tag_key, version,
             tag, removed, workspace_id);
}

}  // namespace accoil::widget
