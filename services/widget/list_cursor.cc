#include "services/widget/list_cursor.h"

#include "libs/core/errors.h"
#include "libs/core/hex.h"
#include "libs/core/text.h"

namespace accoil::widget {
namespace {

constexpr std::size_t kLongestId = 255;
constexpr std::size_t kDigestSize = 8;

std::string BytesOf(std::uint64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

std::optional<int> DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

std::optional<std::string> FromHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = DigitOf(text[i]);
    const auto low = DigitOf(text[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes += static_cast<char>(*high * 16 + *low);
  }
  return bytes;
}

/// Whether PostgreSQL takes it.
bool IsText(std::string_view bytes) {
  return core::IsUtf8(bytes) && bytes.find('\0') == std::string_view::npos;
}

/// What follows the digest: '0' and the subject's id, or '1', the size of the id in one byte, the
/// id and the key.
std::optional<ListCursor> PlaceOf(std::string_view bytes) {
  if (bytes.size() < 2 || (bytes.front() != '0' && bytes.front() != '1')) return std::nullopt;
  ListCursor cursor;
  if (bytes.front() == '0') {
    cursor.subject_id = bytes.substr(1);
  } else {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[1]));
    if (bytes.size() < 2 + size) return std::nullopt;
    cursor.subject_id = bytes.substr(2, size);
    cursor.key = bytes.substr(2 + size);
    if (!IsText(*cursor.key)) return std::nullopt;
  }
  const auto length = cursor.subject_id.size();
  if (length == 0 || length > kLongestId || !IsText(cursor.subject_id)) return std::nullopt;
  return cursor;
}

}  // namespace

std::uint64_t QueryDigest(const std::vector<std::string>& parts) {
  // FNV-1a.
  std::uint64_t digest = 14'695'981'039'346'656'037U;
  const auto add = [&](std::string_view bytes) {
    for (const char c : bytes) {
      digest ^= static_cast<unsigned char>(c);
      digest *= 1'099'511'628'211U;
    }
  };
  for (const auto& part : parts) {
    add(BytesOf(part.size()));
    add(part);
  }
  return digest;
}

std::string ToText(const ListCursor& cursor, std::uint64_t query) {
  auto bytes = BytesOf(query);
  if (cursor.key) {
    bytes += '1';
    bytes += static_cast<char>(cursor.subject_id.size());
    bytes += cursor.subject_id + *cursor.key;
  } else {
    bytes += '0' + cursor.subject_id;
  }
  return core::ToHex(bytes);
}

ListCursor ParseCursor(std::string_view text, std::uint64_t query) {
  const auto bytes = text.size() <= kLongestCursor ? FromHex(text) : std::nullopt;
  if (!bytes || bytes->size() <= kDigestSize) {
    throw core::InvalidArgument("cursor", "must be the next_cursor of the page before");
  }
  if (bytes->substr(0, kDigestSize) != BytesOf(query)) {
    throw core::InvalidArgument(
        "cursor", "is of another list: with a cursor, everything else must be as it was");
  }
  auto cursor = PlaceOf(std::string_view(*bytes).substr(kDigestSize));
  if (!cursor) throw core::InvalidArgument("cursor", "must be the next_cursor of the page before");
  return *std::move(cursor);
}

}  // namespace accoil::widget
