#include "libs/http/message.h"

#include <nlohmann/json.hpp>

#include "libs/core/errors.h"
#include "libs/http/failure.h"
#include "tests/catch.h"

namespace accoil::http {
namespace {

template <typename Error>
Response Thrown(const Error& error) {
  return FromFailure(std::make_exception_ptr(error), Request{}, telemetry::Logger::Silent());
}

TEST_CASE("header names do not care about case") {
  Request request;
  request.headers["Content-Type"] = "text/plain";
  CHECK(request.Header("content-type") == "text/plain");
  CHECK(request.Header("accept").empty());
  request.headers["CONTENT-TYPE"] = "application/json";
  CHECK(request.headers.size() == 1);
}

TEST_CASE("a problem is valid JSON whatever it quotes") {
  const auto response = Problem(400, "not UTF-8: \xFF \"", "items[3]");
  CHECK(response.content_type == "application/problem+json");
  const auto body = nlohmann::json::parse(response.body);
  CHECK(body["type"] == "about:blank");
  CHECK(body["title"] == "Bad Request");
  CHECK(body["status"] == 400);
  CHECK(body["field"] == "items[3]");
}

TEST_CASE("each error becomes its status") {
  const auto invalid = Thrown(core::InvalidArgument("name", "must not be empty"));
  CHECK(invalid.status == 400);
  CHECK(nlohmann::json::parse(invalid.body)["detail"] == "must not be empty");
  CHECK(nlohmann::json::parse(invalid.body)["field"] == "name");
  CHECK(Thrown(core::Unauthenticated("x")).status == 401);
  CHECK(Thrown(core::Unauthenticated("x")).headers.contains("WWW-Authenticate"));
  CHECK(Thrown(core::PermissionDenied("x")).status == 403);
  CHECK(Thrown(core::NotFound("x")).status == 404);
  CHECK(Thrown(core::Conflict("x")).status == 409);
  CHECK(Thrown(core::FailedPrecondition("x")).status == 409);
  CHECK(Thrown(core::Unavailable("x")).status == 503);
  CHECK(Thrown(core::Unavailable("x")).headers.contains("Retry-After"));
  CHECK(Thrown(core::DeadlineExceeded("x")).status == 504);
}

TEST_CASE("a defect does not tell the client what it is") {
  const auto response = Thrown(std::runtime_error("password=secret"));
  CHECK(response.status == 500);
  CHECK(response.body.find("secret") == std::string::npos);
  CHECK(Thrown(42).status == 500);
}

}  // namespace
}  // namespace accoil::http
