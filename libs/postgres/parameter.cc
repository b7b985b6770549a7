#include "libs/postgres/parameter.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "libs/core/hex.h"

namespace accoil::postgres {

Parameter::Text Parameter::Encode(double value) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.17g", value);
  return std::string(text.data(), static_cast<std::size_t>(length));
}

Parameter::Text Parameter::Encode(core::TimePoint value) {
  // By arithmetic: batches have a point in time for each row, and strftime takes a microsecond.
  const auto microseconds = std::chrono::microseconds(core::ToMicroseconds(value));
  const auto days = std::chrono::floor<std::chrono::days>(microseconds);
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::chrono::hh_mm_ss time(microseconds - days);
  std::array<char, 64> text{};
  auto* end = text.data();
  const auto append = [&end](std::int64_t number, int digits, char after) {
    for (int i = digits; i-- > 0; number /= 10) end[i] = static_cast<char>('0' + number % 10);
    end[digits] = after;
    end += digits + 1;
  };
  append(static_cast<int>(date.year()), 4, '-');
  append(static_cast<unsigned>(date.month()), 2, '-');
  append(static_cast<unsigned>(date.day()), 2, ' ');
  append(time.hours().count(), 2, ':');
  append(time.minutes().count(), 2, ':');
  append(time.seconds().count(), 2, '.');
  append(time.subseconds().count(), 6, '+');
  append(0, 2, '\0');
  return std::string(text.data(), end - 1);
}

void Parameter::AppendElement(std::string& array, const Text& element) {
  if (!element) {
    array += "NULL";
    return;
  }
  array += '"';
  std::size_t written = 0;
  while (written < element->size()) {
    const auto special = element->find_first_of("\"\\", written);
    array.append(*element, written, special - written);
    if (special == std::string::npos) break;
    array += '\\';
    array += (*element)[special];
    written = special + 1;
  }
  array += '"';
}

std::string Bytea(std::string_view bytes) { return "\\x" + core::ToHex(bytes); }

}  // namespace accoil::postgres
