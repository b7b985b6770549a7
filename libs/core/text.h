#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

/// Small text rules that several services share.
namespace accoil::core {

/// Whether `text` is well-formed UTF-8 without control characters (U+0000-U+001F, U+007F).
bool IsPlainText(std::string_view text);
/// Whether `text` is well-formed UTF-8; control characters are allowed.
bool IsUtf8(std::string_view text);
/// Whether `text` has 1 to 64 characters, each of [A-Za-z0-9_-]: the form of profile ids and trait
/// names.
bool IsIdentifier(std::string_view text);

/// ASCII letters to lower case, white space at both ends taken away: how emails are compared.
/// Intercom stores emails in lower case; letters beyond ASCII are compared as they are.
std::string NormalizeEmail(std::string_view email);
/// ASCII letters to lower case.
std::string ToLower(std::string_view text);
/// White space at both ends taken away.
std::string_view Trim(std::string_view text);

/// The first `most` bytes, cut at a character's boundary.
std::string_view CutUtf8(std::string_view text, std::size_t most);

/// '%' and '/' as %25 and %2F, so that parts can be joined by '/'.
std::string EncodeKeyPart(std::string_view part);
/// Undoes EncodeKeyPart; nothing when an escape is broken.
std::optional<std::string> DecodeKeyPart(std::string_view part);

/// The whole text as a decimal number; nothing when it is anything else or does not fit.
template <typename Integer>
std::optional<Integer> ParseInteger(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> Split(std::string_view text, char separator);

}  // namespace accoil::core
