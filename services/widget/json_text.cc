#include "services/widget/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libs/core/text.h"

namespace accoil::widget {
namespace {

bool IsAscii(unsigned char byte) { return byte < 0x80; }
/// Whether JSON has another way of writing it.
bool IsEscaped(unsigned char byte) { return byte < 0x20 || byte == '"' || byte == '\\'; }

void AppendEscaped(std::string& json, char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (byte) {
    case '"':
      json += "\\\"";
      break;
    case '\\':
      json += "\\\\";
      break;
    case '\n':
      json += "\\n";
      break;
    case '\r':
      json += "\\r";
      break;
    case '\t':
      json += "\\t";
      break;
    default:
      json += "\\u00";
      json += kDigits[static_cast<unsigned char>(byte) >> 4U];
      json += kDigits[static_cast<unsigned char>(byte) & 0xFU];
  }
}

}  // namespace

void AppendQuoted(std::string& json, std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), IsAscii) && !core::IsUtf8(text)) {
    json += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return;
  }
  json += '"';
  while (true) {
    const auto end = std::find_if(text.begin(), text.end(), IsEscaped);
    json.append(text.begin(), end);
    if (end == text.end()) break;
    AppendEscaped(json, *end);
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()) + 1);
  }
  json += '"';
}

}  // namespace accoil::widget
