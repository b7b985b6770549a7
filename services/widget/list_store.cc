#include "services/widget/list_store.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libs/core/errors.h"
#include "services/widget/catalogue.h"
#include "services/widget/list_cursor.h"
#include "services/widget/list_statement.h"

namespace accoil::widget {
namespace {

using conditions::Type;
using postgres::Transaction;
using std::chrono::milliseconds;

// No list takes longer, whatever its caller's patience.
constexpr milliseconds kLongest(5'000);
// What is named of a catalogue when a name is not in it.
constexpr std::size_t kMostNamed = 100;
constexpr const char* kQueryCanceled = "57014";

constexpr const char* kFindProfile = R"sql(
  SELECT profile_id, catalogue FROM profile
  WHERE product_id = $1 AND NOT removed
    AND CASE WHEN $2::text = '' THEN summary ELSE profile_id = $2 END
  ORDER BY version DESC LIMIT 1
)sql";

// Each row by its key, whatever the planner believes of the tables. What is listed is also what is
// shown of traits and segments: those that the list was sorted and filtered by.
constexpr const char* kFindPage = R"sql(
  SELECT l.subject_id, l.name, l.email, l.traits::text AS traits, l.segments,
         coalesce(s.account_ids, '{}') AS account_ids,
         coalesce(m.target_id <> '' AND m.workspace_id = c.workspace_id, false) AS matched,
         ARRAY(
           SELECT t.tag FROM tag t
           WHERE t.product_id = $1 AND t.kind = $2 AND t.subject_id = w.subject_id
             AND NOT t.removed AND t.workspace_id = c.workspace_id
           ORDER BY t.tag COLLATE "C") AS tags
  FROM unnest($4::text[]) WITH ORDINALITY AS w (subject_id, place)
  CROSS JOIN LATERAL (
    SELECT * FROM listed l
    WHERE l.product_id = $1 AND l.kind = $2 AND l.subject_id = w.subject_id AND l.profile_id = $3
    LIMIT 1) l
  LEFT JOIN LATERAL (
    SELECT s.account_ids FROM subject s
    WHERE s.product_id = $1 AND s.kind = $2 AND s.subject_id = w.subject_id LIMIT 1) s ON true
  LEFT JOIN LATERAL (
    SELECT m.target_id, m.workspace_id FROM match m
    WHERE m.product_id = $1 AND m.kind = $2 AND m.subject_id = w.subject_id LIMIT 1) m ON true
  LEFT JOIN connection c ON c.product_id = $1
  ORDER BY w.place
)sql";

Type TypeOf(TraitType type) {
  switch (type) {
    case TraitType::kInteger:
    case TraitType::kFloat:
      return Type::kNumber;
    case TraitType::kBoolean:
      return Type::kBoolean;
    case TraitType::kDate:
      return Type::kDate;
    case TraitType::kString:
      return Type::kText;
  }
  return Type::kText;
}

/// The profile that is listed, as far as this kind of subject is concerned.
struct Measured {
  core::ProfileId profile;
  std::vector<conditions::Field> traits;

