#include "services/gateway/connections_json.h"

#include <nlohmann/json.hpp>
#include <string>

#include "services/gateway/enum_json.h"
#include "services/gateway/json_object.h"
#include "services/gateway/json_values.h"

namespace accoil::gateway {
namespace {

using connections::v1::Scope;
using events::v1::SubjectKind;
using events::v1::SyncMode;
using events::v1::TraitDefinition;
using events::v1::TraitType;
using nlohmann::json;
using nlohmann::ordered_json;

ordered_json DefinitionToJson(const TraitDefinition& trait) {
  auto on = ordered_json::array();
  for (const auto kind : trait.on()) on.push_back(EnumToJson(static_cast<SubjectKind>(kind)));
  return {{"name", trait.name()},
          {"type", EnumToJson(trait.type())},
          {"on", std::move(on)},
          {"definition", trait.definition()}};
}

TraitDefinition DefinitionFromJson(const json& value, const std::string& path) {
  JsonObject object(value, path);
  TraitDefinition trait;
  trait.set_name(object.Text("name"));
  trait.set_type(EnumFromJson<TraitType>(object.Text("type"), object.PathOf("type")));
  const auto& on = object.Array("on");
  for (std::size_t i = 0; i < on.size(); ++i) {
    const auto at = Element(object.PathOf("on"), i);
    trait.add_on(EnumFromJson<SubjectKind>(TextAt(on[i], at), at));
  }
  if (const auto* definition = object.FindText("definition")) trait.set_definition(*definition);
  object.Finish();
  return trait;
}

/// What may be said of a connection that is being made; what is left out stays as it was.
template <typename Request>
void ReadSettings(JsonObject& object, core::ProductId product, Request& request) {
  request.set_product_id(product.value());
  if (const auto* prefix = object.FindText("attribute_prefix")) {
    request.set_attribute_prefix(*prefix);
  }
  if (object.Find("match_by_external_id") != nullptr) {
    request.set_match_by_external_id(object.Boolean("match_by_external_id", false));
  }
  object.Finish();
}

}  // namespace

ordered_json ToJson(const connections::v1::Product& product) {
  return {{"product_id", product.product_id()}, {"name", product.name()}};
}

connections::v1::CreateProductRequest CreateProductFromJson(const json& body) {
  JsonObject object(body);
  connections::v1::CreateProductRequest request;
  request.set_name(object.Text("name"));
  object.Finish();
  return request;
}

ordered_json ToJson(const connections::v1::Profile& profile) {
  auto catalogue = ordered_json::array();
  for (const auto& trait : profile.catalogue()) catalogue.push_back(DefinitionToJson(trait));
  return {{"profile_id", profile.profile_id()},
          {"name", profile.name()},
          {"summary", profile.summary()},
          {"sync_mode", EnumToJson(profile.sync_mode())},
          {"catalogue", std::move(catalogue)}};
}

connections::v1::Profile ProfileFromJson(const json& body, const core::ProfileId& profile) {
  JsonObject object(body);
  connections::v1::Profile parsed;
  if (const auto* id = object.FindText("profile_id"); id != nullptr && *id != profile.value()) {
    throw FieldProblem(Fault::kInvalidValue, "profile_id",
                       "must be the one in the path, or left out");
  }
  parsed.set_profile_id(profile.value());
  parsed.set_name(object.Text("name"));
  parsed.set_summary(object.Boolean("summary", false));
  parsed.set_sync_mode(EnumFromJson<SyncMode>(object.Text("sync_mode"), "sync_mode"));
  if (const auto* catalogue = object.FindArray("catalogue")) {
    for (std::size_t i = 0; i < catalogue->size(); ++i) {
      *parsed.add_catalogue() = DefinitionFromJson((*catalogue)[i], Element("catalogue", i));
    }
  }
  object.Finish();
  return parsed;
}

ordered_json ToJson(const connections::v1::Connection& connection) {
  return {{"product_id", connection.product_id()},
          {"workspace_id", connection.workspace_id()},
          {"workspace_name", connection.workspace_name()},
          {"region", connection.region()},
          {"state", EnumToJson(connection.state())},
          {"state_reason", connection.state_reason()},
          {"attribute_prefix", connection.attribute_prefix()},
          {"match_by_external_id", connection.match_by_external_id()},
          {"origin", EnumToJson(connection.origin())},
          {"connected_at", TimeOrNull(connection.has_connected_at(), connection.connected_at())}};
}

connections::v1::PutConnectionRequest PutConnectionFromJson(const json& body,
                                                            core::ProductId product) {
  JsonObject object(body);
  connections::v1::PutConnectionRequest request;
  request.set_product_id(product.value());
  request.set_access_token(object.Text("access_token"));
  if (const auto* secret = object.FindText("client_secret")) request.set_client_secret(*secret);
  if (const auto* prefix = object.FindText("attribute_prefix")) {
    request.set_attribute_prefix(*prefix);
  }
  request.set_match_by_external_id(object.Boolean("match_by_external_id", false));
  object.Finish();
  return request;
}

std::variant<connections::v1::StartConnectRequest, connections::v1::ClaimInstallationRequest>
ConnectFromJson(const json& body, core::ProductId product) {
  JsonObject object(body);
  if (const auto* installation = object.FindText("installation")) {
    connections::v1::ClaimInstallationRequest request;
    request.set_installation(*installation);
    ReadSettings(object, product, request);
    return request;
  }
  connections::v1::StartConnectRequest request;
  ReadSettings(object, product, request);
  return request;
}

ordered_json ToJson(const connections::v1::StartConnectResponse& started) {
  return {{"authorize_url", started.authorize_url()},
          {"expires_at", TimeOrNull(started.has_expires_at(), started.expires_at())}};
}

connections::v1::CreateApiKeyRequest CreateApiKeyFromJson(const json& body,
                                                          core::ProductId product) {
  JsonObject object(body);
  connections::v1::CreateApiKeyRequest request;
  request.set_product_id(product.value());
  request.set_label(object.Text("label"));
  const auto& scopes = object.Array("scopes");
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    const auto at = Element("scopes", i);
    request.add_scopes(EnumFromJson<Scope>(TextAt(scopes[i], at), at));
  }
  object.Finish();
  return request;
}

ordered_json ToJson(const connections::v1::CreateApiKeyResponse& created) {
  return {{"api_key_id", created.api_key_id()}, {"api_key", created.api_key()}};
}

ordered_json ToJson(const connections::v1::ApiKey& api_key) {
  auto scopes = ordered_json::array();
  for (const auto scope : api_key.scopes()) {
    scopes.push_back(EnumToJson(static_cast<Scope>(scope)));
  }
  return {{"api_key_id", api_key.api_key_id()},
          {"label", api_key.label()},
          {"scopes", std::move(scopes)},
          {"created_at", TimeOrNull(api_key.has_created_at(), api_key.created_at())},
          {"last_used_at", TimeOrNull(api_key.has_last_used_at(), api_key.last_used_at())},
          {"revoked_at", TimeOrNull(api_key.has_revoked_at(), api_key.revoked_at())}};
}

}  // namespace accoil::gateway
