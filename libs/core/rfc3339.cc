#include "libs/core/rfc3339.h"

#include <algorithm>
#include <cstddef>

namespace accoil::core {
namespace {

/// Reads from the front of a text; every method answers false or nothing where it does not fit.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<int> Digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!IsDigit(rest_[i])) return std::nullopt;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  bool OneOf(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool SkipDigits() {
    std::size_t count = 0;
    while (count < rest_.size() && IsDigit(rest_[count])) ++count;
    rest_.remove_prefix(count);
    return count > 0;
  }

  bool AtEnd() const { return rest_.empty(); }
  char Front() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }

  std::string_view rest_;
};

std::optional<std::chrono::sys_days> ReadDay(Reader& reader) {
  const auto year = reader.Digits(4);
  if (!year || !reader.OneOf("-")) return std::nullopt;
  const auto month = reader.Digits(2);
  if (!month || !reader.OneOf("-")) return std::nullopt;
  const auto day = reader.Digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<std::chrono::seconds> ReadTime(Reader& reader) {
  const auto hour = reader.Digits(2);
  if (!hour || *hour > 23 || !reader.OneOf(":")) return std::nullopt;
  const auto minute = reader.Digits(2);
  if (!minute || *minute > 59 || !reader.OneOf(":")) return std::nullopt;
  const auto second = reader.Digits(2);
  // A leap second is allowed; Unix time counts it with the second after.
  if (!second || *second > 60) return std::nullopt;
  if (reader.OneOf(".") && !reader.SkipDigits()) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

std::optional<std::chrono::seconds> ReadOffset(Reader& reader) {
  if (reader.OneOf("Zz")) return std::chrono::seconds(0);
  const int sign = reader.Front() == '-' ? -1 : 1;
  if (!reader.OneOf("+-")) return std::nullopt;
  const auto hours = reader.Digits(2);
  if (!hours || *hours > 23 || !reader.OneOf(":")) return std::nullopt;
  const auto minutes = reader.Digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

}  // namespace

std::optional<std::chrono::sys_seconds> ParseDate(std::string_view text) {
  Reader reader(text);
  const auto day = ReadDay(reader);
  if (!day) return std::nullopt;
  if (reader.AtEnd()) return *day;
  if (!reader.OneOf("Tt ")) return std::nullopt;
  const auto time = ReadTime(reader);
  if (!time) return std::nullopt;
  const auto offset = ReadOffset(reader);
  if (!offset || !reader.AtEnd()) return std::nullopt;
  return *day + *time - *offset;
}

TimePoint ToTimePoint(std::chrono::sys_seconds time) {
  using std::chrono::seconds;
  return TimePoint(std::clamp(time, std::chrono::ceil<seconds>(TimePoint::min()),
                              std::chrono::floor<seconds>(TimePoint::max())));
}

}  // namespace accoil::core
