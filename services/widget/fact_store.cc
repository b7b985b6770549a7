#include "services/widget/fact_store.h"

#include <cstddef>

#include "accoil/events/v1/events.pb.h"
#include "services/widget/facts.h"

namespace accoil::widget {
namespace {

// More is never shown.
constexpr int kMostProfiles = 1'000;
constexpr int kMostSegments = 1'000;
// Who left a segment longer ago shows nowhere.
constexpr std::chrono::days kLongAgo(7);

// Tables that were just filled have no statistics, and a plan that was made while they were empty
// is kept: rows that are known by key are looked up in subqueries that leave no other way than the
// one index (MATERIALIZED, LATERAL with a LIMIT or OFFSET 0).

constexpr const char* kConnections = R"sql(
  SELECT w.place, c.product_id, c.state, c.product_name
  FROM unnest($1::text[]) WITH ORDINALITY AS w(workspace_id, place)
  CROSS JOIN LATERAL (
    SELECT * FROM connection c WHERE c.workspace_id = w.workspace_id OFFSET 0) c
)sql";

constexpr const char* kMatched = R"sql(
  SELECT w.place, m.product_id, m.subject_id
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(workspace_id, target_id, place)
  CROSS JOIN LATERAL (
    SELECT * FROM match m
    WHERE m.workspace_id = w.workspace_id AND m.target_id = w.target_id AND m.target_id <> ''
    OFFSET 0) m
  WHERE m.kind = 1
)sql";

constexpr const char* kProfiles = R"sql(
  SELECT w.place, p.product_id, p.profile_id, p.name, p.version, p.sync_mode, p.summary
  FROM unnest($1::bigint[]) WITH ORDINALITY AS w(product_id, place)
  CROSS JOIN LATERAL (
    SELECT * FROM profile p WHERE p.product_id = w.product_id AND NOT p.removed
    ORDER BY p.name, p.profile_id LIMIT $2) p
)sql";

constexpr const char* kSubjects = R"sql(
  SELECT w.place, s.removed, s.name, s.email, s.account_ids,
         m.version AS match_version, m.workspace_id, m.target_id
  FROM unnest($1::bigint[], $2::smallint[], $3::text[])
    WITH ORDINALITY AS w(product_id, kind, subject_id, place)
  LEFT JOIN LATERAL (
    SELECT * FROM subject s
    WHERE s.product_id = w.product_id AND s.kind = w.kind AND s.subject_id = w.subject_id
    LIMIT 1) s ON true
  LEFT JOIN LATERAL (
    SELECT * FROM match m
    WHERE m.product_id = w.product_id AND m.kind = w.kind AND m.subject_id = w.subject_id
    LIMIT 1) m ON true
)sql";

constexpr const char* kMeasures = R"sql(
  WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])
      WITH ORDINALITY AS w(product_id, kind, subject_id, profile_id, place)
  )
  SELECT w.place, t.trait AS name, t.value, nullif(t.history, '[]')::text AS history,
         NULL::boolean AS inside, t.occurred_at AS changed_at
  FROM wanted w
  CROSS JOIN LATERAL (
    SELECT * FROM trait t
    WHERE t.product_id = w.product_id AND t.kind = w.kind AND t.subject_id = w.subject_id
      AND t.profile_id = w.profile_id ORDER BY t.trait OFFSET 0) t
  WHERE t.value IS NOT NULL
  UNION ALL
  SELECT w.place, m.segment, NULL, NULL, m.inside, m.changed_at
  FROM wanted w
  CROSS JOIN LATERAL (
    SELECT * FROM membership m
    WHERE m.product_id = w.product_id AND m.kind = w.kind AND m.subject_id = w.subject_id
      AND m.profile_id = w.profile_id AND (m.inside OR m.changed_at > $5::timestamptz)
    ORDER BY m.segment LIMIT $6) m
)sql";

constexpr const char* kChosen = R"sql(
  SELECT w.place, k.choice
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(workspace_id, admin_id, place)
  CROSS JOIN LATERAL (
    SELECT * FROM choice k
    WHERE k.workspace_id = w.workspace_id AND k.admin_id = w.admin_id LIMIT 1) k
)sql";

/// Rows say by a number from 1 to which key they belong.
std::size_t PlaceOf(const postgres::Row& row) {
  return static_cast<std::size_t>(row.Get<std::int64_t>("place") - 1);
}

template <typename Fact>
std::vector<std::string> PackAll(const std::vector<Fact>& facts) {
  std::vector<std::string> packed;
  packed.reserve(facts.size());
  for (const auto& fact : facts) packed.push_back(Pack(fact));
  return packed;
}

/// Subjects as columns.
struct SubjectColumns {
  std::vector<core::ProductId> products;
  std::vector<SubjectKind> kinds;
  std::vector<core::SubjectId> subjects;