  const conditions::Field* Find(const std::string& name) const {
    const auto found = std::find_if(traits.begin(), traits.end(),
                                    [&](const auto& trait) { return trait.name == name; });
    return found == traits.end() ? nullptr : &*found;
  }
};

Measured FindMeasured(Transaction& tx, const ListQuery& query) {
  const auto rows = tx.Execute(kFindProfile, query.product, query.profile);
  if (rows.empty()) {
    throw core::NotFound(query.profile.value().empty()
                             ? "the product has no summary profile: name a profile"
                             : "the product has no profile " + query.profile.value());
  }
  Measured measured;
  measured.profile = rows[0].Get<core::ProfileId>("profile_id");
  for (const auto& trait : CatalogueFromBytes(rows[0].GetBytes("catalogue"))) {
    const bool has = query.kind == SubjectKind::kUser ? trait.on_users : trait.on_accounts;
    if (has && measured.Find(trait.name) == nullptr) {
      measured.traits.push_back({trait.name, TypeOf(trait.type)});
    }
  }
  return measured;
}

std::string NamesOf(const Measured& measured) {
  std::string names = "Name";
  for (std::size_t i = 0; i < measured.traits.size(); ++i) {
    if (i == kMostNamed) return names + ", …";
    if (measured.traits[i].name != "Name") names += ", " + measured.traits[i].name;
  }
  return names;
}

SortKey SortOf(const ListQuery& query, const Measured& measured) {
  const auto& name = !query.sort.empty()                 ? query.sort
                     : measured.Find("Score") != nullptr ? std::string("Score")
                                                         : std::string("Name");
  // As in conditions, a trait hides what every subject has.
  const auto* trait = measured.Find(name);
  if (trait == nullptr) {
    if (name == "Name") return {};
    throw core::InvalidArgument("sort",
                                "the profile has no trait " + name + " of " +
                                    (query.kind == SubjectKind::kUser ? "users" : "accounts") +
                                    "; lists are sorted by one of " + NamesOf(measured));
  }
  SortKey sort{SortKey::By::kTrait, name, trait->type};
  if (name == "Score" && trait->type == Type::kNumber) sort.by = SortKey::By::kScore;
  if (name == "LastActive" && trait->type == Type::kDate) sort.by = SortKey::By::kLastActive;
  return sort;
}

std::map<std::string, Value> TraitsOf(const Measured& measured, const std::string& text) {
  std::map<std::string, Value> traits;
  const auto stored = nlohmann::json::parse(text);
  for (const auto& trait : measured.traits) {
    // One of the three: a trait has one value.
    for (const char* mark : {"#", "$", "?"}) {
      const auto found = stored.find(mark + trait.name);
      if (found == stored.end()) continue;
      if (found->is_number()) traits.emplace(trait.name, found->get<double>());
      if (found->is_string()) traits.emplace(trait.name, found->get<std::string>());
      if (found->is_boolean()) traits.emplace(trait.name, found->get<bool>());
    }
  }
  return traits;
}

std::vector<ListedSubject> LoadPage(Transaction& tx, const ListQuery& query,
                                    const Measured& measured,
                                    const std::vector<ListCursor>& places) {
  std::vector<std::string> ids;
  for (const auto& place : places) ids.push_back(place.subject_id);
  std::vector<ListedSubject> subjects;
  for (const auto& row : tx.Execute(kFindPage, query.product, query.kind, measured.profile, ids)) {
    ListedSubject subject;
    subject.id = row.Get<core::SubjectId>("subject_id");
    subject.name = row.Get<std::string>("name");
    subject.email = row.Get<std::string>("email");
    subject.traits = TraitsOf(measured, row.Get<std::string>("traits"));
    subject.segments = row.Get<std::vector<std::string>>("segments");
    subject.tags = row.Get<std::vector<std::string>>("tags");
    subject.matched = row.Get<bool>("matched");
    subject.account_ids = row.Get<std::vector<std::string>>("account_ids");
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

std::uint64_t DigestOf(const ListQuery& query, const Measured& measured, const SortKey& sort) {
  return QueryDigest({std::to_string(query.product.value()),
                      std::to_string(static_cast<int>(query.kind)), measured.profile.value(),
                      query.segment, query.condition, query.search,
                      std::to_string(static_cast<int>(sort.by)), sort.trait,
                      std::to_string(static_cast<int>(sort.type)), query.descending ? "d" : "a"});
}

ListPage ReadPage(Transaction& tx, const ListQuery& query, core::TimePoint now) {
  const auto measured = FindMeasured(tx, query);
  const ListFields fields(static_cast<conditions::Kind>(query.kind), measured.traits);
  const auto sort = SortOf(query, measured);
  std::optional<conditions::Condition> condition;
  if (!query.condition.empty()) {
    condition = conditions::Condition::Parse(query.condition, fields.schema, "condition");
  }
  const auto digest = DigestOf(query, measured, sort);
  std::optional<ListCursor> cursor;
  if (!query.cursor.empty()) cursor = ParseCursor(query.cursor, digest);

  const ListScope scope{.product = query.product,
                        .kind = query.kind,
                        .profile = measured.profile,
                        .sort = sort,
                        .descending = query.descending,
                        .segment = query.segment,
                        .search = query.search,
                        .condition = condition ? &*condition : nullptr,
                        .fields = fields,
                        .now = now};
  // One more tells whether there is another page.
  auto places = FindPlaces(tx, scope, cursor, query.limit + 1);
  ListPage page;
  page.profile = measured.profile;
  if (static_cast<int>(places.size()) > query.limit) {
    places.resize(static_cast<std::size_t>(query.limit));
    page.next_cursor = ToText(places.back(), digest);
  }
  page.subjects = LoadPage(tx, query, measured, places);
  return page;
}

}  // namespace

ListPage ListStore::ReadNow(const ListQuery& query, core::TimePoint now,
                            milliseconds patience) const {
  try {
    return database_.Transact([&](Transaction& tx) {
      // To compile a statement takes longer than to run it.
      tx.Execute("SELECT set_config('statement_timeout', $1, true), set_config('jit', 'off', true)",
                 std::to_string(patience.count()));
      return ReadPage(tx, query, now);
    });
  } catch (const postgres::SqlError& error) {
    if (error.sqlstate() == kQueryCanceled) {
      throw core::DeadlineExceeded("the list took longer than " + std::to_string(patience.count()) +
                                   " ms and was given up: a segment, a simpler condition or "
                                   "sorting by Score, LastActive or Name makes it faster");
    }
    // Nobody but a maker of cursors can have it so.
    if (error.bad_data() && !query.cursor.empty()) {
      throw core::InvalidArgument("cursor", "must be the next_cursor of the page before");
    }
    throw;
  }
}

ListPage ListStore::Read(const ListQuery& query, core::TimePoint now, milliseconds patience) const {
  const auto began = std::chrono::steady_clock::now();
  if (!room_.try_acquire_for(std::min(patience, kLongest))) {
    throw core::Unavailable("too many lists are being read at once: try again");
  }
  struct GiveBack {
    std::counting_semaphore<kMostAtOnce>& room;
    ~GiveBack() { room.release(); }
  } give_back{room_};
  const auto left =
      patience - std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  return ReadNow(query, now, std::clamp(left, milliseconds(1), kLongest));
}

}  // namespace accoil::widget
