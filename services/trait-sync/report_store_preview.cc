#include "services/trait-sync/attribute_naming.h"
#include "services/trait-sync/product_rows.h"
#include "services/trait-sync/report_store.h"

namespace accoil::traitsync {
namespace {

using postgres::Transaction;

/// What the other connected products of the workspace want.
WantedNames WantedByOthers(Transaction& tx, core::ProductId product,
                           const core::WorkspaceId& workspace) {
  WantedNames wanted;
  for (const auto& row : tx.Execute(R"sql(
         SELECT product_id, attribute_prefix FROM connection
         WHERE workspace_id = $1 AND state = 1 AND product_id <> $2
       )sql",
                                    workspace, product)) {
    AddWanted(wanted, row.Get<std::string>("attribute_prefix"),
              FindProfiles(tx, row.Get<core::ProductId>("product_id")));
  }
  return wanted;
}

KnownDefinitions FindKnown(Transaction& tx, const core::WorkspaceId& workspace,
                           const PreviewInput& input) {
  WantedNames names;
  AddWanted(names, input.prefix, input.before);
  AddWanted(names, input.prefix, input.after);
  std::vector<std::string> name;
  for (const auto& entry : names) name.push_back(entry.second);
  KnownDefinitions known;
  for (const auto& row : tx.Execute(R"sql(
         SELECT model, name, state, data_type, intercom_id, reason, retry_at, checked_at, ours
         FROM attribute WHERE workspace_id = $1 AND name = ANY ($2::text[])
       )sql",
                                    workspace, name)) {
    known.emplace(std::pair(row.Get<intercom::Model>("model"), row.Get<std::string>("name")),
                  AttributeOf(row));
  }
  return known;
}

/// The changes of one kind that gain, or that lose, by the names of their attributes.
std::map<std::string, AttributeChange*> Of(std::vector<AttributeChange>& changes, SubjectKind kind,
                                           bool gains) {
  std::map<std::string, AttributeChange*> chosen;
  for (auto& change : changes) {
    if (change.kind == kind && change.gains == gains) chosen.emplace(change.name, &change);
  }
  return chosen;
}

// A row for each attribute, and one without a name for the subjects that would be written. All of
// it by hashing: a sort of every value of a large product would take as long as the rest.
constexpr const char* kCountGains = R"sql(
  WITH source AS MATERIALIZED (
    SELECT * FROM unnest($4::text[], $5::text[], $6::text[], $7::boolean[], $8::boolean[])
                    AS s (profile_id, trait, name, there, writes)
  ), matched AS (
    SELECT subject_id FROM delivery
    WHERE product_id = $1 AND kind = $2 AND target_id IS NOT NULL AND workspace_id = $3
  ), valued AS MATERIALIZED (
    SELECT t.subject_id, s.name, s.there, s.writes
    FROM trait t
    JOIN source s ON s.profile_id = t.profile_id AND s.trait = t.trait
    JOIN matched USING (subject_id)
    WHERE t.product_id = $1 AND t.kind = $2 AND t.profile_id = ANY ($4::text[])
      AND t.trait = ANY ($5::text[]) AND t.value IS NOT NULL
    UNION ALL
    SELECT m.subject_id, s.name, s.there, s.writes
    FROM (SELECT DISTINCT subject_id, profile_id FROM membership
          WHERE product_id = $1 AND kind = $2 AND profile_id = ANY ($4::text[]) AND inside) m
    JOIN source s ON s.profile_id = m.profile_id AND s.trait = $9
    JOIN matched USING (subject_id)
  )
  SELECT name, count(*) AS subjects FROM valued GROUP BY name
  UNION ALL
  SELECT NULL, count(*)
  FROM (
    SELECT DISTINCT v.subject_id
    FROM valued v
    LEFT JOIN delivered h ON v.there AND h.product_id = $1 AND h.kind = $2
                         AND h.subject_id = v.subject_id
    -- What was delivered is there, unless it is in doubt (null).
    WHERE v.writes AND coalesce(jsonb_typeof(h.attributes -> v.name), 'null') = 'null'
  ) written
)sql";

void CountGains(Transaction& tx, core::ProductId product, const core::WorkspaceId& workspace,
                SubjectKind kind, Preview& preview) {
  const auto gains = Of(preview.changes, kind, true);
  if (gains.empty()) return;
  std::vector<std::string> profile_id;
  std::vector<std::string> trait;
  std::vector<std::string> name;
  std::vector<bool> there;
  std::vector<bool> writes;
  for (const auto& [key, change] : gains) {
    profile_id.push_back(change->profile.value());
    trait.push_back(change->trait);
    name.push_back(key);
    there.push_back(change->there && change->fate == AttributeFate::kBringBack);
    writes.push_back(change->writes());
  }
  for (const auto& row : tx.Execute(kCountGains, product, kind, workspace, profile_id, trait, name,
                                    there, writes, kSegmentsTrait)) {
    const auto subjects = row.Get<std::int64_t>("subjects");
    if (row.IsNull("name")) {
      preview.written[kind] = subjects;
    } else {
      gains.at(row.Get<std::string>("name"))->subjects = subjects;
    }
  }
}

// One row for each set of attributes that some subjects carry: there are few, however many subjects
// there are.
constexpr const char* kCountLosses = R"sql(
  SELECT names, count(*) AS subjects
  FROM (
    SELECT ARRAY(SELECT name FROM unnest($3::text[]) AS n (name)
                 WHERE jsonb_typeof(attributes -> name) <> 'null') AS names
    FROM delivered
    WHERE product_id = $1 AND kind = $2 AND jsonb_exists_any(attributes, $3::text[])
  ) subject
  GROUP BY names
)sql";

void CountLosses(Transaction& tx, core::ProductId product, SubjectKind kind, Preview& preview) {
  const auto losses = Of(preview.changes, kind, false);
  if (losses.empty()) return;
  std::vector<std::string> name;
  for (const auto& [key, change] : losses) name.push_back(key);
  for (const auto& row : tx.Execute(kCountLosses, product, kind, name)) {
    const auto subjects = row.Get<std::int64_t>("subjects");
    bool loses = false;
    for (const auto& carried : row.Get<std::vector<std::string>>("names")) {
      auto& change = *losses.at(carried);
      change.subjects += subjects;
      if (change.fate == AttributeFate::kArchive) loses = true;
    }
    if (loses) preview.losing[kind] += subjects;
  }
}

}  // namespace

Preview ReportStore::PreviewProfile(core::ProductId product, const Profile& profile, bool removed,
                                    std::size_t longest_name) {
  return database_.Transact([&](Transaction& tx) {
    Preview preview;
    const auto connection = FindConnection(tx, product).value_or(ConnectionRow{{}, {}, "Accoil"});
    PreviewInput input;
    input.prefix = connection.prefix;
    input.before = FindProfiles(tx, product);
    input.after = WithProfile(input.before, profile, removed);
    input.others = WantedByOthers(tx, product, connection.workspace);
    input.known = FindKnown(tx, connection.workspace, input);
    preview.changes = CompareProfiles(input, longest_name);
    for (const auto kind : {SubjectKind::kUser, SubjectKind::kAccount}) {
      CountGains(tx, product, connection.workspace, kind, preview);
      CountLosses(tx, product, kind, preview);
    }
    return preview;
  });
}

}  // namespace accoil::traitsync
