#include "services/gateway/enum_json.h"

#include <google/protobuf/descriptor.h>

#include "libs/core/text.h"
#include "services/gateway/json_object.h"

namespace accoil::gateway {

namespace {

std::string Written(const google::protobuf::EnumValueDescriptor& value, std::string_view prefix) {
  auto name = core::ToLower(value.name());
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
  return name;
}

}  // namespace

std::string EnumToJson(const google::protobuf::EnumDescriptor& descriptor, int value,
                       std::string_view prefix) {
  const auto* known = value == 0 ? nullptr : descriptor.FindValueByNumber(value);
  return known == nullptr ? "unknown" : Written(*known, prefix);
}

int EnumFromJson(const google::protobuf::EnumDescriptor& descriptor, std::string_view name,
                 const std::string& field, std::string_view prefix) {
  std::string all;
  for (int i = 0; i < descriptor.value_count(); ++i) {
    const auto& value = *descriptor.value(i);
    if (value.number() == 0) continue;
    const auto written = Written(value, prefix);
    if (written == name) return value.number();
    all += (all.empty() ? "" : ", ") + written;
  }
  throw FieldProblem(Fault::kInvalidValue, field, "must be one of " + all);
}

}  // namespace accoil::gateway
