#include "services/trait-sync/profile.h"

namespace accoil::traitsync {

const char* DataTypeOf(TraitType type) {
  switch (type) {
    case TraitType::kString:
      return "string";
    case TraitType::kInteger:
      return "integer";
    case TraitType::kFloat:
      return "float";
    case TraitType::kBoolean:
      return "boolean";
    case TraitType::kDate:
      return "date";
  }
  return "string";
}

bool Carries(const std::string& data_type, TraitType type) {
  // Intercom lists an attribute that was made as a date sometimes as datetime; both hold Unix
  // seconds.
  return data_type == DataTypeOf(type) || (type == TraitType::kDate && data_type == "datetime");
}

std::string TypeProblem(const std::string& data_type, TraitType type) {
  return "Intercom has it as " + data_type + ", the profile as " + DataTypeOf(type) +
         "; a type cannot be changed";
}

}  // namespace accoil::traitsync
