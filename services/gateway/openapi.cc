#include "services/gateway/openapi.h"

#include <nlohmann/json.hpp>

#include "services/gateway/openapi_pieces.h"

namespace accoil::gateway {

using nlohmann::ordered_json;

ordered_json OpenApiDocument() {
  auto document = ordered_json::object();
  for (const auto piece : OpenApiPieces()) document.update(ordered_json::parse(piece), true);
  document["info"]["version"] = ACCOIL_VERSION;
  return document;
}

OpenApi::OpenApi() : body_(OpenApiDocument().dump()) {}

http::Response OpenApi::Get() const {
  http::Response response;
  response.body = body_;
  return response;
}

}  // namespace accoil::gateway
