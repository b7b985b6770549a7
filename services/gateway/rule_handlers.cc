#include "services/gateway/rule_handlers.h"

#include <array>
#include <nlohmann/json.hpp>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/gateway/field_names.h"
#include "services/gateway/json_message.h"
#include "services/gateway/rule_json.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// In JSON a trigger's members stand beside its type.
constexpr std::array<FieldName, 5> kFields{{{"trigger.enters_segment", "trigger"},
                                            {"trigger.activation_milestone", "trigger"},
                                            {"trigger.score_change", "trigger"},
                                            {"trigger.new_subject", "trigger"},
                                            {"trigger.custom", "trigger"}}};

std::int64_t RuleIdOf(const Call& call) {
  const auto id = core::ParseInteger<std::int64_t>(call.request.Parameter("rule"));
  if (!id || *id <= 0) throw core::NotFound("no such rule");
  return *id;
}

/// A request that names the path's rule.
template <typename Request>
Request OfRule(const Call& call) {
  auto request = OfProduct<Request>(call);
  request.set_rule_id(RuleIdOf(call));
  return request;
}

/// A request with the body's rule of the call's product.
template <typename Request>
Request WithRule(const Call& call, const json& body) {
  auto change = RuleFromJson(body);
  Request request;
  *request.mutable_rule() = std::move(change.rule);
  request.mutable_rule()->set_product_id(call.product.value());
  request.set_apply_to_existing(change.apply_to_existing);
  return request;
}

}  // namespace

http::Response RuleHandlers::Create(const Call& call, const json& body) {
  const auto request = WithRule<tagging::v1::CreateRuleRequest>(call, body);
  return JsonResponse(201, ToJson(Renaming(kFields, [&] { return tagging_.CreateRule(request); })));
}

http::Response RuleHandlers::List(const Call& call) {
  auto rules = ordered_json::array();
  const auto list = tagging_.ListRules(OfProduct<tagging::v1::ListRulesRequest>(call));
  for (const auto& rule : list.rules()) rules.push_back(ToJson(rule));
  return JsonResponse(200, {{"rules", std::move(rules)}});
}

http::Response RuleHandlers::Get(const Call& call) {
  return JsonResponse(200, ToJson(tagging_.GetRule(OfRule<tagging::v1::GetRuleRequest>(call))));
}

http::Response RuleHandlers::Put(const Call& call, const json& body) {
  const auto id = RuleIdOf(call);
  auto request = WithRule<tagging::v1::UpdateRuleRequest>(call, body);
  request.mutable_rule()->set_rule_id(id);
  return JsonResponse(200, ToJson(Renaming(kFields, [&] { return tagging_.UpdateRule(request); })));
}

http::Response RuleHandlers::Delete(const Call& call) {
  tagging_.DeleteRule(OfRule<tagging::v1::DeleteRuleRequest>(call));
  http::Response response;
  response.status = 204;
  return response;
}

http::Response RuleHandlers::Preview(const Call& call) {
  return JsonResponse(200,
                      ToJson(tagging_.PreviewRule(OfRule<tagging::v1::PreviewRuleRequest>(call))));
}

}  // namespace accoil::gateway
