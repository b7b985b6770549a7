#include "services/widget/inbox_store.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "accoil/events/v1/events.pb.h"
#include "services/widget/catalogue.h"

namespace accoil::widget {
namespace {

using postgres::Transaction;

// More is never shown.
constexpr int kMostAccounts = 100;
constexpr int kMostProfiles = 500;
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

Subject SubjectOf(const postgres::Row& row) {
  Subject subject;
  subject.kind = static_cast<SubjectKind>(row.Get<int>("kind"));
  subject.id = row.Get<core::SubjectId>("subject_id");
  subject.name = row.Get<std::string>("name");
  subject.email = row.Get<std::string>("email");
  return subject;
}

}  // namespace

Inbox InboxStore::Load(Transaction& tx, const Look& look, const Choice& choice,
                       core::TimePoint now) const {
  Inbox inbox;
  bool connected = false;
  std::vector<core::ProductId> products;
  std::map<core::ProductId, Subject> users;
  const auto rows = tx.Execute(R"sql(
    SELECT c.product_id, c.state, u.kind, u.subject_id, u.name, u.email
    FROM connection c
    LEFT JOIN LATERAL (
      SELECT s.kind, s.subject_id, s.name, s.email
      FROM match m
      JOIN subject s ON s.product_id = m.product_id AND s.kind = m.kind
                    AND s.subject_id = m.subject_id AND NOT s.removed
      WHERE m.workspace_id = $1 AND m.target_id = $2 AND m.target_id <> ''
        AND m.product_id = c.product_id AND m.kind = 1
      LIMIT 1
    ) u ON true
    WHERE c.workspace_id = $1
    ORDER BY c.product_id
  )sql",
                               look.workspace, look.contact);
  for (const auto& row : rows) {
    if (row.Get<int>("state") != events::v1::CONNECTED) continue;
    connected = true;
    if (row.IsNull("subject_id")) continue;
    const auto product = row.Get<core::ProductId>("product_id");
    products.push_back(product);
    users.emplace(product, SubjectOf(row));
  }
  if (rows.empty()) {
    inbox.situation = Situation::kNotConnected;
    return inbox;
  }
  if (!connected) {
    inbox.situation = Situation::kDisconnected;
    return inbox;
  }
  if (products.empty()) {
    inbox.situation = look.lead ? Situation::kLead : Situation::kUnknownContact;
    return inbox;
  }
  inbox.situation = Situation::kMatched;

  const auto profiles = tx.Execute(R"sql(
    SELECT product_id, profile_id, name, catalogue, sync_mode, summary
    FROM profile WHERE product_id = ANY ($1::bigint[]) AND NOT removed
    ORDER BY product_id, name, profile_id LIMIT $2
  )sql",
                                   products, kMostProfiles);
  for (const auto& row : profiles) {
    Profile profile;
    profile.key = {row.Get<core::ProductId>("product_id"), row.Get<core::ProfileId>("profile_id")};
    profile.name = row.Get<std::string>("name");
    profile.catalogue = CatalogueFromBytes(row.GetBytes("catalogue"));
    profile.mode = static_cast<SyncMode>(row.Get<int>("sync_mode"));
    profile.summary = row.Get<bool>("summary");
    inbox.profiles.push_back(std::move(profile));
  }
  for (const auto product : products) {
    inbox.products.emplace(product, "Product " + std::to_string(product.value()));
  }
  inbox.shown = ShownOf(inbox.profiles, choice.profile);
  const auto product = inbox.shown ? inbox.shown->product : products.front();
  inbox.user = users.at(product);
  inbox.accounts = LoadAccounts(tx, look, product, inbox.user->id);
  if (!inbox.shown) return inbox;

  std::vector<core::ProfileId> measured = {inbox.shown->profile};
  for (const auto& profile : inbox.profiles) {
    if (profile.summary && profile.key.product == product) measured.push_back(profile.key.profile);
  }
  // Of the accounts only those that are shown: the first, and the one that was chosen.
  std::vector<Subject*> subjects = {&*inbox.user};
  if (!inbox.accounts.empty()) subjects.push_back(&inbox.accounts.front());
  if (choice.account > 0 && choice.account < inbox.accounts.size()) {
    subjects.push_back(&inbox.accounts[choice.account]);
  }
  LoadMeasures(tx, product, measured, subjects, now);
  return inbox;
}

