#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Bytes as text and back, by OpenSSL.
namespace accoil::connections {

/// Decodes base64 (RFC 4648, section 4, with padding); nothing when it is malformed.
std::optional<std::string> DecodeBase64(std::string_view text);

/// Encodes as base64url (RFC 4648, section 5) without padding.
std::string EncodeBase64Url(std::string_view bytes);

/// Whether every character is one of base64url's.
bool IsBase64Url(std::string_view text);

/// `count` bytes from OpenSSL's cryptographic random source.
std::string RandomBytes(int count);

}  // namespace accoil::connections
