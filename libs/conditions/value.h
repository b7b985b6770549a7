#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libs/core/clock.h"

namespace accoil::conditions {

/// What a field holds. kNumber: integers and floats; kDate: points in time; kTexts: a set of texts,
/// which only Segments is.
enum class Type { kNumber, kText, kBoolean, kDate, kTexts };

/// Something that a condition may speak of: a trait of a profile's catalogue, Segments, or a field
/// of the user or account (Name, Email, UserId; Name, AccountId).
struct Field {
  std::string name;
  Type type = Type::kText;
  friend bool operator==(const Field&, const Field&) = default;
};

/// The fields that a condition is checked against; a field is known by its place here. A name is
/// there once.
using Schema = std::vector<Field>;

/// The value of one field; monostate is none. Texts are views: they live as long as what they were
/// taken from.
using Value = std::variant<std::monostate, double, std::string_view, bool, core::TimePoint>;

/// One subject, as a condition looks at it.
class Facts {
 public:
  virtual ~Facts() = default;
  /// The value of the schema's field at this place, of the field's type; none when the subject has
  /// none, or one of another type. Not called for kTexts.
  virtual Value Get(std::size_t field) const = 0;
  /// Whether the set at this place has the text, byte for byte.
  virtual bool Has(std::size_t field, std::string_view text) const = 0;
  /// Whether the set at this place has anything.
  virtual bool HasAny(std::size_t field) const = 0;
};

}  // namespace accoil::conditions
