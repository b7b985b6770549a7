#include "services/widget/inbox_store.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "accoil/events/v1/events.pb.h"

namespace accoil::widget {
namespace {

using postgres::Transaction;

// More is never shown.
constexpr int kMostAccounts = 1'000;
constexpr int kMostProfiles = 1'000;
constexpr int kMostSegments = 1'000;
constexpr int kWeekDays = 7;

std::optional<Value> ValueOf(const nlohmann::json& json) {
  if (json.is_string()) return Value(json.get<std::string>());
  if (json.is_number()) return Value(json.get<double>());
  if (json.is_boolean()) return Value(json.get<bool>());
  return std::nullopt;
}

/// A stored value; NaN and the infinities, which JSON has not, are shown as nothing.
std::optional<Value> ValueOf(const std::string& text) {
  return ValueOf(nlohmann::json::parse(text, nullptr, false));
}

std::int64_t DayOf(core::TimePoint time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

/// What the history says of a week ago: what it was until the first day since then; nothing when it
/// has not changed.
std::optional<Value> WeekAgo(const std::string& history, core::TimePoint now) {
  if (history == "[]") return std::nullopt;
  const auto entries = nlohmann::json::parse(history, nullptr, false);
  if (!entries.is_array()) return std::nullopt;
  for (const auto& entry : entries) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_number_integer()) continue;
    if (entry[0].get<std::int64_t>() > DayOf(now) - kWeekDays) return ValueOf(entry[1]);
  }
  return std::nullopt;
}

/// The profile that a choice means: the one that was chosen if it is there, else a summary profile,
/// else the first one that is on, else the first.
std::optional<ProfileKey> ShownOf(const std::vector<Profile>& profiles,
                                  const std::optional<ProfileKey>& chosen) {
  const auto find = [&](auto&& fits) {
    const auto found = std::find_if(profiles.begin(), profiles.end(), fits);
    return found == profiles.end() ? std::optional<ProfileKey>() : found->key;
  };
  auto shown = find([&](const Profile& profile) { return profile.key == chosen; });
  if (!shown) shown = find([](const Profile& profile) { return profile.summary; });
  if (!shown) shown = find([](const Profile& profile) { return profile.mode != SyncMode::kOff; });
  if (!shown) shown = find([](const Profile&) { return true; });
  return shown;
}

Subject SubjectOf(SubjectKind kind, const postgres::Row& row) {
  Subject subject;
  subject.kind = kind;
  subject.id = row.Get<core::SubjectId>("subject_id");
  subject.name = row.Get<std::string>("name");
  return subject;
}

// Tables that were just filled have no statistics, and a plan that was made while they were empty
// is kept: rows that are known by key are looked up in subqueries that leave no other way than the
// one index (MATERIALIZED, LATERAL with a LIMIT or OFFSET 0).

// While a contact goes over from one user to another, both may have it for a moment: then the newer
// match counts.
constexpr const char* kFind = R"sql(
  WITH matched AS MATERIALIZED (
    SELECT product_id, kind, subject_id, version FROM match
    WHERE workspace_id = $1 AND target_id = $2 AND target_id <> ''
  )
  SELECT c.product_id, c.state, u.subject_id, u.name, u.email,
         p.profile_id, p.name AS profile_name, p.version, p.sync_mode, p.summary,
         (SELECT k.choice FROM choice k WHERE k.workspace_id = $1 AND k.admin_id = $3) AS kept
  FROM connection c
  LEFT JOIN LATERAL (
    SELECT s.subject_id, s.name, s.email
    FROM matched m
    CROSS JOIN LATERAL (
      SELECT s.subject_id, s.name, s.email, s.removed FROM subject s
      WHERE s.product_id = m.product_id AND s.kind = m.kind AND s.subject_id = m.subject_id
      LIMIT 1) s
    WHERE m.product_id = c.product_id AND m.kind = 1 AND NOT s.removed
    ORDER BY m.version DESC LIMIT 1
  ) u ON c.state = 1
  LEFT JOIN profile p ON p.product_id = c.product_id AND NOT p.removed
                     AND u.subject_id IS NOT NULL
  WHERE c.workspace_id = $1
  ORDER BY c.product_id, p.name, p.profile_id
  LIMIT $4
)sql";