  void Add(const SubjectKey& key) {
    products.push_back(key.product);
    kinds.push_back(key.kind);
    subjects.push_back(key.subject);
  }
};

}  // namespace

std::vector<std::string> FactStore::Load(std::span<const core::WorkspaceId> workspaces) const {
  std::vector<std::vector<ConnectedProduct>> found(workspaces.size());
  const std::vector<core::WorkspaceId> wanted(workspaces.begin(), workspaces.end());
  for (const auto& row : tx_.Execute(kConnections, wanted)) {
    found.at(PlaceOf(row))
        .push_back({row.Get<core::ProductId>("product_id"),
                    row.Get<int>("state") == events::v1::CONNECTED,
                    row.Get<std::string>("product_name")});
  }
  return PackAll(found);
}

std::vector<std::string> FactStore::Load(std::span<const ContactKey> contacts) const {
  std::vector<std::vector<MatchedUser>> found(contacts.size());
  std::vector<core::WorkspaceId> workspaces;
  std::vector<core::ContactId> targets;
  for (const auto& key : contacts) {
    workspaces.push_back(key.workspace);
    targets.push_back(key.contact);
  }
  for (const auto& row : tx_.Execute(kMatched, workspaces, targets)) {
    found.at(PlaceOf(row))
        .push_back(
            {row.Get<core::ProductId>("product_id"), row.Get<core::SubjectId>("subject_id")});
  }
  return PackAll(found);
}

std::vector<std::string> FactStore::Load(std::span<const core::ProductId> products) const {
  std::vector<std::vector<ProfileFact>> found(products.size());
  const std::vector<core::ProductId> wanted(products.begin(), products.end());
  for (const auto& row : tx_.Execute(kProfiles, wanted, kMostProfiles)) {
    Profile profile;
    profile.key = {row.Get<core::ProductId>("product_id"), row.Get<core::ProfileId>("profile_id")};
    profile.name = row.Get<std::string>("name");
    profile.mode = static_cast<SyncMode>(row.Get<int>("sync_mode"));
    profile.summary = row.Get<bool>("summary");
    found.at(PlaceOf(row)).push_back({std::move(profile), row.Get<std::int64_t>("version")});
  }
  return PackAll(found);
}

std::vector<std::string> FactStore::Load(std::span<const SubjectKey> subjects) const {
  std::vector<SubjectFact> found(subjects.size());
  SubjectColumns wanted;
  for (const auto& key : subjects) wanted.Add(key);
  for (const auto& row : tx_.Execute(kSubjects, wanted.products, wanted.kinds, wanted.subjects)) {
    auto& fact = found.at(PlaceOf(row));
    if (!row.IsNull("removed")) {
      fact.known = true;
      fact.removed = row.Get<bool>("removed");
      fact.name = row.Get<std::string>("name");
      fact.email = row.Get<std::string>("email");
      fact.accounts = row.Get<std::vector<std::string>>("account_ids");
    }
    if (!row.IsNull("match_version")) {
      fact.match_version = row.Get<std::int64_t>("match_version");
      fact.match_workspace = row.Get<std::string>("workspace_id");
      fact.match_target = row.Get<std::string>("target_id");
    }
  }
  return PackAll(found);
}

std::vector<std::string> FactStore::Load(std::span<const MeasuresKey> measures) const {
  std::vector<MeasuresPacker> found(measures.size());
  SubjectColumns wanted;
  std::vector<core::ProfileId> profiles;
  for (const auto& key : measures) {
    wanted.Add(key.subject);
    profiles.push_back(key.profile);
  }
  for (const auto& row : tx_.Execute(kMeasures, wanted.products, wanted.kinds, wanted.subjects,
                                     profiles, now_ - kLongAgo, kMostSegments)) {
    auto& packer = found.at(PlaceOf(row));
    const auto name = row.Get<std::string>("name");
    const auto changed = row.Get<core::TimePoint>("changed_at");
    if (const auto inside = row.Get<std::optional<bool>>("inside")) {
      packer.AddSegment(name, *inside, changed);
    } else {
      packer.AddTrait(name, row.Get<std::string>("value"),
                      row.Get<std::optional<std::string>>("history"), changed);
    }
  }
  std::vector<std::string> packed;
  packed.reserve(found.size());
  for (auto& packer : found) packed.push_back(packer.Take());
  return packed;
}

std::vector<std::string> FactStore::Load(std::span<const TeammateKey> teammates) const {
  std::vector<std::string> found(teammates.size());
  std::vector<core::WorkspaceId> workspaces;
  std::vector<std::string> admins;
  for (const auto& key : teammates) {
    workspaces.push_back(key.workspace);
    admins.push_back(key.admin);
  }
  for (const auto& row : tx_.Execute(kChosen, workspaces, admins)) {
    found.at(PlaceOf(row)) = row.Get<std::string>("choice");
  }
  return found;
}

}  // namespace accoil::widget
