#include "services/gateway/json_values.h"

#include <google/protobuf/util/time_util.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace accoil::gateway {

using google::protobuf::Value;
using nlohmann::ordered_json;

ordered_json NumberToJson(double number) {
  // Up to here a double holds every integer.
  constexpr double kExact = 9'007'199'254'740'992;
  if (std::trunc(number) == number && std::abs(number) <= kExact) {
    return static_cast<std::int64_t>(number);
  }
  return number;
}

ordered_json TextOrNull(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json TimeOrNull(bool there, const google::protobuf::Timestamp& time) {
  if (!there) return nullptr;
  return google::protobuf::util::TimeUtil::ToString(time);
}

ordered_json ValueOrNull(bool there, const Value& value) {
  if (!there) return nullptr;
  switch (value.kind_case()) {
    case Value::kNumberValue:
      return NumberToJson(value.number_value());
    case Value::kStringValue:
      return value.string_value();
    case Value::kBoolValue:
      return value.bool_value();
    default:
      // Attributes have no structure: anything else is no value.
      return nullptr;
  }
}

}  // namespace accoil::gateway
