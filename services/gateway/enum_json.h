#pragma once

#include <google/protobuf/generated_enum_reflection.h>

#include <string>
#include <string_view>
#include <vector>

namespace accoil::gateway {

/// The name of a proto enum's value as JSON has it: lower-case, "unknown" for the unspecified one
/// and for those that this build does not know.
std::string EnumToJson(const google::protobuf::EnumDescriptor& descriptor, int value);

/// The number of the value that JSON calls `name`. Throws FieldProblem naming `field` and the names
/// that are right.
int EnumFromJson(const google::protobuf::EnumDescriptor& descriptor, std::string_view name,
                 const std::string& field);

template <typename Enum>
std::string EnumToJson(Enum value) {
  return EnumToJson(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

template <typename Enum>
Enum EnumFromJson(std::string_view name, const std::string& field) {
  return static_cast<Enum>(EnumFromJson(*google::protobuf::GetEnumDescriptor<Enum>(), name, field));
}

}  // namespace accoil::gateway
