#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "libs/conditions/condition.h"
#include "libs/conditions/profile_schema.h"
#include "libs/core/clock.h"
#include "libs/postgres/parameter.h"

/// What stands in a list's statement: expressions over the table `listed`, named l there. Whatever
/// comes from outside, names of traits too, stands in them as a parameter alone.
namespace accoil::widget {

/// The parameters of one statement.
class SqlParameters {
 public:
  /// How the parameter is called in the statement: $1, $2, …
  std::string Add(postgres::Parameter value) {
    values_.push_back(std::move(value));
    return "$" + std::to_string(values_.size());
  }
  const std::vector<postgres::Parameter>& values() const { return values_; }

 private:
  std::vector<postgres::Parameter> values_;
};

/// The fields of a condition: the traits in the order given, as far as this kind of subject has
/// them, then what every profile has.
struct ListFields {
  ListFields(conditions::Kind kind, const std::vector<conditions::Field>& traits)
      : schema(conditions::ProfileSchema(kind, traits)), traits(traits.size()) {}

  conditions::Schema schema;
  /// So many of the first are traits.
  std::size_t traits = 0;
};

/// The value of a trait as one of this type: numeric, text, boolean, or for dates the seconds since
/// 1970 as numeric. NULL when there is none, or one of another type.
std::string TraitSql(std::string_view trait, conditions::Type type, SqlParameters& parameters);

/// Whether the condition is true: true or false as Condition::Evaluate answers, never NULL.
std::string ConditionSql(const conditions::Condition& condition, const ListFields& fields,
                         core::TimePoint now, SqlParameters& parameters);

}  // namespace accoil::widget
