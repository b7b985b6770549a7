#include "tests/intercom-simulator/search_query.h"

#include "tests/catch.h"
#include "tests/intercom-simulator/api_error.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

// 2020-01-01 09:00 UTC
constexpr std::int64_t kNine = 1577869200;

Contact Ada() {
  Contact contact;
  contact.id = "1";
  contact.email = "ada@example.com";
  contact.name = "Ada Lovelace";
  contact.external_id = "u-1";
  contact.created_at = kNine;
  contact.tags = {"7"};
  contact.custom_attributes = {{"plan", "pro"}, {"seats", 5}, {"born", kNine}, {"vip", true}};
  return contact;
}

DataAttributes Attributes() {
  DataAttributes attributes;
  const std::map<std::string, std::string> types = {
      {"plan", "string"}, {"seats", "integer"}, {"born", "date"}, {"vip", "boolean"}};
  for (const auto& [name, type] : types) {
    attributes.Create({{"name", name}, {"model", "contact"}, {"data_type", type}}, Settings(), 1);
  }
  return attributes;
}

json Is(const std::string& field, const std::string& comparison, const json& value) {
  return {{"field", field}, {"operator", comparison}, {"value", value}};
}

json Group(const std::string& comparison, const std::vector<json>& parts) {
  return {{"operator", comparison}, {"value", parts}};
}

bool Finds(const json& query, const Settings& settings = Settings()) {
  return SearchQuery::Parse(query, Attributes(), settings).Matches(Ada());
}

bool Refused(const json& query, const Settings& settings = Settings()) {
  try {
    SearchQuery::Parse(query, Attributes(), settings);
  } catch (const ApiError& error) {
    return error.status() == 400;
  }
  return false;
}

TEST_CASE("strings are compared as each operator says") {
  CHECK(Finds(Is("name", "=", "Ada Lovelace")));
  CHECK_FALSE(Finds(Is("name", "=", "Ada")));
  CHECK(Finds(Is("name", "!=", "Ada")));
  CHECK(Finds(Is("name", "IN", {"Bob", "Ada Lovelace"})));
  CHECK_FALSE(Finds(Is("name", "IN", json::array())));
  CHECK(Finds(Is("name", "NIN", {"Bob"})));
  CHECK(Finds(Is("name", "~", "love")));
  CHECK(Finds(Is("name", "!~", "hate")));
  CHECK(Finds(Is("name", "^", "ada")));
  CHECK(Finds(Is("name", "$", "LACE")));
  CHECK_FALSE(Finds(Is("name", "$", "ada")));
  CHECK(Finds(Is("role", "=", "user")));
  CHECK(Finds(Is("email_domain", "=", "example.com")));
  CHECK(Finds(Is("custom_attributes.plan", "=", "pro")));
}

TEST_CASE("emails are compared without regard to case") {
  CHECK(Finds(Is("email", "=", "ADA@Example.com")));
  CHECK(Finds(Is("email", "IN", {"x@example.com", " Ada@example.com "})));
}

TEST_CASE("null finds what is not set") {
  CHECK(Finds(Is("phone", "=", nullptr)));
  CHECK_FALSE(Finds(Is("email", "=", nullptr)));
  CHECK(Finds(Is("email", "!=", nullptr)));
  CHECK(Finds(Is("signed_up_at", "=", nullptr)));
}

TEST_CASE("numbers and booleans are compared by value") {
  CHECK(Finds(Is("custom_attributes.seats", ">", 4)));
  CHECK(Finds(Is("custom_attributes.seats", "<=", 5)));
  CHECK_FALSE(Finds(Is("custom_attributes.seats", "<", 5)));
  CHECK(Finds(Is("custom_attributes.seats", "IN", {4, 5})));
  CHECK(Finds(Is("custom_attributes.vip", "=", true)));
  CHECK_FALSE(Finds(Is("owner_id", ">", 0)));
}

