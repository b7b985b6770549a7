#include "libs/postgres/result.h"

#include <charconv>
#include <cstdlib>
#include <ctime>
#include <pqxx/pqxx>
#include <stdexcept>

#include "libs/core/text.h"
#include "libs/postgres/pqxx_result.h"

namespace accoil::postgres {
namespace {

[[noreturn]] void ThrowMalformed(std::string_view text, const char* column) {
  throw std::logic_error("column " + std::string(column) + " holds \"" + std::string(text) +
                         "\", which is not of the type asked for");
}

template <typename Integer>
void ParseInteger(std::string_view text, const char* column, Integer& value) {
  const auto parsed = core::ParseInteger<Integer>(text);
  if (!parsed) ThrowMalformed(text, column);
  value = *parsed;
}

/// Digits at `at`, `count` of them, as a number.
int Digits(std::string_view text, const char* column, std::size_t at, std::size_t count) {
  int value = 0;
  if (text.size() < at + count) ThrowMalformed(text, column);
  ParseInteger(text.substr(at, count), column, value);
  return value;
}

}  // namespace

Result::Result(std::shared_ptr<const ResultRows> rows) : rows_(std::move(rows)) {}

std::size_t Result::size() const { return static_cast<std::size_t>(rows_->rows.size()); }

std::size_t Result::affected() const {
  return static_cast<std::size_t>(rows_->rows.affected_rows());
}

Row Result::Only() const {
  if (size() != 1) {
    throw std::logic_error("expected one row, got " + std::to_string(size()));
  }
  return (*this)[0];
}

std::optional<std::string_view> Row::Text(const char* column) const {
  const auto& rows = rows_->rows;
  try {
    const auto field = rows[static_cast<pqxx::result::size_type>(index_)][column];
    if (field.is_null()) return std::nullopt;
    return std::string_view(field.c_str(), field.size());
  } catch (const pqxx::argument_error& error) {
    throw std::logic_error(error.what());
  }
}

std::string Row::GetBytes(const char* column) const {
  const auto text = Text(column);
  if (!text) ThrowNull(column);
  if (!text->starts_with("\\x")) ThrowMalformed(*text, column);
  std::string bytes;
  bytes.reserve(text->size() / 2);
  for (std::size_t i = 2; i + 1 < text->size(); i += 2) {
    unsigned value = 0;
    std::from_chars(text->data() + i, text->data() + i + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

void Row::ThrowNull(const char* column) {
  throw std::logic_error("column " + std::string(column) + " is NULL");
}

void Row::Parse(std::string_view text, const char* column, std::int64_t& value) {
  ParseInteger(text, column, value);
}
void Row::Parse(std::string_view text, const char* column, std::int32_t& value) {
  ParseInteger(text, column, value);
}
void Row::Parse(std::string_view text, const char*, double& value) {
  value = std::strtod(std::string(text).c_str(), nullptr);
}
void Row::Parse(std::string_view text, const char* column, bool& value) {
  if (text != "t" && text != "f") ThrowMalformed(text, column);
  value = text == "t";
}
void Row::Parse(std::string_view text, const char*, std::string& value) { value = text; }

void Row::Parse(std::string_view text, const char* column, core::TimePoint& value) {
  // Connections speak UTC and ISO: 2026-11-24 07:17:35[.123456]+00
  std::tm parts{};
  parts.tm_year = Digits(text, column, 0, 4) - 1900;
  parts.tm_mon = Digits(text, column, 5, 2) - 1;
  parts.tm_mday = Digits(text, column, 8, 2);
  parts.tm_hour = Digits(text, column, 11, 2);
  parts.tm_min = Digits(text, column, 14, 2);
  parts.tm_sec = Digits(text, column, 17, 2);
  std::int64_t microseconds = 0;
  if (text.size() > 19 && text[19] == '.') {
    std::int64_t scale = 100'000;
    for (std::size_t i = 20; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
      microseconds += (text[i] - '0') * scale;
      scale /= 10;
    }
  }
  if (!text.ends_with("+00")) ThrowMalformed(text, column);
  value =
      core::FromMicroseconds(static_cast<std::int64_t>(timegm(&parts)) * 1'000'000 + microseconds);
}

void Row::Parse(std::string_view text, const char* column, std::vector<std::string>& value) {
  const std::string terminated(text);
  pqxx::array_parser parser(terminated.c_str());
  while (true) {
    auto [juncture, element] = parser.get_next();
    if (juncture == pqxx::array_parser::done) return;
    if (juncture == pqxx::array_parser::null_value) ThrowMalformed(text, column);
    if (juncture == pqxx::array_parser::string_value) value.push_back(std::move(element));
  }
}

void Row::Parse(std::string_view text, const char* column, std::vector<std::int64_t>& value) {
  std::vector<std::string> elements;
  Parse(text, column, elements);
  for (const auto& element : elements) Parse(element, column, value.emplace_back());
}

}  // namespace accoil::postgres
