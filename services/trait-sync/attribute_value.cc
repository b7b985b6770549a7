#include "services/trait-sync/attribute_value.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "libs/core/errors.h"
#include "libs/core/rfc3339.h"
#include "libs/events/stored_value.h"
#include "libs/intercom/attribute_json.h"

namespace accoil::traitsync {
namespace {

using intercom::AttributeValue;
using nlohmann::json;

/// What a stored value is, before the catalogue's type is looked at.
using Stored = std::variant<bool, double, std::string>;

Stored ReadStored(std::string_view stored) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (stored == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (stored == "Infinity") return kInfinity;
  if (stored == "-Infinity") return -kInfinity;
  const auto parsed = json::parse(stored, nullptr, false);
  if (parsed.is_boolean()) return parsed.get<bool>();
  if (parsed.is_number()) return parsed.get<double>();
  if (parsed.is_string()) return parsed.get<std::string>();
  throw std::logic_error("a stored trait value is not what StoredText writes");
}

const char* NameOf(const Stored& stored) {
  constexpr std::array kNames{"a boolean", "a number", "a string"};
  return kNames[stored.index()];
}

Rejection WrongType(const Stored& stored, TraitType type) {
  return {ReasonClass::kWrongType,
          std::string("the value is ") + NameOf(stored) + ", not of type " + DataTypeOf(type)};
}

TypedValue TypedNumber(double number, TraitType type) {
  if (!std::isfinite(number)) {
    return Rejection{ReasonClass::kNotFinite, "the value is not a finite number"};
  }
  if (type == TraitType::kFloat) return AttributeValue(number);
  if (!events::IsWhole(number)) {
    return Rejection{ReasonClass::kWrongType, "the value is not a whole number"};
  }
  return AttributeValue(static_cast<std::int64_t>(number));
}

TypedValue TypedText(const std::string& text, std::size_t most_characters) {
  if (text.find('\0') != std::string::npos) {
    return Rejection{ReasonClass::kBadText, "the value has a NUL character"};
  }
  if (CharactersOf(text) > most_characters) {
    return Rejection{ReasonClass::kTooLong,
                     "the value is longer than " + std::to_string(most_characters) + " characters"};
  }
  return AttributeValue(text);
}

AttributeValue FromJsonValue(const json& value) {
  if (value.is_null()) return std::monostate();
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    return value.get<double>();
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  throw std::logic_error("a stored attribute is neither text, number, boolean nor null");
}

}  // namespace

const char* ToString(ReasonClass reason) {
  switch (reason) {
    case ReasonClass::kWrongType:
      return "wrong_type";
    case ReasonClass::kTooLong:
      return "too_long";
    case ReasonClass::kNotFinite:
      return "not_finite";
    case ReasonClass::kBadText:
      return "bad_text";
    case ReasonClass::kRefused:
      return "refused";
    case ReasonClass::kTargetGone:
      return "target_gone";
  }
  return "refused";
}

ReasonClass ReasonClassFrom(std::string_view text) {
  for (const auto reason :
       {ReasonClass::kWrongType, ReasonClass::kTooLong, ReasonClass::kNotFinite,
        ReasonClass::kBadText, ReasonClass::kRefused, ReasonClass::kTargetGone}) {
    if (text == ToString(reason)) return reason;
  }
  throw std::logic_error("a stored reason is unknown: " + std::string(text));
}

TypedValue Typed(std::string_view stored, TraitType type, std::size_t most_characters) {
  const Stored value = ReadStored(stored);
  switch (type) {
    case TraitType::kString:
      if (const auto* text = std::get_if<std::string>(&value)) {
        return TypedText(*text, most_characters);
      }
      break;
    case TraitType::kInteger:
    case TraitType::kFloat:
      if (const auto* number = std::get_if<double>(&value)) return TypedNumber(*number, type);
      break;
    case TraitType::kBoolean:
      if (const auto* boolean = std::get_if<bool>(&value)) return AttributeValue(*boolean);
      break;
    case TraitType::kDate:
      if (const auto* text = std::get_if<std::string>(&value)) {
        if (const auto date = core::ParseDate(*text)) {
          return AttributeValue(std::int64_t{date->time_since_epoch().count()});
        }
        return Rejection{ReasonClass::kWrongType, "the value is not an RFC 3339 date"};
      }
      break;
  }
  return WrongType(value, type);
}

AttributeValue SegmentsValue(std::vector<std::string> names, std::size_t most_characters) {
  if (names.empty()) return std::monostate();
  std::sort(names.begin(), names.end());
  constexpr std::string_view kSeparator = ", ";
  std::string all;
  for (const auto& name : names) {
    if (!all.empty()) all += kSeparator;
    all += name;
  }
  if (CharactersOf(all) <= most_characters) return all;
  for (std::size_t kept = names.size() - 1; kept > 0; --kept) {
    std::string some;
    for (std::size_t i = 0; i < kept; ++i) {
      some += names[i];
      some += kSeparator;
    }
    some += "+" + std::to_string(names.size() - kept) + " more";
    if (CharactersOf(some) <= most_characters) return some;
  }
  return "+" + std::to_string(names.size()) + " more";
}

bool SameValue(const AttributeValue& a, const AttributeValue& b) {
  if (a.index() == b.index()) return a == b;
  const auto number = [](const AttributeValue& value) -> std::optional<double> {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      return static_cast<double>(*integer);
    }
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return std::nullopt;
  };
  const auto x = number(a);
  const auto y = number(b);
  return x && y && *x == *y;
}

std::size_t CharactersOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string FirstCharacters(std::string_view text, std::size_t most) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins && characters++ == most) return std::string(text.substr(0, i));
  }
  return std::string(text);
}

std::string ToJson(const AttributeValue& value) { return intercom::ToJson(value).dump(); }

std::string ToJson(const intercom::AttributeValues& values) {
  return intercom::ToJson(values).dump();
}

AttributeValue ValueFromJson(std::string_view text) {
  return FromJsonValue(json::parse(text, nullptr, false));
}

intercom::AttributeValues ValuesFromJson(std::string_view text) {
  const auto object = json::parse(text, nullptr, false);
  if (!object.is_object()) throw std::logic_error("stored attributes are not a JSON object");
  intercom::AttributeValues values;
  for (const auto& [name, value] : object.items()) values.emplace(name, FromJsonValue(value));
  return values;
}

}  // namespace accoil::traitsync
