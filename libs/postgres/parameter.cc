#include "libs/postgres/parameter.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "libs/core/hex.h"

namespace accoil::postgres {

Parameter::Text Parameter::Encode(double value) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.17g", value);
  return std::string(text.data(), static_cast<std::size_t>(length));
}

Parameter::Text Parameter::Encode(core::TimePoint value) {
  const auto microseconds = core::ToMicroseconds(value);
  auto seconds = static_cast<std::time_t>(microseconds / 1'000'000);
  auto fraction = microseconds % 1'000'000;
  if (fraction < 0) {
    fraction += 1'000'000;
    --seconds;
  }
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  std::array<char, 32> end{};
  const int end_length =
      std::snprintf(end.data(), end.size(), ".%06lld+00", static_cast<long long>(fraction));
  return std::string(text.data(), length) +
         std::string(end.data(), static_cast<std::size_t>(end_length));
}

void Parameter::AppendElement(std::string& array, const Text& element) {
  if (!element) {
    array += "NULL";
    return;
  }
  array += '"';
  for (const char c : *element) {
    if (c == '"' || c == '\\') array += '\\';
    array += c;
  }
  array += '"';
}

std::string Bytea(std::string_view bytes) { return "\\x" + core::ToHex(bytes); }

}  // namespace accoil::postgres
