#include "tests/intercom-simulator/data_attributes.h"

#include "tests/catch.h"
#include "tests/intercom-simulator/api_error.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

json Body(const std::string& name, const std::string& type = "string",
          const std::string& model = "contact") {
  return {{"name", name}, {"model", model}, {"data_type", type}};
}

/// The status and code that it is refused with; "taken" when it is not.
template <typename Work>
std::string Refusal(Work work) {
  try {
    work();
  } catch (const ApiError& error) {
    return std::to_string(error.status()) + " " + error.code();
  }
  return "taken";
}

struct Catalogue {
  Catalogue() {
    for (const std::string type : {"string", "integer", "float", "boolean", "date"}) {
      attributes.Create(Body("a_" + type, type), settings, 1);
    }
    auto options = Body("a_choice", "options");
    options["options"] = {{{"value", "one"}}, {{"value", "two"}}};
    attributes.Create(options, settings, 1);
    attributes.Create(Body("of_company", "string", "company"), settings, 1);
  }
  std::string Write(const json& values) {
    return Refusal([&] { attributes.Check(Model::kContact, values, settings); });
  }

  Settings settings;
  DataAttributes attributes;
};

TEST_CASE("an attribute is created with its type and found by model and name") {
  DataAttributes attributes;
  auto body = Body("The One Ring", "datetime");
  body["description"] = "rules them all";
  const auto created = attributes.Create(body, Settings(), 17);
  CHECK(created.data_type == "date");
  CHECK(created.created_at == 17);
  CHECK(ToJson(created)["full_name"] == "custom_attributes.The One Ring");
  CHECK(ToJson(created)["description"] == "rules them all");
  CHECK(attributes.Find(Model::kContact, "The One Ring") != nullptr);
  CHECK(attributes.Find(Model::kCompany, "The One Ring") == nullptr);
}

TEST_CASE("a name that is taken is refused, also by the other model and when archived") {
  Catalogue catalogue;
  auto& attributes = catalogue.attributes;
  const auto id = std::to_string(attributes.Find(Model::kContact, "a_float")->id);
  attributes.Update(id, {{"archived", true}}, catalogue.settings, 2);
  for (const std::string model : {"contact", "company"}) {
    for (const std::string name : {"a_string", "of_company", "a_float"}) {
      CHECK(Refusal([&] {
              attributes.Create(Body(name, "string", model), catalogue.settings, 2);
            }) == "400 parameter_invalid");
    }
  }
}

TEST_CASE("odd characters and long names are refused") {
  DataAttributes attributes;
  Settings settings;
  settings.attribute_name_limit = 5;
  const auto create = [&](const std::string& name) {
    return Refusal([&] { attributes.Create(Body(name), settings, 1); });
  };
  for (const std::string name : {"!nv@", "a.b", "", "a/b", "a\n", "sixsix"}) {
    CAPTURE(name);
    CHECK(create(name) == "400 parameter_invalid");
  }
  CHECK(create("a_b-c") == "taken");
  CHECK(create("\xC3\xA9t\xC3\xA9") == "taken");
  settings.attribute_names_ascii_only = true;
  CHECK(create("\xC3\xA8") == "400 parameter_invalid");
}

TEST_CASE("unknown types, unknown models and short lists of options are refused") {
  DataAttributes attributes;
  const auto create = [&](const json& body) {
    return Refusal([&] { attributes.Create(body, Settings(), 1); });
  };
  CHECK(create(Body("a", "mithril")) == "400 parameter_invalid");
  CHECK(create(Body("a", "string", "conversation")) == "400 parameter_invalid");
  auto options = Body("a", "options");
  CHECK(create(options) == "400 parameter_invalid");
  options["options"] = {{{"value", "one"}}};
  CHECK(create(options) == "400 parameter_invalid");
}

TEST_CASE("a model has only so many attributes, of which archived ones do not count") {
  DataAttributes attributes;
  Settings settings;
  settings.attributes_per_model = 2;
  attributes.Create(Body("one"), settings, 1);
  attributes.Create(Body("two"), settings, 1);
  CHECK(Refusal([&] { attributes.Create(Body("three"), settings, 1); }) == "400 parameter_invalid");
  attributes.Create(Body("four", "string", "company"), settings, 1);
  attributes.Update("1", {{"archived", true}}, settings, 1);
  CHECK(Refusal([&] { attributes.Create(Body("three"), settings, 1); }) == "taken");
}

