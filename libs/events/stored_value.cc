#include "libs/events/stored_value.h"

#include <google/protobuf/struct.pb.h>

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "libs/core/errors.h"

namespace accoil::events {
namespace {

using nlohmann::json;

// Beyond it a double, which is what JSON and Protobuf carry, skips integers.
constexpr double kLargestWhole = 9'007'199'254'740'991.0;

std::string NumberText(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  // Without a fraction, so that equal numbers have equal texts; -0 is 0.
  if (IsWhole(number)) return std::to_string(static_cast<std::int64_t>(number));
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) throw std::logic_error("a double does not fit 32 characters");
  return {text.data(), end};
}

}  // namespace

bool IsWhole(double number) {
  return std::floor(number) == number && std::abs(number) <= kLargestWhole;
}

std::string StoredText(const google::protobuf::Value& value) {
  using google::protobuf::Value;
  switch (value.kind_case()) {
    case Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case Value::kNumberValue:
      return NumberText(value.number_value());
    case Value::kStringValue:
      return json(value.string_value()).dump(-1, ' ', false, json::error_handler_t::replace);
    default:
      throw core::InvalidArgument("value", "must be a string, a number, a boolean or null");
  }
}

}  // namespace accoil::events
