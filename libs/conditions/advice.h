#pragma once

#include <string>
#include <string_view>

#include "libs/conditions/value.h"

/// What errors say would be right.
namespace accoil::conditions {

/// A field's name as it stands in a condition: in backquotes where it must be.
std::string Written(std::string_view name);

/// A text as a literal, in double quotes.
std::string Quoted(std::string_view text);

/// "a number", "a set of texts".
std::string_view Described(Type type);

/// A literal of the type; of a set, of what it has.
std::string_view ExampleLiteral(Type type);

/// A comparison with the field, for example Score < 40.
std::string Example(const Field& field);

/// A comparison with one of the fields.
std::string Example(const Schema& schema);

/// That there is no field of that name: the one meant, as far as it can be guessed, and those that
/// there are, the nearest first, at most ten.
std::string UnknownField(std::string_view name, const Schema& schema);

}  // namespace accoil::conditions
