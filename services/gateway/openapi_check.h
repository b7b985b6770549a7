#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "libs/http/message.h"
#include "services/gateway/openapi.h"

/// Holds answers against the description of the API, for tests.
namespace accoil::gateway {

/// What of `value` is not as a JSON Schema says, each with the place of it. Knows the part of the
/// language that the description uses; a keyword beyond it throws std::logic_error, so that nothing
/// is taken for checked that is not. `format`, `pattern` and lengths are left to the end-to-end
/// tests, whose checker knows the whole language.
class SchemaCheck {
 public:
  explicit SchemaCheck(const nlohmann::json& document) : document_(document) {}

  std::vector<std::string> Problems(const nlohmann::json& schema, const nlohmann::json& value) {
    problems_.clear();
    Check(schema, value, "$");
    return problems_;
  }

 private:
  using json = nlohmann::json;

  void Check(const json& schema, const json& value, const std::string& at) {
    for (const auto& [keyword, rule] : schema.items()) {
      if (keyword == "$ref") {
        Check(document_.at(json::json_pointer(rule.get<std::string>().substr(1))), value, at);
      } else if (keyword == "type") {
        Require(HasType(rule, value), at, "is no " + rule.dump());
      } else if (keyword == "enum") {
        Require(std::find(rule.begin(), rule.end(), value) != rule.end(), at,
                value.dump() + " is none of " + rule.dump());
      } else if (keyword == "const") {
        Require(value == rule, at, "is not " + rule.dump());
      } else if (keyword == "oneOf" || keyword == "anyOf") {
        CheckAlternatives(rule, value, at, keyword == "oneOf");
      } else if (keyword == "items") {
        if (!value.is_array()) continue;
        for (std::size_t i = 0; i < value.size(); ++i) {
          Check(rule, value[i], at + "[" + std::to_string(i) + "]");
        }
      } else if (keyword == "required") {
        for (const auto& name : rule) {
          Require(value.contains(name.get<std::string>()), at, "lacks " + name.dump());
        }
      } else if (keyword == "properties" || keyword == "additionalProperties") {
        if (keyword == "properties") CheckMembers(schema, value, at);
      } else if (!Harmless().contains(keyword)) {
        throw std::logic_error("the schema keyword " + keyword + " is not known here");
      }
    }
  }

  void CheckMembers(const json& schema, const json& value, const std::string& at) {
    if (!value.is_object()) return;
    const auto& known = schema.at("properties");
    const auto others = schema.value("additionalProperties", json(true));
    for (const auto& [name, member] : value.items()) {
      const auto inner = at + "." + name;
      if (known.contains(name)) {
        Check(known.at(name), member, inner);
      } else if (others.is_boolean()) {
        Require(others.get<bool>(), inner, "is not in the description");
      }
    }
  }

  void CheckAlternatives(const json& rule, const json& value, const std::string& at, bool one) {
    std::size_t fitting = 0;
    for (const auto& alternative : rule) {
      fitting += SchemaCheck(document_).Problems(alternative, value).empty() ? 1 : 0;
    }
    Require(one ? fitting == 1 : fitting > 0, at,
            "fits " + std::to_string(fitting) + " of the alternatives");
  }

  static bool HasType(const json& rule, const json& value) {
    if (rule.is_array()) {
      return std::any_of(rule.begin(), rule.end(),
                         [&](const auto& type) { return HasType(type, value); });
    }
    const auto type = rule.get<std::string>();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    return type == value.type_name();
  }

  static const std::set<std::string>& Harmless() {
    static const std::set<std::string> names{"description", "format",  "pattern",   "minLength",
                                             "maxLength",   "minimum", "maximum",   "minItems",
                                             "maxItems",    "default", "writeOnly", "example"};
    return names;
  }

  void Require(bool holds, const std::string& at, const std::string& problem) {
    if (!holds) problems_.push_back(at + " " + problem);
  }

  const json& document_;
  std::vector<std::string> problems_;
};

/// The description, and whether answers are as it says.
class OpenApiCheck {
 public:
  OpenApiCheck() : document_(nlohmann::json::parse(OpenApiDocument().dump())) {}

  const nlohmann::json& document() const { return document_; }

  /// The operation, nullptr when the description has none such.
  const nlohmann::json* Find(std::string method, const std::string& path) const {
    std::transform(method.begin(), method.end(), method.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const auto& paths = document_.at("paths");
    if (!paths.contains(path) || !paths.at(path).contains(method)) return nullptr;
    return &paths.at(path).at(method);
  }

  /// What of an answer is not as the description has it.
  std::vector<std::string> Problems(const std::string& method, const std::string& path,
                                    const http::Response& response) const {
    const auto* operation = Find(method, path);
    if (operation == nullptr) return {"there is no such operation"};
    const auto& responses = operation->at("responses");
    const auto status = std::to_string(response.status);
    const bool listed = responses.contains(status);
    if (!listed && (!responses.contains("default") || response.status < 400)) {
      return {"the status " + status + " is not described"};
    }
    const auto& described = Resolve(responses.at(listed ? status : "default"));
    if (!described.contains("content")) {
      if (response.body.empty()) return {};
      return {"a body is not described"};
    }
    const auto& content = described.at("content");
    const auto media_type = response.content_type.substr(0, response.content_type.find(';'));
    if (!content.contains(media_type)) {
      return {"the content type " + media_type + " is not described"};
    }
    if (media_type.find("json") == std::string::npos) return {};
    return SchemaCheck(document_).Problems(content.at(media_type).at("schema"),
                                           nlohmann::json::parse(response.body));
  }

  const nlohmann::json& Resolve(const nlohmann::json& value) const {
    if (!value.contains("$ref")) return value;
    return document_.at(
        nlohmann::json::json_pointer(value.at("$ref").get<std::string>().substr(1)));
  }

 private:
  nlohmann::json document_;
};

}  // namespace accoil::gateway
