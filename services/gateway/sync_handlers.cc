#include "services/gateway/sync_handlers.h"

#include <nlohmann/json.hpp>

#include "services/gateway/json_message.h"
#include "services/gateway/sync_json.h"

namespace accoil::gateway {

http::Response SyncHandlers::GetSummary(const Call& call) {
  traitsync::v1::GetSummaryRequest request;
  request.set_product_id(call.product.value());
  return JsonResponse(200, ToJson(trait_sync_.GetSummary(request)));
}

http::Response SyncHandlers::StartSweep(const Call& call) {
  traitsync::v1::StartSweepRequest request;
  request.set_product_id(call.product.value());
  trait_sync_.StartSweep(request);
  return JsonResponse(202, nlohmann::ordered_json::object());
}

http::Response SyncHandlers::ListSetAside(const Call& call) {
  traitsync::v1::ListSetAsideRequest request;
  request.set_product_id(call.product.value());
  return JsonResponse(200, ToJson(trait_sync_.ListSetAside(request)));
}

}  // namespace accoil::gateway
