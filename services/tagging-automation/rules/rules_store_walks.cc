#include "services/tagging-automation/rules/rules_store.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

std::vector<core::SubjectId> ReadIds(const postgres::Result& rows) {
  std::vector<core::SubjectId> ids;
  for (const auto& row : rows) ids.push_back(row.Get<core::SubjectId>("subject_id"));
  return ids;
}

core::SubjectId From(const std::optional<core::SubjectId>& after) {
  return after.value_or(core::SubjectId());
}

}  // namespace

std::vector<std::pair<core::ProductId, RuleId>> RulesStore::FindSettling(Transaction& tx,
                                                                         int most) {
  std::vector<std::pair<core::ProductId, RuleId>> rules;
  for (const auto& row :
       tx.Execute("SELECT product_id, rule_id FROM rule WHERE settling <> 0 AND broken = '' "
                  "ORDER BY rule_id LIMIT $1",
                  most)) {
    rules.emplace_back(row.Get<core::ProductId>("product_id"), row.Get<RuleId>("rule_id"));
  }
  return rules;
}

std::optional<Rule> RulesStore::LockSettling(Transaction& tx, RuleId id) {
  const auto rows = tx.Execute(
      "SELECT product_id FROM rule WHERE rule_id = $1 AND settling <> 0 AND broken = '' "
      "FOR UPDATE SKIP LOCKED",
      id);
  if (rows.empty()) return std::nullopt;
  return Find(tx, rows.Only().Get<core::ProductId>("product_id"), id);
}

void RulesStore::AdvanceSettling(Transaction& tx, RuleId rule,
                                 const std::optional<core::SubjectId>& after) {
  tx.Execute(
      "UPDATE rule SET settle_after = $2::text, "
      "settling = CASE WHEN $2::text IS NULL THEN 0 ELSE settling END WHERE rule_id = $1",
      rule, after);
}

std::vector<core::SubjectId> RulesStore::NextMeasured(Transaction& tx, const Rule& rule,
                                                      const std::optional<core::SubjectId>& after,
                                                      int most) {
  return ReadIds(tx.Execute(R"sql(
    SELECT subject_id FROM (
      (SELECT subject_id FROM facts
       WHERE product_id = $1 AND kind = $2 AND profile_id = $3 AND subject_id > $4
       ORDER BY subject_id LIMIT $6)
      UNION
      (SELECT subject_id FROM rule_subject
       WHERE rule_id = $5 AND subject_id > $4 AND inside ORDER BY subject_id LIMIT $6)
    ) AS both_of_them
    ORDER BY subject_id LIMIT $6
  )sql",
                            rule.product, rule.definition.kind, rule.definition.profile,
                            From(after), rule.id, most));
}

std::vector<core::SubjectId> RulesStore::NextExisting(Transaction& tx, const Rule& rule,
                                                      const std::optional<core::TimePoint>& since,
                                                      const std::optional<core::SubjectId>& after,
                                                      int most) {
  return ReadIds(tx.Execute(R"sql(
    SELECT subject_id FROM (
      (SELECT subject_id FROM subject
       WHERE product_id = $1 AND kind = $2 AND subject_id > $3 AND NOT removed
         AND first_seen_at >= coalesce($4::timestamptz, '-infinity')
       ORDER BY subject_id LIMIT $6)
      UNION
      (SELECT subject_id FROM rule_subject
       WHERE rule_id = $5 AND subject_id > $3 AND inside ORDER BY subject_id LIMIT $6)
    ) AS both_of_them
    ORDER BY subject_id LIMIT $6
  )sql",
                            rule.product, rule.definition.kind, From(after), since, rule.id, most));
}

std::vector<core::SubjectId> RulesStore::NextInside(Transaction& tx, const Rule& rule,
                                                    const std::optional<core::SubjectId>& after,
                                                    int most) {
  return ReadIds(
      tx.Execute("SELECT subject_id FROM rule_subject WHERE rule_id = $1 AND inside "
                 "AND subject_id > $2 ORDER BY subject_id LIMIT $3",
                 rule.id, From(after), most));
}

bool RulesStore::CleanUpDeleted(Transaction& tx, int most) {
  const auto rules = tx.Execute("SELECT rule_id FROM deleted_rule LIMIT 1 FOR UPDATE SKIP LOCKED");
  if (rules.empty()) return false;
  const auto rule = rules.Only().Get<RuleId>("rule_id");
  const auto deleted = tx.Execute(
      "DELETE FROM rule_subject WHERE ctid = ANY (ARRAY(SELECT ctid FROM rule_subject "
      "WHERE rule_id = $1 LIMIT $2))",
      rule, most);
  if (deleted.affected() == 0) tx.Execute("DELETE FROM deleted_rule WHERE rule_id = $1", rule);
  return true;
}

}  // namespace accoil::tagging
