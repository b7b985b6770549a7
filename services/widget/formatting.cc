#include "services/widget/formatting.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>

namespace accoil::widget {
namespace {

using std::chrono::days;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string WithThousands(std::string digits) {
  constexpr std::size_t kGroup = 3;
  for (auto at = digits.size(); at > kGroup; at -= kGroup) digits.insert(at - kGroup, 1, ',');
  return digits;
}

std::string Plural(std::int64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

/// A span of days in the largest unit that fits.
std::string Span(std::int64_t span) {
  constexpr std::int64_t kMonth = 30;
  constexpr std::int64_t kYear = 365;
  if (span < 2 * kMonth) return Plural(span, "day");
  if (span < 2 * kYear) return Plural(span / kMonth, "month");
  return Plural(span / kYear, "year");
}

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

/// Where the character that begins at `at` ends.
std::size_t CharacterEnd(std::string_view text, std::size_t at) {
  constexpr unsigned char kContinues = 0x80;
  constexpr unsigned char kMask = 0xC0;
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & kMask) == kContinues) ++at;
  return at;
}

}  // namespace

std::string FormatNumber(double value) {
  // Beyond this a double has no decimals, and nobody reads the digits.
  constexpr double kLargest = 1e15;
  if (!std::isfinite(value)) return "not a number";
  if (std::abs(value) >= kLargest) return fmt::format("{:.3g}", value);
  auto text = fmt::format("{:.2f}", std::abs(value));
  const auto point = text.find('.');
  auto decimals = text.substr(point);
  while (decimals.back() == '0') decimals.pop_back();
  if (decimals == ".") decimals.clear();
  auto whole = WithThousands(text.substr(0, point));
  const bool zero = whole == "0" && decimals.empty();
  return (value < 0 && !zero ? "−" : "") + whole + decimals;
}

std::string FormatPercent(double value) { return FormatNumber(value) + "%"; }

std::string FormatChange(double difference) {
  const auto text = FormatNumber(difference);
  if (text == "0") return "±0";
  return difference > 0 ? "+" + text : text;
}

std::string FormatDate(core::TimePoint time) {
  const std::chrono::year_month_day date(std::chrono::floor<days>(time));
  return fmt::format("{} {} {}", static_cast<unsigned>(date.day()),
                     kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()));
}

std::string FormatAgo(core::TimePoint time, core::TimePoint now) {
  const auto span = (std::chrono::floor<days>(now) - std::chrono::floor<days>(time)) / days(1);
  if (span == 0) return "today";
  if (span == 1) return "yesterday";
  if (span == -1) return "tomorrow";
  return span > 0 ? Span(span) + " ago" : "in " + Span(-span);
}

std::string FormatMoment(core::TimePoint time, core::TimePoint now) {
  return fmt::format("{} ({})", FormatAgo(time, now), FormatDate(time));
}

std::string FormatCount(std::int64_t count, std::string_view one) {
  return fmt::format("{} {}{}", FormatNumber(static_cast<double>(count)), one,
                     count == 1 ? "" : "s");
}

std::string_view ScoreWord(double score) {
  constexpr double kMost = 75;
  constexpr double kSlightly = 50;
  constexpr double kPassive = 25;
  if (score > kMost) return "Most Engaged";
  if (score >= kSlightly) return "Slightly Engaged";
  if (score >= kPassive) return "Passive";
  return "Least Engaged";
}

std::string FormatLabel(std::string_view trait) {
  std::string label;
  for (std::size_t i = 0; i < trait.size(); ++i) {
    const char c = trait[i];
    if (c == '_' || c == '-') {
      label += ' ';
      continue;
    }
    const bool begins = i > 0 && IsUpper(c) && !IsUpper(trait[i - 1]);
    const bool ends_capitals = i > 0 && IsUpper(c) && i + 1 < trait.size() &&
                               IsLower(trait[i + 1]) && IsUpper(trait[i - 1]);
    if ((begins || ends_capitals) && label.back() != ' ') label += ' ';
    const bool capitals =
        i + 1 < trait.size() ? IsUpper(trait[i + 1]) : i > 0 && IsUpper(trait[i - 1]);
    const bool lower = i > 0 && IsUpper(c) && !capitals;
    label += lower ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return label;
}

std::string PlainInMarkdown(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '*':
        plain += "∗";
        break;
      case '_':
        plain += "＿";
        break;
      case '[':
        plain += "［";
        break;
      case ']':
        plain += "］";
        break;
      case '`':
        plain += "ˋ";
        break;
      case '<':
        plain += "‹";
        break;
      case '>':
        plain += "›";
        break;
      case '\n':
      case '\r':
      case '\t':
        plain += ' ';
        break;
      default:
        plain += c;
    }
  }
  return plain;
}

std::string Shorten(std::string_view text, std::size_t most) {
  std::size_t end = 0;
  std::size_t last = 0;
  for (std::size_t characters = 0; end < text.size(); ++characters) {
    if (characters == most) return std::string(text.substr(0, last)) + "…";
    last = end;
    end = CharacterEnd(text, end);
  }
  return std::string(text);
}

}  // namespace accoil::widget
