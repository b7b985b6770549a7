#include "services/widget/inbox_store.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "accoil/events/v1/events.pb.h"

namespace accoil::widget {
namespace {

using postgres::Transaction;

// More is never shown.
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
  WITH look AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
      WITH ORDINALITY AS l(workspace_id, target_id, admin_id, place)
  )
  SELECT l.place, c.product_id, c.state, c.product_name, u.subject_id, u.name, u.email,
         (SELECT k.choice FROM choice k
          WHERE k.workspace_id = l.workspace_id AND k.admin_id = l.admin_id) AS kept
  FROM look l
  CROSS JOIN LATERAL (
    SELECT c.product_id, c.state, c.product_name FROM connection c
    WHERE c.workspace_id = l.workspace_id OFFSET 0) c
  LEFT JOIN LATERAL (
    SELECT s.subject_id, s.name, s.email
    FROM (
      SELECT m.product_id, m.kind, m.subject_id, m.version FROM match m
      WHERE m.workspace_id = l.workspace_id AND m.target_id = l.target_id AND m.target_id <> ''
      OFFSET 0) m
    CROSS JOIN LATERAL (
      SELECT s.subject_id, s.name, s.email, s.removed FROM subject s
      WHERE s.product_id = m.product_id AND s.kind = m.kind AND s.subject_id = m.subject_id
      LIMIT 1) s
    WHERE m.product_id = c.product_id AND m.kind = 1 AND NOT s.removed
    ORDER BY m.version DESC LIMIT 1
  ) u ON c.state = 1
)sql";

constexpr const char* kFindProfiles = R"sql(
  SELECT p.product_id, p.profile_id, p.name, p.version, p.sync_mode, p.summary
  FROM unnest($1::bigint[]) AS wanted(product_id)
  CROSS JOIN LATERAL (
    SELECT * FROM profile p WHERE p.product_id = wanted.product_id AND NOT p.removed
    ORDER BY p.name, p.profile_id LIMIT $2) p
)sql";

// An account that only its users named has no row of its own yet: it is shown by its id.
constexpr const char* kFindAccounts = R"sql(
  WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
      WITH ORDINALITY AS w(product_id, user_id, workspace_id, place)
  )
  SELECT w.place, a.id AS subject_id, coalesce(s.name, '') AS name,
         coalesce(m.target_id, '') AS target_id
  FROM wanted w
  CROSS JOIN LATERAL (
    SELECT DISTINCT unnest(u.account_ids) AS id FROM subject u
    WHERE u.product_id = w.product_id AND u.kind = 1 AND u.subject_id = w.user_id OFFSET 0) a
  LEFT JOIN LATERAL (
    SELECT s.name, s.removed FROM subject s
    WHERE s.product_id = w.product_id AND s.kind = 2 AND s.subject_id = a.id LIMIT 1) s ON true
  LEFT JOIN LATERAL (
    SELECT m.target_id, m.workspace_id FROM match m
    WHERE m.product_id = w.product_id AND m.kind = 2 AND m.subject_id = a.id LIMIT 1) m
    ON m.workspace_id = w.workspace_id
  WHERE s.removed IS DISTINCT FROM true
)sql";

constexpr const char* kFindMeasures = R"sql(
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
      AND t.profile_id = w.profile_id OFFSET 0) t
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

// The commit need not wait for the disk: a click that is forgotten does no harm.
constexpr const char* kKeepChoices = R"sql(
  INSERT INTO choice AS c (workspace_id, admin_id, choice)
  SELECT wanted.* FROM set_config('synchronous_commit', 'off', true),
                       unnest($1::text[], $2::text[], $3::text[]) AS wanted
  ON CONFLICT (workspace_id, admin_id) DO UPDATE
    SET choice = excluded.choice, chosen_at = now() WHERE c.choice <> excluded.choice
)sql";

/// Rows say by a number from 1 to which of the batch they belong.
std::size_t PlaceOf(const postgres::Row& row) {
  return static_cast<std::size_t>(row.Get<std::int64_t>("place") - 1);
}

/// An account, in the order in which accounts are offered: those of the conversation's companies
/// first, then by the name that is shown.
struct FoundAccount {
  std::ptrdiff_t company = 0;
  Subject subject;

  const std::string& shown() const {
    return subject.name.empty() ? subject.id.value() : subject.name;
  }
  friend bool operator<(const FoundAccount& left, const FoundAccount& right) {
    return std::tie(left.company, left.shown(), left.subject.id) <
           std::tie(right.company, right.shown(), right.subject.id);
  }
};

/// The subjects whose measures in a profile are wanted; all of a batch are read at once.
class Measured {
 public:
  /// `subject` stays where it is until Load has ended.
  void Add(core::ProductId product, const core::ProfileId& profile, Subject& subject) {
    subjects_.push_back(&subject);
    products_.push_back(product);
    kinds_.push_back(static_cast<int>(subject.kind));
    ids_.push_back(subject.id);
    profiles_.push_back(profile);
  }
  bool empty() const { return subjects_.empty(); }

