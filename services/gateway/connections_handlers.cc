#include "services/gateway/connections_handlers.h"

#include <nlohmann/json.hpp>
#include <string>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/gateway/connections_json.h"
#include "services/gateway/json_message.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

}  // namespace

http::Response ConnectionsHandlers::CreateProduct(const json& body) {
  return JsonResponse(201, ToJson(connections_.CreateProduct(CreateProductFromJson(body))));
}

http::Response ConnectionsHandlers::ListProducts() {
  auto products = ordered_json::array();
  const auto list = connections_.ListProducts();
  for (const auto& product : list.products()) products.push_back(ToJson(product));
  return JsonResponse(200, {{"products", std::move(products)}});
}

http::Response ConnectionsHandlers::GetProduct(const Call& call) {
  return JsonResponse(
      200, ToJson(connections_.GetProduct(OfProduct<connections::v1::GetProductRequest>(call))));
}

http::Response ConnectionsHandlers::CreateApiKey(const Call& call, const json& body) {
  auto response = JsonResponse(
      201, ToJson(connections_.CreateApiKey(CreateApiKeyFromJson(body, call.product))));
  // The only time that the key is shown: no cache on the way may keep it.
  response.headers["Cache-Control"] = "no-store";
  return response;
}

http::Response ConnectionsHandlers::ListApiKeys(const Call& call) {
  auto keys = ordered_json::array();
  const auto list = connections_.ListApiKeys(OfProduct<connections::v1::ListApiKeysRequest>(call));
  for (const auto& key : list.api_keys()) keys.push_back(ToJson(key));
  return JsonResponse(200, {{"api_keys", std::move(keys)}});
}

http::Response ConnectionsHandlers::RevokeApiKey(const Call& call) {
  const auto id = core::ParseInteger<std::int64_t>(call.request.Parameter("key"));
  if (!id || *id <= 0) throw core::NotFound("no such API key");
  auto request = OfProduct<connections::v1::RevokeApiKeyRequest>(call);
  request.set_api_key_id(*id);
  connections_.RevokeApiKey(request);
  api_keys_.Forget(*id);
  http::Response response;
  response.status = 204;
  return response;
}

http::Response ConnectionsHandlers::GetConnection(const Call& call) {
  return JsonResponse(
      200,
      ToJson(connections_.GetConnection(OfProduct<connections::v1::GetConnectionRequest>(call))));
}

http::Response ConnectionsHandlers::PutConnection(const Call& call, const json& body) {
  return JsonResponse(
      200, ToJson(connections_.PutConnection(PutConnectionFromJson(body, call.product))));
}

http::Response ConnectionsHandlers::Connect(const Call& call, const json& body) {
  auto request = ConnectFromJson(body, call.product);
  if (const auto* claim = std::get_if<connections::v1::ClaimInstallationRequest>(&request)) {
    return JsonResponse(200, ToJson(connections_.ClaimInstallation(*claim)));
  }
  auto& start = std::get<connections::v1::StartConnectRequest>(request);
  start.set_api_key_id(call.api_key_id);
  auto response = JsonResponse(201, ToJson(connections_.StartConnect(start)));
  // Whoever has the address can connect the product to a workspace of theirs.
  response.headers["Cache-Control"] = "no-store";
  return response;
}

http::Response ConnectionsHandlers::Disconnect(const Call& call) {
  return JsonResponse(
      202, ToJson(connections_.Disconnect(OfProduct<connections::v1::DisconnectRequest>(call))));
}

}  // namespace accoil::gateway
