#include "libs/conditions/profile_schema.h"

#include <algorithm>

namespace accoil::conditions {

Schema ProfileSchema(Kind kind, const std::vector<Field>& traits) {
  Schema schema = traits;
  for (auto& field : schema) {
    if (field.name == "Segments") field.type = Type::kTexts;
  }
  const auto add = [&](const char* name, Type type) {
    const bool hidden = std::any_of(schema.begin(), schema.end(),
                                    [&](const Field& field) { return field.name == name; });
    if (!hidden) schema.push_back({name, type});
  };
  add("Segments", Type::kTexts);
  add("Name", Type::kText);
  if (kind == Kind::kUser) {
    add("Email", Type::kText);
    add("UserId", Type::kText);
  } else {
    add("AccountId", Type::kText);
  }
  return schema;
}

}  // namespace accoil::conditions
