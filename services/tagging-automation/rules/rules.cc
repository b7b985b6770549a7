#include "services/tagging-automation/rules/rules.h"

#include "libs/core/errors.h"
#include "services/tagging-automation/rules/rule_message.h"
#include "services/tagging-automation/rules/rule_preview.h"
#include "services/tagging-automation/rules/settle_plan.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

[[noreturn]] void ThrowNoRule(std::int64_t rule) {
  throw core::NotFound("the product has no rule " + std::to_string(rule));
}

void CheckProduct(std::int64_t product, const std::string& field) {
  if (product <= 0) throw core::InvalidArgument(field, "must be above 0");
}

Profile RequireProfile(Transaction& tx, core::ProductId product, const core::ProfileId& profile) {
  auto found = RulesStore::FindProfile(tx, product, profile);
  if (!found) throw core::NotFound("the product has no profile " + profile.value());
  return std::move(*found);
}

/// Throws core::InvalidArgument when the profile does not have what the rule speaks of.
void CheckAgainst(const Rule& rule, const Profile& profile) {
  const ProfileFields fields(rule.definition.kind, profile);
  const CompiledRule compiled(rule, fields);
  if (compiled.broken()) throw core::InvalidArgument(*compiled.broken());
}

}  // namespace

Rules::Rules(postgres::Database& database, WishTaker& taker, const core::Clock& clock,
             RuleConfig config, std::function<void()> settle)
    : database_(database),
      taker_(taker),
      clock_(clock),
      config_(config),
      settle_(std::move(settle)) {}

v1::Rule Rules::Create(const v1::CreateRuleRequest& request) {
  CheckProduct(request.rule().product_id(), "product_id");
  auto message = request.rule();
  if (message.state() == v1::RULE_STATE_UNSPECIFIED) message.set_state(v1::RULE_ACTIVE);
  Rule rule;
  rule.product = core::ProductId(message.product_id());
  rule.definition = DefinitionOf(message);
  rule.created_at = clock_.Now();
  rule.updated_at = rule.created_at;
  PlanSettling(rule, request.apply_to_existing());
  return database_.Transact([&](Transaction& tx) {
    RulesStore::ChangeVersions(tx, {rule.product});
    CheckAgainst(rule, RequireProfile(tx, rule.product, rule.definition.profile));
    if (RulesStore::Count(tx, rule.product).rules >= kMost) {
      throw core::FailedPrecondition("the product has " + std::to_string(kMost) +
                                     " rules, the most there can be: delete one first");
    }
    const auto id = RulesStore::Insert(tx, rule);
    tx.AfterCommit(settle_);
    return ToMessage(RulesStore::Find(tx, rule.product, id).value());
  });
}

v1::Rule Rules::Get(const v1::GetRuleRequest& request) {
  CheckProduct(request.product_id(), "product_id");
  return database_.Transact([&](Transaction& tx) {
    const auto rule =
        RulesStore::Find(tx, core::ProductId(request.product_id()), RuleId(request.rule_id()));
    if (!rule) ThrowNoRule(request.rule_id());
    return ToMessage(*rule);
  });
}

v1::ListRulesResponse Rules::List(const v1::ListRulesRequest& request) {
  CheckProduct(request.product_id(), "product_id");
  return database_.Transact([&](Transaction& tx) {
    v1::ListRulesResponse response;
    for (const auto& rule : RulesStore::List(tx, core::ProductId(request.product_id()))) {
      *response.add_rules() = ToMessage(rule);
    }
    return response;
  });
}

v1::Rule Rules::Update(const v1::UpdateRuleRequest& request) {
  const auto& message = request.rule();
  CheckProduct(message.product_id(), "product_id");
  Rule rule;
  rule.product = core::ProductId(message.product_id());
  rule.id = RuleId(message.rule_id());
  rule.definition = DefinitionOf(message);
  return database_.Transact([&](Transaction& tx) {
    RulesStore::ChangeVersions(tx, {rule.product});
    const auto before = RulesStore::Find(tx, rule.product, rule.id);
    if (!before) ThrowNoRule(message.rule_id());
    if (before->definition.kind != rule.definition.kind) {
      throw core::InvalidArgument("kind", "cannot be changed; make another rule");
    }
    rule.created_at = before->created_at;
    rule.updated_at = clock_.Now();
    CheckAgainst(rule, RequireProfile(tx, rule.product, rule.definition.profile));
    PlanSettling(*before, rule, request.apply_to_existing());
    RulesStore::Update(tx, rule);
    tx.AfterCommit(settle_);
    return ToMessage(RulesStore::Find(tx, rule.product, rule.id).value());
  });
}

v1::DeleteRuleResponse Rules::Delete(const v1::DeleteRuleRequest& request) {
  CheckProduct(request.product_id(), "product_id");
  const core::ProductId product(request.product_id());
  const RuleId rule(request.rule_id());
  database_.Transact([&](Transaction& tx) {
    RulesStore::ChangeVersions(tx, {product});
    if (!RulesStore::Delete(tx, product, rule)) return;
    taker_.Forget(tx, product, rule);
    tx.AfterCommit(settle_);
  });
  return {};
}

v1::PreviewRuleResponse Rules::Preview(const v1::PreviewRuleRequest& request) {
  CheckProduct(request.product_id(), "product_id");
  const core::ProductId product(request.product_id());
  Rule rule;
  Profile profile;
  database_.Transact([&](Transaction& tx) {
    const auto found = RulesStore::Find(tx, product, RuleId(request.rule_id()));
    if (!found) ThrowNoRule(request.rule_id());
    rule = *found;
    profile = RequireProfile(tx, product, rule.definition.profile);
  });
  const auto problem = ProblemOf(rule, &profile);
  if (!problem.empty()) {
    throw core::FailedPrecondition("the rule has to be corrected first: " + problem);
  }
  const ProfileFields fields(rule.definition.kind, profile);
  const CompiledRule compiled(rule, fields);
  return RulePreview(database_, compiled, fields, clock_.Now()).Run(config_.preview_time);
}

}  // namespace accoil::tagging
