#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "libs/core/clock.h"
#include "libs/core/ids.h"

namespace accoil::postgres {

/// A statement's parameter in PostgreSQL's text form; nothing is NULL. The statement says its type
/// ($1::bigint[]). Made from integers, booleans, doubles, text, points in time, durations (as
/// interval), ids, enumerations (as their number), optionals of these and vectors of these
/// (arrays).
class Parameter {
 public:
  using Text = std::optional<std::string>;

  template <typename T>
  Parameter(const T& value) : text_(Encode(value)) {}  // NOLINT(google-explicit-constructor)

  const Text& text() const { return text_; }

  static Text Encode(const std::string& value) { return value; }
  static Text Encode(std::string_view value) { return std::string(value); }
  static Text Encode(const char* value) { return std::string(value); }
  static Text Encode(bool value) { return value ? "t" : "f"; }
  static Text Encode(double value);
  static Text Encode(std::nullopt_t) { return std::nullopt; }
  /// With microseconds, in UTC.
  static Text Encode(core::TimePoint value);
  template <typename Rep, typename Period>
  static Text Encode(std::chrono::duration<Rep, Period> value) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(value).count()) +
           " microseconds";
  }
  template <typename T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) static Text Encode(T value) {
    return std::to_string(value);
  }
  template <typename T>
  requires std::is_enum_v<T>
  static Text Encode(T value) {
    return std::to_string(static_cast<std::underlying_type_t<T>>(value));
  }
  template <typename Tag, typename T>
  static Text Encode(const core::Id<Tag, T>& id) {
    return Encode(id.value());
  }
  template <typename T>
  static Text Encode(const std::optional<T>& value) {
    return value ? Encode(*value) : std::nullopt;
  }
  template <typename T>
  static Text Encode(const std::vector<T>& values) {
    std::string array = "{";
    for (const auto& value : values) {
      if (array.size() > 1) array += ',';
      AppendElement(array, Encode(static_cast<const T&>(value)));
    }
    return array + "}";
  }

 private:
  static void AppendElement(std::string& array, const Text& element);

  Text text_;
};

/// Bytes that are not text, for a bytea parameter.
std::string Bytea(std::string_view bytes);

}  // namespace accoil::postgres