std::vector<Subject> InboxStore::LoadAccounts(Transaction& tx, const Look& look,
                                              core::ProductId product,
                                              const core::SubjectId& user) const {
  std::vector<std::string> companies;
  for (const auto& company : look.companies) companies.push_back(company.value());
  std::vector<Subject> accounts;
  // An account that only its users named has no row of its own yet: it is shown by its id.
  const auto rows = tx.Execute(R"sql(
    SELECT 2 AS kind, a.id AS subject_id, coalesce(s.name, '') AS name, '' AS email
    FROM subject u
    CROSS JOIN LATERAL unnest(u.account_ids) AS a (id)
    LEFT JOIN subject s ON s.product_id = u.product_id AND s.kind = 2 AND s.subject_id = a.id
    LEFT JOIN match m ON m.product_id = u.product_id AND m.kind = 2 AND m.subject_id = a.id
                     AND m.workspace_id = $3 AND m.target_id = ANY ($4::text[])
    WHERE u.product_id = $1 AND u.kind = 1 AND u.subject_id = $2
      AND s.removed IS DISTINCT FROM true
    ORDER BY array_position($4::text[], m.target_id) NULLS LAST, coalesce(s.name, a.id), a.id
    LIMIT $5
  )sql",
                               product, user, look.workspace, companies, kMostAccounts);
  for (const auto& row : rows) accounts.push_back(SubjectOf(row));
  return accounts;
}

void InboxStore::LoadMeasures(Transaction& tx, core::ProductId product,
                              const std::vector<core::ProfileId>& profiles,
                              const std::vector<Subject*>& subjects, core::TimePoint now) const {
  std::vector<int> kinds;
  std::vector<std::string> ids;
  std::map<std::pair<int, std::string>, Subject*> by_key;
  for (auto* subject : subjects) {
    const int kind = static_cast<int>(subject->kind);
    kinds.push_back(kind);
    ids.push_back(subject->id.value());
    by_key[{kind, subject->id.value()}] = subject;
  }
  const auto measures_of = [&](const postgres::Row& row) -> Measures& {
    auto& subject = *by_key.at({row.Get<int>("kind"), row.Get<std::string>("subject_id")});
    return subject.measures[row.Get<core::ProfileId>("profile_id")];
  };
  for (const auto& row : tx.Execute(R"sql(
         SELECT t.kind, t.subject_id, t.profile_id, t.trait, t.value, t.history::text AS history
         FROM unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
         JOIN trait t ON t.product_id = $1 AND t.kind = i.kind AND t.subject_id = i.subject_id
                     AND t.profile_id = ANY ($4::text[]) AND t.value IS NOT NULL
       )sql",
                                    product, kinds, ids, profiles)) {
    auto value = ValueOf(row.Get<std::string>("value"));
    if (!value) continue;
    measures_of(row).traits[row.Get<std::string>("trait")] = {
        std::move(*value), WeekAgo(row.Get<std::string>("history"), now)};
  }
  for (const auto& row : tx.Execute(R"sql(
         SELECT m.kind, m.subject_id, m.profile_id, m.segment, m.inside, m.changed_at
         FROM unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
         JOIN membership m ON m.product_id = $1 AND m.kind = i.kind AND m.subject_id = i.subject_id
                          AND m.profile_id = ANY ($4::text[])
                          AND (m.inside OR m.changed_at > $5::timestamptz)
         ORDER BY m.segment LIMIT $6
       )sql",
                                    product, kinds, ids, profiles,
                                    now - std::chrono::days(kWeekDays), kMostSegments)) {
    auto& measures = measures_of(row);
    if (row.Get<bool>("inside")) {
      measures.segments.push_back(
          {row.Get<std::string>("segment"), row.Get<core::TimePoint>("changed_at")});
    } else {
      measures.left.push_back(row.Get<std::string>("segment"));
    }
  }
}

std::optional<Choice> InboxStore::FindChoice(Transaction& tx, const core::WorkspaceId& workspace,
                                             const std::string& admin) const {
  const auto rows = tx.Execute(
      "SELECT choice FROM choice WHERE workspace_id = $1 AND admin_id = $2", workspace, admin);
  if (rows.empty()) return std::nullopt;
  return FromStoredData(rows.Only().Get<std::string>("choice"));
}

void InboxStore::KeepChoice(Transaction& tx, const core::WorkspaceId& workspace,
                            const std::string& admin, const Choice& choice) const {
  Choice kept;
  kept.tab = choice.tab;
  kept.profile = choice.profile;
  tx.Execute(R"sql(
    INSERT INTO choice AS c (workspace_id, admin_id, choice) VALUES ($1, $2, $3)
    ON CONFLICT (workspace_id, admin_id) DO UPDATE
      SET choice = excluded.choice, chosen_at = now() WHERE c.choice <> excluded.choice
  )sql",
             workspace, admin, ToStoredData(kept).dump());
}

}  // namespace accoil::widget
