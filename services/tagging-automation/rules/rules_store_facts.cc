#include "services/tagging-automation/rules/rules_store.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

struct KeyColumns {
  std::vector<std::int64_t> product_id;
  std::vector<int> kind;
  std::vector<std::string> profile_id;
  std::vector<std::string> subject_id;

  void Add(const FactsKey& key) {
    product_id.push_back(key.product.value());
    kind.push_back(static_cast<int>(key.kind));
    profile_id.push_back(key.profile.value());
    subject_id.push_back(key.subject.value());
  }
};

KeyColumns ToColumns(const std::set<FactsKey>& keys) {
  KeyColumns columns;
  for (const auto& key : keys) columns.Add(key);
  return columns;
}

struct SubjectColumns {
  std::vector<std::int64_t> product_id;
  std::vector<int> kind;
  std::vector<std::string> subject_id;

  void Add(const Subject& subject) {
    product_id.push_back(subject.product.value());
    kind.push_back(static_cast<int>(subject.kind));
    subject_id.push_back(subject.id.value());
  }
};

SubjectColumns ToColumns(const std::set<Subject>& subjects) {
  SubjectColumns columns;
  for (const auto& subject : subjects) columns.Add(subject);
  return columns;
}

Subject ReadSubject(const postgres::Row& row) {
  return {row.Get<core::ProductId>("product_id"), row.Get<SubjectKind>("kind"),
          row.Get<core::SubjectId>("subject_id")};
}

FactsRow ReadFactsRow(const postgres::Row& row) {
  FactsRow facts;
  facts.key = {row.Get<core::ProductId>("product_id"), row.Get<SubjectKind>("kind"),
               row.Get<core::ProfileId>("profile_id"), row.Get<core::SubjectId>("subject_id")};
  facts.bytes = row.GetBytes("facts");
  facts.due_at = row.Get<std::optional<core::TimePoint>>("due_at");
  return facts;
}

std::vector<FactsRow> ReadRows(const postgres::Result& rows) {
  std::vector<FactsRow> facts;
  facts.reserve(rows.size());
  for (const auto& row : rows) facts.push_back(ReadFactsRow(row));
  return facts;
}

constexpr const char* kEnsureFacts = R"sql(
  INSERT INTO facts (product_id, kind, profile_id, subject_id, facts)
  SELECT i.product_id, i.kind, i.profile_id, i.subject_id, ''::bytea
  FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])
    AS i (product_id, kind, profile_id, subject_id)
  ORDER BY i.product_id, i.kind, i.profile_id COLLATE "C", i.subject_id COLLATE "C"
  ON CONFLICT (product_id, kind, profile_id, subject_id) DO NOTHING
)sql";

// The order of the keys is the order of the arrays, which a nested loop keeps; the ORDER BY says so
// to whatever other plan.
constexpr const char* kLockFacts = R"sql(
  SELECT f.product_id, f.kind, f.profile_id, f.subject_id, f.facts, f.due_at
  FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])
    AS i (product_id, kind, profile_id, subject_id)
  JOIN facts f USING (product_id, kind, profile_id, subject_id)
  ORDER BY f.product_id, f.kind, f.profile_id, f.subject_id
  FOR UPDATE OF f
)sql";

constexpr const char* kLockDueFacts = R"sql(
  SELECT f.product_id, f.kind, f.profile_id, f.subject_id, f.facts, f.due_at
  FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])
    AS i (product_id, kind, profile_id, subject_id)
  JOIN facts f USING (product_id, kind, profile_id, subject_id)
  WHERE f.due_at <= $5::timestamptz
  ORDER BY f.product_id, f.kind, f.profile_id, f.subject_id
  FOR UPDATE OF f SKIP LOCKED
)sql";

constexpr const char* kWriteFacts = R"sql(
  UPDATE facts f SET facts = coalesce(i.facts, f.facts), due_at = i.due_at
  FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::bytea[],
              $6::timestamptz[])
    AS i (product_id, kind, profile_id, subject_id, facts, due_at)
  WHERE f.product_id = i.product_id AND f.kind = i.kind AND f.profile_id = i.profile_id
    AND f.subject_id = i.subject_id
)sql";

constexpr const char* kReadFacts = R"sql(
  SELECT product_id, kind, profile_id, subject_id, facts, due_at FROM facts
  WHERE product_id = $1 AND kind = $2 AND profile_id = $3 AND subject_id > $4 AND facts <> ''
  ORDER BY subject_id LIMIT $5
)sql";

