#include "services/gateway/connections_handlers.h"

#include <nlohmann/json.hpp>
#include <string>

#include "services/gateway/connections_json.h"
#include "services/gateway/json_message.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// A request that names the path's profile.
template <typename Request>
Request OfProfile(const Call& call) {
  auto request = OfProduct<Request>(call);
  request.set_profile_id(call.request.Parameter("profile"));
  return request;
}

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

http::Response ConnectionsHandlers::ListProfiles(const Call& call) {
  auto profiles = ordered_json::array();
  const auto list =
      connections_.ListProfiles(OfProduct<connections::v1::ListProfilesRequest>(call));
  for (const auto& profile : list.profiles()) profiles.push_back(ToJson(profile));
  return JsonResponse(200, {{"profiles", std::move(profiles)}});
}

http::Response ConnectionsHandlers::GetProfile(const Call& call) {
  return JsonResponse(
      200, ToJson(connections_.GetProfile(OfProfile<connections::v1::GetProfileRequest>(call))));
}

http::Response ConnectionsHandlers::PutProfile(const Call& call, const json& body) {
  auto request = OfProduct<connections::v1::PutProfileRequest>(call);
  *request.mutable_profile() =
      ProfileFromJson(body, core::ProfileId(call.request.Parameter("profile")));
  return JsonResponse(200, ToJson(connections_.PutProfile(request)));
}

http::Response ConnectionsHandlers::DeleteProfile(const Call& call) {
  connections_.DeleteProfile(OfProfile<connections::v1::DeleteProfileRequest>(call));
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

}  // namespace accoil::gateway
