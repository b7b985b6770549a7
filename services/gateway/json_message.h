#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "libs/http/message.h"
#include "services/gateway/route.h"

/// JSON bodies of requests and answers.
namespace accoil::gateway {

/// An answer with a JSON body.
http::Response JsonResponse(int status, const nlohmann::ordered_json& body);

/// The media type of a body, lower-case and without its parameters, when the body is of one of
/// `allowed`, in UTF-8 and not compressed; else the answer (415) that says so.
struct MediaType {
  std::string_view type;
  std::optional<http::Response> refusal;
};
MediaType CheckMediaType(const http::Request& request,
                         std::initializer_list<std::string_view> allowed);

/// A handler that is given the body as JSON. Refuses what is not application/json with 415, what
/// cannot be parsed with 400.
std::function<http::Response(const Call&)> TakesJson(
    std::function<http::Response(const Call&, const nlohmann::json& body)> handler);

}  // namespace accoil::gateway
