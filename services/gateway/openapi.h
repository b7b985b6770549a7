#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "libs/http/message.h"

namespace accoil::gateway {

/// The description of the REST API (OpenAPI 3.1), put together from the pieces in openapi/, which
/// are compiled in: each piece holds what belongs to one area, the objects of all are merged.
nlohmann::ordered_json OpenApiDocument();

/// Serves the description. Any thread.
class OpenApi {
 public:
  OpenApi();
  http::Response Get() const;

 private:
  std::string body_;
};

}  // namespace accoil::gateway