TEST_CASE("an attribute can be described, archived and brought back, but not retyped") {
  Catalogue catalogue;
  auto& attributes = catalogue.attributes;
  CHECK(attributes.Update("1", {{"description", "new"}}, catalogue.settings, 2).description ==
        "new");
  CHECK(attributes.Update("1", {{"archived", true}}, catalogue.settings, 2).archived);
  CHECK_FALSE(attributes.Update("1", {{"archived", false}}, catalogue.settings, 2).archived);
  CHECK(Refusal([&] {
          attributes.Update("1", {{"data_type", "integer"}}, catalogue.settings, 2);
        }) == "400 parameter_invalid");
  for (const std::string id : {"99", "x", ""}) {
    CHECK(Refusal([&] { attributes.Update(id, json::object(), catalogue.settings, 2); }) ==
          "404 field_not_found");
  }
  catalogue.settings.attributes_in_use = {"a_string"};
  CHECK(Refusal([&] {
          attributes.Update("1", {{"archived", true}}, catalogue.settings, 2);
        }) == "422 data_invalid");
}

TEST_CASE("values of the attribute's type are taken, others refused") {
  Catalogue catalogue;
  const std::map<std::string, std::vector<json>> good = {
      {"a_string", {"text", "", nullptr}}, {"a_integer", {0, -5, nullptr}},
      {"a_float", {1.5, 3, nullptr}},      {"a_boolean", {true, false, nullptr}},
      {"a_date", {1734537243, nullptr}},   {"a_choice", {"one", nullptr}},
  };
  const std::map<std::string, std::vector<json>> bad = {
      {"a_string", {1, true, json::array(), json::object()}},
      {"a_integer", {1.5, "1", true}},
      {"a_float", {"1.5", false}},
      {"a_boolean", {0, "true"}},
      {"a_date", {"2024-01-01", 1.5}},
      {"a_choice", {"three", 1}},
      {"no_such", {"x"}},
      {"of_company", {"x"}},
  };
  for (const auto& [name, values] : good) {
    for (const auto& value : values) {
      CAPTURE(name, value.dump());
      CHECK(catalogue.Write({{name, value}}) == "taken");
    }
  }
  for (const auto& [name, values] : bad) {
    for (const auto& value : values) {
      CAPTURE(name, value.dump());
      CHECK(catalogue.Write({{name, value}, {"a_string", "fine"}}) == "400 parameter_invalid");
    }
  }
  CHECK(catalogue.Write("text") == "400 parameter_invalid");
}

TEST_CASE("a refusal has the status that was set, and names the attribute or not") {
  Catalogue catalogue;
  catalogue.settings.refused_attribute_status = 422;
  CHECK(catalogue.Write({{"no_such", 1}}) == "422 parameter_invalid");
  const auto field = [&]() -> std::string {
    try {
      catalogue.attributes.Check(Model::kContact, {{"no_such", 1}}, catalogue.settings);
    } catch (const ApiError& error) {
      return error.field();
    }
    return "taken";
  };
  CHECK(field() == "no_such");
  catalogue.settings.refused_attribute_named = false;
  CHECK(field().empty());
}

TEST_CASE("an archived attribute cannot be written, not even cleared") {
  Catalogue catalogue;
  catalogue.attributes.Update("1", {{"archived", true}}, catalogue.settings, 2);
  CHECK(catalogue.Write({{"a_string", "x"}}) == "400 parameter_invalid");
  CHECK(catalogue.Write({{"a_string", nullptr}}) == "400 parameter_invalid");
}

TEST_CASE("strings are counted in characters and refused or cut when too long") {
  Catalogue catalogue;
  catalogue.settings.string_limit = 3;
  const std::string three = "\xC3\xA9\xC3\xA9\xC3\xA9";
  CHECK(catalogue.Write({{"a_string", three}}) == "taken");
  CHECK(catalogue.Write({{"a_string", three + "x"}}) == "400 parameter_invalid");
  catalogue.settings.long_strings_cut = true;
  const auto written =
      catalogue.attributes.Check(Model::kContact, {{"a_string", three + "x"}}, catalogue.settings);
  CHECK(written.at("a_string") == three);
}

}  // namespace
}  // namespace accoil::simulator