TEST_CASE("dates are compared by the day of the workspace's time zone") {
  CHECK(Finds(Is("created_at", "=", 1577836800)));
  CHECK(Finds(Is("created_at", "=", "1577836800")));
  CHECK_FALSE(Finds(Is("created_at", ">", 1577836800)));
  CHECK(Finds(Is("created_at", ">", 1577836799)));
  CHECK_FALSE(Finds(Is("created_at", "<", kNine + 3600)));
  CHECK(Finds(Is("custom_attributes.born", "<", 1577923200)));
  Settings settings;
  settings.utc_offset = std::chrono::hours(-10);  // there it is still December
  CHECK_FALSE(Finds(Is("created_at", "=", 1577923199), settings));
  CHECK(Finds(Is("created_at", "<", 1577923199), settings));
}

TEST_CASE("tags are had or not") {
  CHECK(Finds(Is("tag_id", "=", "7")));
  CHECK(Finds(Is("tag_id", "!=", "8")));
  CHECK_FALSE(Finds(Is("tag_id", "!=", "7")));
}

TEST_CASE("groups combine filters, two levels deep and fifteen wide") {
  const auto yes = Is("role", "=", "user");
  const auto no = Is("role", "=", "lead");
  CHECK(Finds(Group("AND", {yes, Group("OR", {no, yes})})));
  CHECK_FALSE(Finds(Group("AND", {yes, Group("OR", {no, no})})));
  CHECK(Refused(Group("AND", {Group("OR", {Group("AND", {yes})})})));
  CHECK_FALSE(Refused(Group("OR", std::vector<json>(15, yes))));
  CHECK(Refused(Group("OR", std::vector<json>(16, yes))));
}

TEST_CASE("what the type of a field does not allow is refused") {
  for (const json& query : {Is("created_at", "!=", 1),
                            Is("created_at", "IN", {1}),
                            Is("created_at", ">=", 1),
                            Is("created_at", "=", "foobar"),
                            Is("custom_attributes.born", "<=", 1),
                            Is("email", ">", "a"),
                            Is("email", "=", 5),
                            Is("email", "IN", "a"),
                            Is("email", "IN", {1}),
                            Is("email", "IN", {nullptr}),
                            Is("tag_id", "IN", {"7"}),
                            Is("custom_attributes.seats", "~", "5"),
                            Is("custom_attributes.seats", "=", "five"),
                            Is("custom_attributes.vip", ">", true),
                            Is("custom_attributes.vip", "=", "yes"),
                            Is("custom_attributes.no_such", "=", "x"),
                            Is("no_such", "=", "x"),
                            Is("role", "=", "admin"),
                            Is("email", "LIKE", "x"),
                            json{{"field", "email"}, {"operator", "="}},
                            json{{"field", 5}},
                            json("text"),
                            json::object(),
                            Group("XOR", {}),
                            Group("AND", {}),
                            json{{"operator", "AND"}, {"value", "x"}}}) {
    CAPTURE(query.dump());
    CHECK(Refused(query));
  }
}

TEST_CASE("the values of IN can be limited") {
  Settings settings;
  settings.search_values_limit = 2;
  CHECK_FALSE(Refused(Is("email", "IN", {"a", "b"}), settings));
  CHECK(Refused(Is("email", "IN", {"a", "b", "c"}), settings));
}

TEST_CASE("a query is narrowed only by what every match must have") {
  const auto narrowing = [](const json& query) {
    const auto key = SearchQuery::Parse(query, Attributes(), Settings()).Narrowing();
    return key ? key->field + std::to_string(key->values.size()) : "none";
  };
  const auto email = Is("email", "IN", {"a", "b"});
  const auto id = Is("id", "=", "1");
  const auto name = Is("name", "=", "x");
  CHECK(narrowing(email) == "email2");
  CHECK(narrowing(name) == "none");
  CHECK(narrowing(Is("email", "!=", "a")) == "none");
  CHECK(narrowing(Is("email", "=", nullptr)) == "none");
  CHECK(narrowing(Group("AND", {name, email, id})) == "id1");
  CHECK(narrowing(Group("OR", {email, email})) == "email4");
  CHECK(narrowing(Group("OR", {email, name})) == "none");
  CHECK(narrowing(Group("OR", {email, id})) == "none");
}

}  // namespace
}  // namespace accoil::simulator
