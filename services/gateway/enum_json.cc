#include "services/gateway/enum_json.h"

#include <google/protobuf/descriptor.h>

#include "libs/core/text.h"
#include "services/gateway/json_object.h"

namespace accoil::gateway {

std::string EnumToJson(const google::protobuf::EnumDescriptor& descriptor, int value) {
  const auto* known = value == 0 ? nullptr : descriptor.FindValueByNumber(value);
  return known == nullptr ? "unknown" : core::ToLower(known->name());
}

int EnumFromJson(const google::protobuf::EnumDescriptor& descriptor, std::string_view name,
                 const std::string& field) {
  std::string all;
  for (int i = 0; i < descriptor.value_count(); ++i) {
    const auto& value = *descriptor.value(i);
    if (value.number() == 0) continue;
    const auto lower = core::ToLower(value.name());
    if (lower == name) return value.number();
    all += (all.empty() ? "" : ", ") + lower;
  }
  throw FieldProblem(Fault::kInvalidValue, field, "must be one of " + all);
}

}  // namespace accoil::gateway