  void Load(Transaction& tx, core::TimePoint now) {
    for (const auto& row : tx.Execute(kFindMeasures, products_, kinds_, ids_, profiles_,
                                      now - std::chrono::days(kWeekDays), kMostSegments)) {
      const auto place = PlaceOf(row);
      Put(row, subjects_.at(place)->measures[profiles_[place]], now);
    }
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      const auto found = subjects_[i]->measures.find(profiles_[i]);
      if (found == subjects_[i]->measures.end()) continue;
      std::sort(found->second.segments.begin(), found->second.segments.end(),
                [](const Segment& a, const Segment& b) { return a.name < b.name; });
    }
  }

 private:
  static void Put(const postgres::Row& row, Measures& measures, core::TimePoint now) {
    auto name = row.Get<std::string>("name");
    if (const auto inside = row.Get<std::optional<bool>>("inside")) {
      if (*inside) {
        measures.segments.push_back({std::move(name), row.Get<core::TimePoint>("changed_at")});
      } else {
        measures.left.push_back(std::move(name));
      }
    } else if (auto value = ValueOf(row.Get<std::string>("value"))) {
      const auto history = row.Get<std::optional<std::string>>("history");
      measures.traits[std::move(name)] = {
          std::move(*value), history ? WeekAgo(*history, now) : std::optional<Value>()};
      measures.newest = std::max(measures.newest, row.Get<core::TimePoint>("changed_at"));
    }
  }

  std::vector<Subject*> subjects_;
  std::vector<core::ProductId> products_;
  std::vector<int> kinds_;
  std::vector<core::SubjectId> ids_;
  std::vector<core::ProfileId> profiles_;
};

}  // namespace

std::vector<Sight> InboxStore::Find(Transaction& tx, std::span<const Look> looks) const {
  std::vector<std::string> workspaces;
  std::vector<std::string> contacts;
  std::vector<std::string> admins;
  for (const auto& look : looks) {
    workspaces.push_back(look.workspace.value());
    contacts.push_back(look.contact.value());
    admins.push_back(look.admin);
  }
  std::vector<Sight> sights(looks.size());
  std::vector<bool> connected(looks.size());
  for (const auto& row : tx.Execute(kFind, workspaces, contacts, admins)) {
    const auto place = PlaceOf(row);
    auto& sight = sights.at(place);
    if (const auto kept = row.Get<std::optional<std::string>>("kept")) {
      sight.kept = FromStoredData(*kept);
    }
    if (sight.situation == Situation::kNotConnected) sight.situation = Situation::kDisconnected;
    if (row.Get<int>("state") != events::v1::CONNECTED) continue;
    connected[place] = true;
    if (row.IsNull("subject_id")) continue;
    const auto product = row.Get<core::ProductId>("product_id");
    auto user = SubjectOf(SubjectKind::kUser, row);
    user.email = row.Get<std::string>("email");
    sight.users.emplace(product, std::move(user));
    sight.products.emplace(product, row.Get<std::string>("product_name"));
  }
  for (std::size_t i = 0; i < looks.size(); ++i) {
    if (!connected[i]) continue;
    sights[i].situation = !sights[i].users.empty() ? Situation::kMatched
                          : looks[i].lead          ? Situation::kLead
                                                   : Situation::kUnknownContact;
  }
  LoadProfiles(tx, sights);
  return sights;
}

void InboxStore::LoadProfiles(Transaction& tx, std::vector<Sight>& sights) const {
  std::set<core::ProductId> products;
  for (const auto& sight : sights) {
    for (const auto& [product, user] : sight.users) products.insert(product);
  }
  if (products.empty()) return;
  std::map<core::ProductId, std::vector<std::pair<Profile, std::int64_t>>> profiles;
  const std::vector<core::ProductId> wanted(products.begin(), products.end());
  for (const auto& row : tx.Execute(kFindProfiles, wanted, kMostProfiles)) {
    Profile profile;
    profile.key = {row.Get<core::ProductId>("product_id"), row.Get<core::ProfileId>("profile_id")};
    profile.name = row.Get<std::string>("name");
    profile.mode = static_cast<SyncMode>(row.Get<int>("sync_mode"));
    profile.summary = row.Get<bool>("summary");
    profiles[profile.key.product].emplace_back(profile, row.Get<std::int64_t>("version"));
  }
  for (auto& sight : sights) {
    for (const auto& [product, user] : sight.users) {
      for (const auto& [profile, version] : profiles[product]) {
        sight.profiles.push_back(profile);
        sight.versions.emplace(profile.key, version);
      }
    }
  }
}

