#pragma once

#include <google/protobuf/generated_enum_reflection.h>

#include <string>
#include <string_view>
#include <vector>

namespace accoil::gateway {

/// The name of a proto enum's value as JSON has it: lower-case, without the `prefix` (in lower
/// case) that all its values have, "unknown" for the unspecified one and for those that this build
/// does not know.
std::string EnumToJson(const google::protobuf::EnumDescriptor& descriptor, int value,
                       std::string_view prefix = {});

/// The number of the value that JSON calls `name`. Throws FieldProblem naming `field` and the names
/// that are right.
int EnumFromJson(const google::protobuf::EnumDescriptor& descriptor, std::string_view name,
                 const std::string& field, std::string_view prefix = {});

template <typename Enum>
std::string EnumToJson(Enum value, std::string_view prefix = {}) {
  return EnumToJson(*google::protobuf::GetEnumDescriptor<Enum>(), value, prefix);
}

template <typename Enum>
Enum EnumFromJson(std::string_view name, const std::string& field, std::string_view prefix = {}) {
  return static_cast<Enum>(
      EnumFromJson(*google::protobuf::GetEnumDescriptor<Enum>(), name, field, prefix));
}

}  // namespace accoil::gateway
