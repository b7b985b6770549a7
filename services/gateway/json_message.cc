#include "services/gateway/json_message.h"

#include <nlohmann/json.hpp>
#include <string>

#include "libs/core/json.h"
#include "libs/core/text.h"

namespace accoil::gateway {

http::Response JsonResponse(int status, const nlohmann::ordered_json& body) {
  http::Response response;
  response.status = status;
  // Bytes that are no UTF-8 would come from a defect elsewhere; an answer with a replacement
  // character helps more than none.
  response.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return response;
}

MediaType CheckMediaType(const http::Request& request,
                         std::initializer_list<std::string_view> allowed) {
  std::string all;
  for (const auto type : allowed) all += (all.empty() ? "" : ", ") + std::string(type);
  const auto refuse = [](const std::string& detail) {
    return MediaType{{}, http::Problem(415, detail)};
  };
  const auto encoding = request.Header("Content-Encoding");
  if (!encoding.empty() && core::ToLower(encoding) != "identity") {
    return refuse("send the body without Content-Encoding");
  }
  const auto header = core::ToLower(request.Header("Content-Type"));
  const auto end = header.find(';');
  const auto type = core::Trim(std::string_view(header).substr(0, end));
  const auto found = std::find(allowed.begin(), allowed.end(), type);
  if (found == allowed.end()) return refuse("send the body with Content-Type: " + all);
  if (const auto charset = header.find("charset="); charset != std::string::npos) {
    const auto name = std::string_view(header).substr(charset + 8);
    if (!name.starts_with("utf-8") && !name.starts_with("\"utf-8\"")) {
      return refuse("send the body in UTF-8");
    }
  }
  return {*found, std::nullopt};
}

std::function<http::Response(const Call&)> TakesJson(
    std::function<http::Response(const Call&, const nlohmann::json& body)> handler) {
  return [handler = std::move(handler)](const Call& call) {
    if (auto refusal = CheckMediaType(call.request, {"application/json"}).refusal) {
      return *std::move(refusal);
    }
    // The server has limited the size already.
    return handler(call, core::ParseJson(call.request.body, {.size = call.request.body.size()}));
  };
}

}  // namespace accoil::gateway