std::vector<Inbox> InboxStore::Load(Transaction& tx, std::span<const Look> looks,
                                    std::vector<Sight> sights, std::span<const Choice> choices,
                                    core::TimePoint now) const {
  std::vector<Inbox> inboxes(looks.size());
  for (std::size_t i = 0; i < looks.size(); ++i) {
    auto& sight = sights[i];
    auto& inbox = inboxes[i];
    inbox.situation = sight.situation;
    if (inbox.situation != Situation::kMatched) continue;
    inbox.profiles = std::move(sight.profiles);
    for (auto& [product, name] : sight.products) {
      inbox.products.emplace(
          product, name.empty() ? "Product " + std::to_string(product.value()) : std::move(name));
    }
    inbox.shown = ShownOf(inbox.profiles, choices[i].profile);
    inbox.product = inbox.shown ? inbox.shown->product : sight.users.begin()->first;
    inbox.user = std::move(sight.users.at(inbox.product));
  }
  LoadAccounts(tx, looks, inboxes);

  Measured measured;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    auto& inbox = inboxes[i];
    if (!inbox.shown) continue;
    for (auto& profile : inbox.profiles) {
      if (profile.key.product != inbox.product) continue;
      if (profile.key != *inbox.shown && !profile.summary) continue;
      const auto catalogue = LoadCatalogue(tx, profile.key, sights[i].versions.at(profile.key));
      if (catalogue) profile.catalogue = *catalogue;
      measured.Add(inbox.product, profile.key.profile, *inbox.user);
      // Of the accounts only those that are shown: the first, and the one that was chosen.
      const auto chosen = choices[i].account;
      if (!inbox.accounts.empty()) {
        measured.Add(inbox.product, profile.key.profile, inbox.accounts.front());
      }
      if (chosen > 0 && chosen < inbox.accounts.size()) {
        measured.Add(inbox.product, profile.key.profile, inbox.accounts[chosen]);
      }
    }
  }
  if (!measured.empty()) measured.Load(tx, now);
  return inboxes;
}

void InboxStore::LoadAccounts(Transaction& tx, std::span<const Look> looks,
                              std::vector<Inbox>& inboxes) const {
  std::vector<std::size_t> places;
  std::vector<core::ProductId> products;
  std::vector<core::SubjectId> users;
  std::vector<core::WorkspaceId> workspaces;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    if (!inboxes[i].user) continue;
    places.push_back(i);
    products.push_back(inboxes[i].product);
    users.push_back(inboxes[i].user->id);
    workspaces.push_back(looks[i].workspace);
  }
  if (places.empty()) return;
  std::map<std::size_t, std::vector<FoundAccount>> found;
  for (const auto& row : tx.Execute(kFindAccounts, products, users, workspaces)) {
    const auto place = places.at(PlaceOf(row));
    const auto& companies = looks[place].companies;
    const auto at = std::find(companies.begin(), companies.end(),
                              core::CompanyId(row.Get<std::string>("target_id")));
    found[place].push_back({at - companies.begin(), SubjectOf(SubjectKind::kAccount, row)});
  }
  for (auto& [place, accounts] : found) {
    std::sort(accounts.begin(), accounts.end());
    for (auto& account : accounts) inboxes[place].accounts.push_back(std::move(account.subject));
  }
}

CatalogueCache::Catalogue InboxStore::LoadCatalogue(Transaction& tx, const ProfileKey& profile,
                                                    std::int64_t version) const {
  if (auto catalogue = catalogues_.Find(profile, version)) return catalogue;
  const auto rows =
      tx.Execute("SELECT version, catalogue FROM profile WHERE product_id = $1 AND profile_id = $2",
                 profile.product, profile.profile);
  // A rebuild may have deleted it just now.
  if (rows.empty()) return nullptr;
  const auto row = rows.Only();
  return catalogues_.Keep(profile, row.Get<std::int64_t>("version"),
                          CatalogueFromBytes(row.GetBytes("catalogue")));
}

void InboxStore::KeepChoices(Transaction& tx, std::span<const KeptChoice> choices) const {
  // In key order, each once: two batches must not wait for each other.
  std::map<std::pair<core::WorkspaceId, std::string>, std::string> newest;
  for (const auto& kept : choices) {
    Choice choice;
    choice.tab = kept.choice.tab;
    choice.profile = kept.choice.profile;
    newest[{kept.workspace, kept.admin}] = ToStoredData(choice).dump();
  }
  if (newest.empty()) return;
  std::vector<core::WorkspaceId> workspaces;
  std::vector<std::string> admins;
  std::vector<std::string> texts;
  for (auto& [key, text] : newest) {
    workspaces.push_back(key.first);
    admins.push_back(key.second);
    texts.push_back(std::move(text));
  }
  tx.Execute(kKeepChoices, workspaces, admins, texts);
}

}  // namespace accoil::widget
