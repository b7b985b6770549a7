#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libs/intercom/types.h"
#include "services/trait-sync/profile.h"

namespace accoil::traitsync {

/// Why a value is not sent; its name is a metric's label.
enum class ReasonClass {
  kWrongType,
  kTooLong,
  kNotFinite,
  kBadText,
  /// Intercom refused the value.
  kRefused,
  /// The subject's contact or company is gone.
  kTargetGone,
};
const char* ToString(ReasonClass reason);
/// Throws std::logic_error for what ToString did not write.
ReasonClass ReasonClassFrom(std::string_view text);

/// A value that is set aside before it is sent.
struct Rejection {
  ReasonClass reason_class = ReasonClass::kWrongType;
  /// For people; never the value itself.
  std::string reason;
};

/// A value as the attribute's type wants it, or why it cannot be.
using TypedValue = std::variant<intercom::AttributeValue, Rejection>;

/// Types a stored value (libs/events/stored_value.h) by the catalogue. Integer: a whole number
/// within 53 bits; float: any finite number; a numeral in a string is neither. String: at most
/// `most_characters`. Date: an RFC 3339 date-time or a date alone (its first second, UTC), as Unix
/// seconds.
TypedValue Typed(std::string_view stored, TraitType type, std::size_t most_characters);

/// The names sorted and joined by ", ". When that is longer than `most_characters`: as many whole
/// names as fit together with ", +N more", N the number of those left out. Null without names.
intercom::AttributeValue SegmentsValue(std::vector<std::string> names, std::size_t most_characters);

/// Whether Intercom would show both as the same: numbers compare by value whatever their type.
bool SameValue(const intercom::AttributeValue& a, const intercom::AttributeValue& b);

/// How many characters (code points) a UTF-8 text has.
std::size_t CharactersOf(std::string_view text);

/// Its first characters, at most so many.
std::string FirstCharacters(std::string_view text, std::size_t most);

/// JSON text of one value, and of attributes by name as one object; and back. Reading throws
/// std::logic_error for what this code did not write.
std::string ToJson(const intercom::AttributeValue& value);
std::string ToJson(const intercom::AttributeValues& values);
intercom::AttributeValue ValueFromJson(std::string_view json);
intercom::AttributeValues ValuesFromJson(std::string_view json);

}  // namespace accoil::traitsync
