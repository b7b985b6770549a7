#include "services/gateway/json_object.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "libs/core/text.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;

// Bytes of an unknown member's name that a message repeats.
constexpr std::size_t kNameShown = 64;

}  // namespace

std::string_view NameOf(Fault fault) {
  switch (fault) {
    case Fault::kMalformed:
      return "malformed";
    case Fault::kUnknownField:
      return "unknown_field";
    case Fault::kMissingField:
      return "missing_field";
    case Fault::kWrongType:
      return "wrong_type";
    case Fault::kInvalidValue:
      return "invalid_value";
  }
  return "malformed";
}

JsonObject::JsonObject(const json& value, std::string path)
    : value_(value), path_(std::move(path)) {
  if (!value.is_object()) throw FieldProblem(Fault::kWrongType, path_, "must be an object");
  asked_.reserve(12);
}

std::string JsonObject::PathOf(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

void JsonObject::Missing(std::string_view name) const {
  throw FieldProblem(Fault::kMissingField, PathOf(name), "is required");
}

void JsonObject::WrongType(std::string_view name, std::string_view right) const {
  throw FieldProblem(Fault::kWrongType, PathOf(name), "must be " + std::string(right));
}

const json* JsonObject::Find(std::string_view name) {
  asked_.push_back(name);
  const auto& members = value_.get_ref<const json::object_t&>();
  const auto at = members.find(name);
  return at == members.end() ? nullptr : &at->second;
}

const std::string* JsonObject::FindText(std::string_view name) {
  const auto* value = Find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_string()) WrongType(name, "a string");
  return &value->get_ref<const std::string&>();
}

const std::string& JsonObject::Text(std::string_view name) {
  const auto* text = FindText(name);
  if (text == nullptr) Missing(name);
  return *text;
}

bool JsonObject::Boolean(std::string_view name, bool fallback) {
  const auto* value = Find(name);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) WrongType(name, "true or false");
  return value->get<bool>();
}

double JsonObject::Number(std::string_view name) {
  const auto* value = Find(name);
  if (value == nullptr) Missing(name);
  if (!value->is_number()) WrongType(name, "a number");
  return value->get<double>();
}

std::int64_t JsonObject::Integer(std::string_view name) {
  const auto value = FindInteger(name);
  if (!value) Missing(name);
  return *value;
}

std::optional<std::int64_t> JsonObject::FindInteger(std::string_view name) {
  const auto* value = Find(name);
  if (value == nullptr) return std::nullopt;
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() ||
                     value->get<std::uint64_t>() <=
                         static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  if (!fits) WrongType(name, "an integer of 64 bits");
  return value->get<std::int64_t>();
}

const std::vector<json>* JsonObject::FindArray(std::string_view name) {
  const auto* value = Find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) WrongType(name, "an array");
  return &value->get_ref<const json::array_t&>();
}

const std::vector<json>& JsonObject::Array(std::string_view name) {
  const auto* array = FindArray(name);
  if (array == nullptr) Missing(name);
  return *array;
}

void JsonObject::Finish() const {
  for (const auto& [name, value] : value_.get_ref<const json::object_t&>()) {
    if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
    throw FieldProblem(Fault::kUnknownField, PathOf(core::CutUtf8(name, kNameShown)),
                       "is not a known field here");
  }
}

std::size_t ChoiceOf(std::string_view text, std::span<const std::string_view> choices,
                     const std::string& field) {
  std::string all;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i] == text) return i;
    all += (i == 0 ? "" : ", ") + std::string(choices[i]);
  }
  throw FieldProblem(Fault::kInvalidValue, field, "must be one of " + all);
}

std::string Element(const std::string& array, std::size_t index) {
  return array + "[" + std::to_string(index) + "]";
}

const std::string& TextAt(const json& value, const std::string& path) {
  if (!value.is_string()) throw FieldProblem(Fault::kWrongType, path, "must be a string");
  return value.get_ref<const std::string&>();
}

}  // namespace accoil::gateway