// An account that only its users named has no row of its own yet: it is shown by its id. Nothing
// here tempts the planner to a plan for every call, which would take longer than the statement.
constexpr const char* kFindAccounts = R"sql(
  SELECT a.id AS subject_id, coalesce(s.name, '') AS name
  FROM (
    SELECT DISTINCT unnest(u.account_ids) AS id FROM subject u
    WHERE u.product_id = $1 AND u.kind = 1 AND u.subject_id = $2
  ) a
  LEFT JOIN LATERAL (
    SELECT s.name, s.removed FROM subject s
    WHERE s.product_id = $1 AND s.kind = 2 AND s.subject_id = a.id LIMIT 1) s ON true
  LEFT JOIN LATERAL (
    SELECT m.target_id, m.workspace_id FROM match m
    WHERE m.product_id = $1 AND m.kind = 2 AND m.subject_id = a.id LIMIT 1) m
    ON m.workspace_id = $3
  WHERE s.removed IS DISTINCT FROM true
  ORDER BY array_position($4::text[], m.target_id) NULLS LAST,
           coalesce(nullif(s.name, ''), a.id), a.id
  LIMIT $5
)sql";

// At most three subjects, each a parameter: the planner would take an array for ten, and so make a
// plan for every call.
constexpr const char* kFindMeasures = R"sql(
  WITH wanted (kind, subject_id) AS MATERIALIZED (
    VALUES (1::smallint, $2::text), (2::smallint, $3::text), (2::smallint, $4::text)
  )
  SELECT t.kind, t.subject_id, t.profile_id, t.trait AS name, t.value,
         t.history::text AS history, NULL::boolean AS inside, t.occurred_at AS changed_at
  FROM wanted w
  CROSS JOIN LATERAL (
    SELECT * FROM trait t
    WHERE t.product_id = $1 AND t.kind = w.kind AND t.subject_id = w.subject_id OFFSET 0) t
  WHERE t.profile_id = ANY ($5::text[]) AND t.value IS NOT NULL
  UNION ALL
  (SELECT m.kind, m.subject_id, m.profile_id, m.segment, NULL, NULL, m.inside, m.changed_at
   FROM wanted w
   CROSS JOIN LATERAL (
     SELECT * FROM membership m
     WHERE m.product_id = $1 AND m.kind = w.kind AND m.subject_id = w.subject_id OFFSET 0) m
   WHERE m.profile_id = ANY ($5::text[]) AND (m.inside OR m.changed_at > $6::timestamptz)
   ORDER BY m.segment LIMIT $7)
)sql";

// The commit need not wait for the disk: a click that is forgotten does no harm.
constexpr const char* kKeepChoice = R"sql(
  INSERT INTO choice AS c (workspace_id, admin_id, choice)
  SELECT $1, $2, $3 FROM set_config('synchronous_commit', 'off', true)
  ON CONFLICT (workspace_id, admin_id) DO UPDATE
    SET choice = excluded.choice, chosen_at = now() WHERE c.choice <> excluded.choice
)sql";

}  // namespace

Sight InboxStore::Find(Transaction& tx, const Look& look) const {
  Sight sight;
  const auto rows = tx.Execute(kFind, look.workspace, look.contact, look.admin, kMostProfiles);
  if (rows.empty()) return sight;
  if (const auto kept = rows[0].Get<std::optional<std::string>>("kept")) {
    sight.kept = FromStoredData(*kept);
  }
  bool connected = false;
  for (const auto& row : rows) {
    if (row.Get<int>("state") != events::v1::CONNECTED) continue;
    connected = true;
    if (row.IsNull("subject_id")) continue;
    const auto product = row.Get<core::ProductId>("product_id");
    if (!sight.users.contains(product)) {
      auto& user = sight.users[product] = SubjectOf(SubjectKind::kUser, row);
      user.email = row.Get<std::string>("email");
    }
    if (row.IsNull("profile_id")) continue;
    Profile profile;
    profile.key = {product, row.Get<core::ProfileId>("profile_id")};
    profile.name = row.Get<std::string>("profile_name");
    profile.mode = static_cast<SyncMode>(row.Get<int>("sync_mode"));
    profile.summary = row.Get<bool>("summary");
    sight.versions.emplace(profile.key, row.Get<std::int64_t>("version"));
    sight.profiles.push_back(std::move(profile));
  }
  if (!connected) {
    sight.situation = Situation::kDisconnected;
  } else if (sight.users.empty()) {
    sight.situation = look.lead ? Situation::kLead : Situation::kUnknownContact;
  } else {
    sight.situation = Situation::kMatched;
  }
  return sight;
}

