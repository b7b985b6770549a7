#include "services/gateway/sync_handlers.h"

#include <nlohmann/json.hpp>

#include "services/gateway/json_message.h"
#include "services/gateway/sync_json.h"

namespace accoil::gateway {

http::Response SyncHandlers::GetSummary(const Call& call) {
  return JsonResponse(
      200, ToJson(trait_sync_.GetSummary(OfProduct<traitsync::v1::GetSummaryRequest>(call))));
}

http::Response SyncHandlers::StartSweep(const Call& call) {
  trait_sync_.StartSweep(OfProduct<traitsync::v1::StartSweepRequest>(call));
  return JsonResponse(202, nlohmann::ordered_json::object());
}

http::Response SyncHandlers::ListSetAside(const Call& call) {
  return JsonResponse(
      200, ToJson(trait_sync_.ListSetAside(OfProduct<traitsync::v1::ListSetAsideRequest>(call))));
}

http::Response SyncHandlers::ListAttributes(const Call& call) {
  return JsonResponse(
      200,
      ToJson(trait_sync_.ListAttributes(OfProduct<traitsync::v1::ListAttributesRequest>(call))));
}

}  // namespace accoil::gateway
