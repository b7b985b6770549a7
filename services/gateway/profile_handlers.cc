#include "services/gateway/profile_handlers.h"

#include <nlohmann/json.hpp>

#include "services/gateway/connections_json.h"
#include "services/gateway/json_message.h"
#include "services/gateway/query.h"
#include "services/gateway/sync_json.h"

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

bool IsPreview(const Call& call) { return FlagOf(call.request, "preview"); }

}  // namespace

http::Response ProfileHandlers::List(const Call& call) {
  auto profiles = ordered_json::array();
  const auto list =
      connections_.ListProfiles(OfProduct<connections::v1::ListProfilesRequest>(call));
  for (const auto& profile : list.profiles()) profiles.push_back(ToJson(profile));
  return JsonResponse(200, {{"profiles", std::move(profiles)}});
}

http::Response ProfileHandlers::Get(const Call& call) {
  return JsonResponse(
      200, ToJson(connections_.GetProfile(OfProfile<connections::v1::GetProfileRequest>(call))));
}

http::Response ProfileHandlers::Put(const Call& call, const json& body) {
  const bool preview = IsPreview(call);
  auto request = OfProduct<connections::v1::PutProfileRequest>(call);
  *request.mutable_profile() =
      ProfileFromJson(body, core::ProfileId(call.request.Parameter("profile")));
  request.set_validate_only(preview);
  const auto profile = connections_.PutProfile(request);
  if (!preview) return JsonResponse(200, ToJson(profile));
  auto what_if = OfProfile<traitsync::v1::PreviewProfileRequest>(call);
  what_if.set_name(request.profile().name());
  *what_if.mutable_catalogue() = request.profile().catalogue();
  what_if.set_sync_mode(request.profile().sync_mode());
  return JsonResponse(200, ToJson(trait_sync_.PreviewProfile(what_if)));
}

http::Response ProfileHandlers::Delete(const Call& call) {
  if (IsPreview(call)) {
    connections_.GetProfile(OfProfile<connections::v1::GetProfileRequest>(call));
    auto what_if = OfProfile<traitsync::v1::PreviewProfileRequest>(call);
    what_if.set_removed(true);
    return JsonResponse(200, ToJson(trait_sync_.PreviewProfile(what_if)));
  }
  connections_.DeleteProfile(OfProfile<connections::v1::DeleteProfileRequest>(call));
  http::Response response;
  response.status = 204;
  return response;
}

}  // namespace accoil::gateway