Inbox InboxStore::Load(Transaction& tx, const Look& look, Sight sight, const Choice& choice,
                       core::TimePoint now) const {
  Inbox inbox;
  inbox.situation = sight.situation;
  if (inbox.situation != Situation::kMatched) return inbox;
  inbox.profiles = std::move(sight.profiles);
  for (const auto& [product, user] : sight.users) {
    inbox.products.emplace(product, "Product " + std::to_string(product.value()));
  }
  inbox.shown = ShownOf(inbox.profiles, choice.profile);
  const auto product = inbox.shown ? inbox.shown->product : sight.users.begin()->first;
  inbox.user = std::move(sight.users.at(product));
  inbox.accounts = LoadAccounts(tx, look, product, inbox.user->id);
  if (!inbox.shown) return inbox;

  std::vector<core::ProfileId> measured;
  for (auto& profile : inbox.profiles) {
    if (profile.key.product != product) continue;
    if (profile.key != *inbox.shown && !profile.summary) continue;
    LoadCatalogue(tx, profile, sight.versions.at(profile.key));
    measured.push_back(profile.key.profile);
  }
  // Of the accounts only those that are shown: the first, and the one that was chosen.
  auto* first = inbox.accounts.empty() ? nullptr : &inbox.accounts.front();
  auto* chosen = choice.account > 0 && choice.account < inbox.accounts.size()
                     ? &inbox.accounts[choice.account]
                     : nullptr;
  LoadMeasures(tx, product, measured, {&*inbox.user, first, chosen}, now);
  return inbox;
}

std::vector<Subject> InboxStore::LoadAccounts(Transaction& tx, const Look& look,
                                              core::ProductId product,
                                              const core::SubjectId& user) const {
  std::vector<Subject> accounts;
  for (const auto& row :
       tx.Execute(kFindAccounts, product, user, look.workspace, look.companies, kMostAccounts)) {
    accounts.push_back(SubjectOf(SubjectKind::kAccount, row));
  }
  return accounts;
}

void InboxStore::LoadCatalogue(Transaction& tx, Profile& profile, std::int64_t version) const {
  auto catalogue = catalogues_.Find(profile.key, version);
  if (!catalogue) {
    const auto rows = tx.Execute(
        "SELECT version, catalogue FROM profile WHERE product_id = $1 AND profile_id = $2",
        profile.key.product, profile.key.profile);
    // A rebuild may have deleted it just now.
    if (rows.empty()) return;
    const auto row = rows.Only();
    catalogue = catalogues_.Keep(profile.key, row.Get<std::int64_t>("version"),
                                 CatalogueFromBytes(row.GetBytes("catalogue")));
  }
  profile.catalogue = *catalogue;
}

void InboxStore::LoadMeasures(Transaction& tx, core::ProductId product,
                              const std::vector<core::ProfileId>& profiles,
                              const std::array<Subject*, 3>& subjects, core::TimePoint now) const {
  std::array<std::optional<core::SubjectId>, 3> ids;
  std::map<std::pair<int, core::SubjectId>, Subject*> by_key;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    if (subjects[i] == nullptr) continue;
    ids[i] = subjects[i]->id;
    by_key[{static_cast<int>(subjects[i]->kind), subjects[i]->id}] = subjects[i];
  }
  for (const auto& row : tx.Execute(kFindMeasures, product, ids[0], ids[1], ids[2], profiles,
                                    now - std::chrono::days(kWeekDays), kMostSegments)) {
    auto& subject = *by_key.at({row.Get<int>("kind"), row.Get<core::SubjectId>("subject_id")});
    auto& measures = subject.measures[row.Get<core::ProfileId>("profile_id")];
    auto name = row.Get<std::string>("name");
    if (const auto inside = row.Get<std::optional<bool>>("inside")) {
      if (*inside) {
        measures.segments.push_back({std::move(name), row.Get<core::TimePoint>("changed_at")});
      } else {
        measures.left.push_back(std::move(name));
      }
    } else if (auto value = ValueOf(row.Get<std::string>("value"))) {
      measures.traits[std::move(name)] = {std::move(*value),
                                          WeekAgo(row.Get<std::string>("history"), now)};
      measures.newest = std::max(measures.newest, row.Get<core::TimePoint>("changed_at"));
    }
  }
}

void InboxStore::KeepChoice(Transaction& tx, const core::WorkspaceId& workspace,
                            const std::string& admin, const Choice& choice) const {
  Choice kept;
  kept.tab = choice.tab;
  kept.profile = choice.profile;
  tx.Execute(kKeepChoice, workspace, admin, ToStoredData(kept).dump());
}

}  // namespace accoil::widget