constexpr const char* kReadFactsOf = R"sql(
  SELECT f.product_id, f.kind, f.profile_id, f.subject_id, f.facts, f.due_at
  FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])
    AS i (product_id, kind, profile_id, subject_id)
  JOIN facts f USING (product_id, kind, profile_id, subject_id)
  ORDER BY f.product_id, f.kind, f.profile_id, f.subject_id
)sql";

constexpr const char* kFindDue = R"sql(
  SELECT product_id, kind, profile_id, subject_id FROM facts
  WHERE due_at <= $1::timestamptz ORDER BY due_at LIMIT $2
)sql";

constexpr const char* kFindSeen = R"sql(
  SELECT s.product_id, s.kind, s.subject_id
  FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS i (product_id, kind, subject_id)
  JOIN subject s USING (product_id, kind, subject_id)
  WHERE s.first_seen_at IS NOT NULL
)sql";

constexpr const char* kLoadIdentities = R"sql(
  SELECT s.product_id, s.kind, s.subject_id, s.removed, s.email, s.name
  FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS i (product_id, kind, subject_id)
  JOIN subject s USING (product_id, kind, subject_id)
)sql";

constexpr const char* kLoadEntries = R"sql(
  SELECT s.product_id, s.kind, s.subject_id, s.rule_id, s.inside, s.state, s.entry, s.entered_at,
         s.filter_until, s.generation
  FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS i (product_id, kind, subject_id)
  JOIN rule_subject s USING (product_id, kind, subject_id)
)sql";

constexpr const char* kWriteEntries = R"sql(
  INSERT INTO rule_subject AS s (product_id, kind, subject_id, rule_id, inside, state, entry,
                                 entered_at, filter_until, generation)
  SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[], $5::boolean[],
                       $6::smallint[], $7::integer[], $8::timestamptz[], $9::timestamptz[],
                       $10::integer[])
    AS i (product_id, kind, subject_id, rule_id, inside, state, entry, entered_at, filter_until,
          generation)
  ORDER BY i.product_id, i.kind, i.subject_id COLLATE "C", i.rule_id
  ON CONFLICT (product_id, kind, subject_id, rule_id) DO UPDATE
    SET inside = excluded.inside, state = excluded.state, entry = excluded.entry,
        entered_at = excluded.entered_at, filter_until = excluded.filter_until,
        generation = excluded.generation
)sql";

constexpr const char* kAddCounts = R"sql(
  INSERT INTO rule_count AS c (rule_id, fired, inside)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS i (rule_id, fired, inside)
  ORDER BY i.rule_id
  ON CONFLICT (rule_id) DO UPDATE
    SET fired = c.fired + excluded.fired, inside = c.inside + excluded.inside
)sql";

}  // namespace

void RulesStore::EnsureFacts(Transaction& tx, const std::set<FactsKey>& keys) {
  if (keys.empty()) return;
  const auto k = ToColumns(keys);
  tx.Execute(kEnsureFacts, k.product_id, k.kind, k.profile_id, k.subject_id);
}

std::vector<FactsRow> RulesStore::LockFacts(Transaction& tx, const std::set<FactsKey>& keys,
                                            std::optional<core::TimePoint> due_by) {
  if (keys.empty()) return {};
  const auto k = ToColumns(keys);
  if (due_by) {
    return ReadRows(
        tx.Execute(kLockDueFacts, k.product_id, k.kind, k.profile_id, k.subject_id, *due_by));
  }
  return ReadRows(tx.Execute(kLockFacts, k.product_id, k.kind, k.profile_id, k.subject_id));
}

void RulesStore::WriteFacts(Transaction& tx, std::span<const FactsUpdate> updates) {
  if (updates.empty()) return;
  KeyColumns k;
  std::vector<std::optional<std::string>> facts;
  std::vector<std::optional<core::TimePoint>> due_at;
  for (const auto& update : updates) {
    k.Add(update.key);
    if (update.bytes) {
      facts.emplace_back(postgres::Bytea(*update.bytes));
    } else {
      facts.emplace_back(std::nullopt);
    }
    due_at.push_back(update.due_at);
  }
  tx.Execute(kWriteFacts, k.product_id, k.kind, k.profile_id, k.subject_id, facts, due_at);
}

std::vector<FactsRow> RulesStore::ReadFacts(Transaction& tx, core::ProductId product,
                                            SubjectKind kind, const core::ProfileId& profile,
                                            const std::optional<core::SubjectId>& after, int most) {
  return ReadRows(
      tx.Execute(kReadFacts, product, kind, profile, after.value_or(core::SubjectId()), most));
}

