#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

/// Percent-encoding of URIs (RFC 3986).
namespace accoil::http {

/// Undoes percent-encoding; nothing when an escape is broken.
std::optional<std::string> PercentDecode(std::string_view text);

/// Encodes all but unreserved characters, so that the result can be a path segment or a query
/// value.
std::string PercentEncode(std::string_view text);

/// "a=1&b=x+y" as decoded names and values, '+' as a space; the last of a name wins. Nothing when
/// an escape is broken.
std::optional<std::map<std::string, std::string>> ParseQuery(std::string_view query);

}  // namespace accoil::http
