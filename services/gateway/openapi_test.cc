#include "services/gateway/openapi.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "accoil/events/v1/events.pb.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/openapi_check.h"
#include "services/gateway/routes_fixture.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;

const std::set<std::string> kMethods{"get", "put", "post", "delete", "head", "patch"};

/// Calls `visit` with every object of the document and where it stands.
template <typename Visit>
void Walk(const json& value, const std::string& at, const Visit& visit) {
  if (value.is_object()) visit(value, at);
  if (!value.is_structured()) return;
  for (const auto& [name, member] : value.items()) Walk(member, at + "/" + name, visit);
}

std::set<std::string> Names(const google::protobuf::EnumDescriptor& descriptor) {
  std::set<std::string> names;
  for (int i = 0; i < descriptor.value_count(); ++i) {
    names.insert(EnumToJson(descriptor, descriptor.value(i)->number()));
  }
  return names;
}

TEST_CASE("the description has every route with its scope, and no other") {
  const RoutesFixture fixture;
  const OpenApiCheck check;
  std::set<std::string> routes;
  for (const auto& route : fixture.routes) {
    INFO(route.method << " " << route.path);
    routes.insert(route.method + " " + route.path);
    const auto* operation = check.Find(route.method, route.path);
    REQUIRE(operation != nullptr);
    CHECK(operation->at("x-accoil-scope") == NameOf(route.scope));
  }
  std::size_t described = 0;
  for (const auto& [path, operations] : check.document().at("paths").items()) {
    for (const auto& [method, operation] : operations.items()) described += kMethods.count(method);
  }
  CHECK(described == routes.size());
}

TEST_CASE("every operation of the description has a name of its own, a summary and answers") {
  const OpenApiCheck check;
  std::set<std::string> names;
  for (const auto& [path, operations] : check.document().at("paths").items()) {
    std::set<std::string> placeholders;
    for (const auto& parameter : operations.value("parameters", json::array())) {
      placeholders.insert(check.Resolve(parameter).at("name"));
    }
    for (const auto& name : placeholders) {
      CHECK(path.find("{" + name + "}") != std::string::npos);
    }
    CHECK(static_cast<std::size_t>(std::count(path.begin(), path.end(), '{')) ==
          placeholders.size());
    for (const auto& [method, operation] : operations.items()) {
      if (!kMethods.contains(method)) continue;
      INFO(method << " " << path);
      CHECK(names.insert(operation.at("operationId")).second);
      CHECK_FALSE(operation.at("summary").empty());
      CHECK_FALSE(operation.at("tags").empty());
      CHECK(operation.at("responses").contains("default"));
    }
  }
}

TEST_CASE("every reference of the description leads somewhere, and everything is referred to") {
  const OpenApiCheck check;
  std::set<std::string> referred;
  Walk(check.document(), "", [&](const json& value, const std::string& at) {
    if (!value.contains("$ref")) return;
    INFO(at);
    const auto target = value.at("$ref").get<std::string>().substr(1);
    CHECK(check.document().contains(json::json_pointer(target)));
    referred.insert(target);
  });
  for (const auto* sort : {"schemas", "responses", "parameters"}) {
    for (const auto& [name, component] : check.document().at("components").at(sort).items()) {
      INFO(sort << " " << name);
      CHECK(referred.contains("/components/" + std::string(sort) + "/" + name));
    }
  }
}

TEST_CASE("every object of the description says that it has no members besides") {
  const OpenApiCheck check;
  Walk(check.document().at("components").at("schemas"), "",
       [&](const json& value, const std::string& at) {
         if (!value.contains("properties") || !value.contains("type")) return;
         INFO(at);
         CHECK(value.at("additionalProperties") == false);
       });
}

TEST_CASE("every example of the description is as its schema says") {
  const OpenApiCheck check;
  int examples = 0;
  Walk(check.document(), "", [&](const json& value, const std::string& at) {
    if (!value.contains("example") || !value.contains("schema")) return;
    INFO(at);
    ++examples;
    CHECK(SchemaCheck(check.document()).Problems(value.at("schema"), value.at("example")).empty());
  });
  CHECK(examples > 30);
}

TEST_CASE("the description knows every decision of matching and every state of a connection") {
  const OpenApiCheck check;
  const auto& schemas = check.document().at("components").at("schemas");
  const auto described = [&](const std::string& schema) {
    return schemas.at(schema).at("enum").get<std::set<std::string>>();
  };
  CHECK(described("MatchDecision") == Names(*events::v1::MatchDecision_descriptor()));
  auto states = Names(*events::v1::ConnectionState_descriptor());
  states.erase("unknown");
  CHECK(described("ConnectionState") == states);
  auto modes = Names(*events::v1::SyncMode_descriptor());
  modes.erase("unknown");
  CHECK(described("SyncMode") == modes);
}

TEST_CASE("what is not as its schema says is found") {
  const json document{
      {"components",
       {{"schemas",
         {{"Thing",
           {{"type", "object"},
            {"additionalProperties", false},
            {"required", {"id"}},
            {"properties",
             {{"id", {{"type", "integer"}}},
              {"kind", {{"enum", {"a", "b"}}}},
              {"names", {{"type", "array"}, {"items", {{"type", "string"}}}}}}}}}}}}}};
  const json schema{{"$ref", "#/components/schemas/Thing"}};
  SchemaCheck check(document);
  CHECK(check.Problems(schema, {{"id", 1}, {"kind", "a"}, {"names", {"x"}}}).empty());
  CHECK(check.Problems(schema, json::object()).size() == 1);
  CHECK(check.Problems(schema, {{"id", "1"}}).size() == 1);
  CHECK(check.Problems(schema, {{"id", 1}, {"kind", "c"}}).size() == 1);
  CHECK(check.Problems(schema, {{"id", 1}, {"names", {"x", 2}}}) ==
        std::vector<std::string>{"$.names[1] is no \"string\""});
  CHECK(check.Problems(schema, {{"id", 1}, {"more", 1}}) ==
        std::vector<std::string>{"$.more is not in the description"});
  CHECK_THROWS_AS(check.Problems({{"not", json::object()}}, 1), std::logic_error);
}

TEST_CASE("the description is served to everybody, with the version of this build") {
  RoutesFixture fixture;
  const auto response = fixture.Send("GET", "/openapi.json", "");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  const auto body = json::parse(response.body);
  CHECK(body.at("openapi") == "3.1.0");
  CHECK(body.at("info").at("version") == ACCOIL_VERSION);
}

}  // namespace
}  // namespace accoil::gateway