std::vector<FactsRow> RulesStore::ReadFactsOf(Transaction& tx, const std::set<FactsKey>& keys) {
  if (keys.empty()) return {};
  const auto k = ToColumns(keys);
  return ReadRows(tx.Execute(kReadFactsOf, k.product_id, k.kind, k.profile_id, k.subject_id));
}

std::set<FactsKey> RulesStore::FindDue(Transaction& tx, core::TimePoint now, int most) {
  std::set<FactsKey> keys;
  for (const auto& row : tx.Execute(kFindDue, now, most)) {
    keys.insert({row.Get<core::ProductId>("product_id"), row.Get<SubjectKind>("kind"),
                 row.Get<core::ProfileId>("profile_id"), row.Get<core::SubjectId>("subject_id")});
  }
  return keys;
}

std::set<Subject> RulesStore::FindSeen(Transaction& tx, const std::set<Subject>& subjects) {
  std::set<Subject> seen;
  if (subjects.empty()) return seen;
  const auto s = ToColumns(subjects);
  for (const auto& row : tx.Execute(kFindSeen, s.product_id, s.kind, s.subject_id)) {
    seen.insert(ReadSubject(row));
  }
  return seen;
}

std::map<Subject, Identity> RulesStore::LoadIdentities(Transaction& tx,
                                                       const std::set<Subject>& subjects) {
  std::map<Subject, Identity> identities;
  if (subjects.empty()) return identities;
  const auto s = ToColumns(subjects);
  for (const auto& row : tx.Execute(kLoadIdentities, s.product_id, s.kind, s.subject_id)) {
    identities.emplace(ReadSubject(row),
                       Identity{row.Get<bool>("removed"), row.Get<std::string>("email"),
                                row.Get<std::string>("name")});
  }
  return identities;
}

std::map<Subject, std::map<RuleId, Entry>> RulesStore::LoadEntries(
    Transaction& tx, const std::set<Subject>& subjects) {
  std::map<Subject, std::map<RuleId, Entry>> entries;
  if (subjects.empty()) return entries;
  const auto s = ToColumns(subjects);
  for (const auto& row : tx.Execute(kLoadEntries, s.product_id, s.kind, s.subject_id)) {
    Entry entry;
    entry.inside = row.Get<bool>("inside");
    entry.state = row.Get<EntryState>("state");
    entry.number = row.Get<int>("entry");
    entry.entered_at = row.Get<core::TimePoint>("entered_at");
    entry.filter_until = row.Get<std::optional<core::TimePoint>>("filter_until");
    entry.generation = row.Get<int>("generation");
    entries[ReadSubject(row)].emplace(row.Get<RuleId>("rule_id"), entry);
  }
  return entries;
}

void RulesStore::WriteEntries(Transaction& tx, const std::map<EntryKey, Entry>& entries) {
  if (entries.empty()) return;
  SubjectColumns s;
  std::vector<RuleId> rule_id;
  std::vector<bool> inside;
  std::vector<EntryState> state;
  std::vector<int> number;
  std::vector<core::TimePoint> entered_at;
  std::vector<std::optional<core::TimePoint>> filter_until;
  std::vector<int> generation;
  for (const auto& [key, entry] : entries) {
    s.Add(key.first);
    rule_id.push_back(key.second);
    inside.push_back(entry.inside);
    state.push_back(entry.state);
    number.push_back(entry.number);
    entered_at.push_back(entry.entered_at);
    filter_until.push_back(entry.filter_until);
    generation.push_back(entry.generation);
  }
  tx.Execute(kWriteEntries, s.product_id, s.kind, s.subject_id, rule_id, inside, state, number,
             entered_at, filter_until, generation);
}

void RulesStore::AddCounts(Transaction& tx, const std::map<RuleId, CountChange>& changes) {
  std::vector<RuleId> rule_id;
  std::vector<std::int64_t> fired;
  std::vector<std::int64_t> inside;
  for (const auto& [rule, change] : changes) {
    if (change.fired == 0 && change.inside == 0) continue;
    rule_id.push_back(rule);
    fired.push_back(change.fired);
    inside.push_back(change.inside);
  }
  if (rule_id.empty()) return;
  tx.Execute(kAddCounts, rule_id, fired, inside);
}

}  // namespace accoil::tagging
