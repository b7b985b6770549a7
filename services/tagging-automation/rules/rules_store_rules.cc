#include "libs/core/errors.h"
#include "services/tagging-automation/rules/rule_message.h"
#include "services/tagging-automation/rules/rules_store.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

constexpr const char* kList = R"sql(
  SELECT r.*, coalesce(c.fired, 0) AS fired, coalesce(c.inside, 0) AS inside
  FROM rule r LEFT JOIN rule_count c USING (rule_id)
  WHERE r.product_id = $1 ORDER BY r.name
)sql";
constexpr const char* kFind = R"sql(
  SELECT r.*, coalesce(c.fired, 0) AS fired, coalesce(c.inside, 0) AS inside
  FROM rule r LEFT JOIN rule_count c USING (rule_id)
  WHERE r.product_id = $1 AND r.rule_id = $2
)sql";

constexpr const char* kInsert = R"sql(
  INSERT INTO rule (product_id, name, profile_id, kind, definition, state, catch_up, created_at,
                    updated_at, settling, settle_firing)
  VALUES ($1, $2, $3, $4, $5::bytea, $6, $7, $8, $9, $10, $11)
  ON CONFLICT (product_id, name) DO NOTHING
  RETURNING rule_id
)sql";

// broken_at stays while the rule stays broken.
constexpr const char* kUpdate = R"sql(
  UPDATE rule
  SET name = $3, profile_id = $4, definition = $5::bytea, state = $6, catch_up = $7,
      updated_at = $8, generation = $9, settling = $10, settle_firing = $11, settle_after = $12,
      broken = $13::text,
      broken_at = CASE WHEN $13::text = '' THEN NULL ELSE coalesce(broken_at, now()) END
  WHERE product_id = $1 AND rule_id = $2
)sql";

constexpr const char* kDelete = R"sql(
  WITH gone AS (
    DELETE FROM rule WHERE product_id = $1 AND rule_id = $2 RETURNING rule_id
  ), counted AS (
    DELETE FROM rule_count USING gone WHERE rule_count.rule_id = gone.rule_id
  )
  INSERT INTO deleted_rule SELECT rule_id FROM gone
)sql";

constexpr const char* kBroken = R"sql(
  SELECT r.rule_id, r.name, r.broken, r.broken_at, coalesce(c.inside, 0) AS inside
  FROM rule r LEFT JOIN rule_count c USING (rule_id)
  WHERE r.product_id = $1 AND r.broken <> '' ORDER BY r.name
)sql";

constexpr const char* kInsideOf = R"sql(
  SELECT r.rule_id, r.name, s.state, s.entered_at
  FROM rule_subject s JOIN rule r USING (rule_id)
  WHERE s.product_id = $1 AND s.kind = $2 AND s.subject_id = $3 AND s.inside
  ORDER BY r.name
)sql";

// rule.state, as tagging.proto numbers it.
int StateOf(const RuleDefinition& definition) {
  return definition.paused ? v1::RULE_PAUSED : v1::RULE_ACTIVE;
}

[[noreturn]] void ThrowTaken() {
  throw core::Conflict("name: another rule of the product has this name");
}

Rule ReadRule(const postgres::Row& row) {
  Rule rule;
  rule.id = row.Get<RuleId>("rule_id");
  rule.product = row.Get<core::ProductId>("product_id");
  auto& definition = rule.definition;
  definition.name = row.Get<std::string>("name");
  definition.profile = row.Get<core::ProfileId>("profile_id");
  definition.kind = row.Get<SubjectKind>("kind");
  ReadDefinition(row.GetBytes("definition"), definition);
  definition.paused = row.Get<int>("state") == v1::RULE_PAUSED;
  definition.catch_up = row.Get<bool>("catch_up");
  rule.created_at = row.Get<core::TimePoint>("created_at");
  rule.updated_at = row.Get<core::TimePoint>("updated_at");
  rule.generation = row.Get<int>("generation");
  rule.broken = row.Get<std::string>("broken");
  rule.settling = row.Get<SettleScope>("settling");
  rule.settle_firing = row.Get<SettleFiring>("settle_firing");
  rule.settle_after = row.Get<std::optional<core::SubjectId>>("settle_after");
  rule.fired = row.Get<std::int64_t>("fired");
  rule.inside = row.Get<std::int64_t>("inside");
  return rule;
}

}  // namespace

std::vector<Rule> RulesStore::List(Transaction& tx, core::ProductId product) {
  std::vector<Rule> rules;
  for (const auto& row : tx.Execute(kList, product)) rules.push_back(ReadRule(row));
  return rules;
}

std::optional<Rule> RulesStore::Find(Transaction& tx, core::ProductId product, RuleId rule) {
  const auto rows = tx.Execute(kFind, product, rule);
  if (rows.empty()) return std::nullopt;
  return ReadRule(rows.Only());
}

RuleCounts RulesStore::Count(Transaction& tx, core::ProductId product) {
  const auto row = tx.Execute(
                         "SELECT count(*) AS rules, count(*) FILTER (WHERE state = $2 AND broken = "
                         "'') AS active FROM rule WHERE product_id = $1",
                         product, static_cast<int>(v1::RULE_ACTIVE))
                       .Only();
  return {row.Get<std::int64_t>("rules"), row.Get<std::int64_t>("active")};
}

RuleId RulesStore::Insert(Transaction& tx, const Rule& rule) {
  const auto& definition = rule.definition;
  const auto rows = tx.Execute(kInsert, rule.product, definition.name, definition.profile,
                               definition.kind, postgres::Bytea(DefinitionBytes(definition)),
                               StateOf(definition), definition.catch_up, rule.created_at,
                               rule.updated_at, rule.settling, rule.settle_firing);
  if (rows.empty()) ThrowTaken();
  return rows.Only().Get<RuleId>("rule_id");
}

void RulesStore::Update(Transaction& tx, const Rule& rule) {
  const auto& definition = rule.definition;
  const auto taken =
      tx.Execute("SELECT 1 FROM rule WHERE product_id = $1 AND name = $2 AND rule_id <> $3",
                 rule.product, definition.name, rule.id);
  if (!taken.empty()) ThrowTaken();
  tx.Execute(kUpdate, rule.product, rule.id, definition.name, definition.profile,
             postgres::Bytea(DefinitionBytes(definition)), StateOf(definition), definition.catch_up,
             rule.updated_at, rule.generation, rule.settling, rule.settle_firing, rule.settle_after,
             rule.broken);
}

bool RulesStore::Delete(Transaction& tx, core::ProductId product, RuleId rule) {
  return tx.Execute(kDelete, product, rule).affected() > 0;
}

std::vector<BrokenRule> RulesStore::Broken(Transaction& tx, core::ProductId product) {
  std::vector<BrokenRule> rules;
  for (const auto& row : tx.Execute(kBroken, product)) {
    rules.push_back({row.Get<RuleId>("rule_id"), row.Get<std::string>("name"),
                     row.Get<std::string>("broken"), row.Get<core::TimePoint>("broken_at"),
                     row.Get<std::int64_t>("inside")});
  }
  return rules;
}

std::vector<InsideRule> RulesStore::InsideOf(Transaction& tx, const Subject& subject) {
  std::vector<InsideRule> rules;
  for (const auto& row : tx.Execute(kInsideOf, subject.product, subject.kind, subject.id)) {
    rules.push_back({row.Get<RuleId>("rule_id"), row.Get<std::string>("name"),
                     row.Get<EntryState>("state"), row.Get<core::TimePoint>("entered_at")});
  }
  return rules;
}

}  // namespace accoil::tagging
