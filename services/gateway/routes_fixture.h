#pragma once

#include <string>
#include <vector>

#include "services/gateway/faked_routes.h"
#include "tests/catch.h"

/// What the tests of routes share.
namespace accoil::gateway {

/// Every answer has to be as the description of the API says.
struct RoutesFixture : FakedRoutes {
  const Route& Find(const std::string& method, const std::string& path) const {
    for (const auto& route : routes) {
      if (route.method == method && route.path == path) return route;
    }
    FAIL("no route " << method << " " << path);
    return routes.front();
  }

  /// A request that fits the route, of product 7.
  static http::Request RequestFor(const Route& route) {
    http::Request request;
    request.method = route.method;
    request.path = route.path;
    if (route.path.find("{product}") != std::string::npos) request.parameters["product"] = "7";
    request.parameters["profile"] = "trial";
    request.parameters["run"] = "5";
    request.parameters["rule"] = "3";
    request.parameters["job"] = kJob;
    request.parameters["key"] = "99";
    request.parameters["kind"] = "user";
    request.parameters["subject_id"] = "u1";
    return request;
  }

  http::Response Send(const Route& route, const std::string& key, http::Request request) {
    if (!key.empty()) request.headers["Authorization"] = "Bearer " + key;
    auto response = gate.Guard(route)(request);
    CHECK(description.Problems(route.method, route.path, response) == std::vector<std::string>());
    return response;
  }
  http::Response Send(const Route& route, const std::string& key) {
    return Send(route, key, RequestFor(route));
  }
  http::Response Send(const std::string& method, const std::string& path, const std::string& key,
                      const std::string& body = {}) {
    const auto& route = Find(method, path);
    auto request = RequestFor(route);
    request.body = body;
    if (!body.empty()) request.headers["Content-Type"] = "application/json";
    return Send(route, key, request);
  }
};

}  // namespace accoil::gateway
