#include "tests/property/condition_model.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "libs/conditions/condition.h"

namespace accoil::conditions::test {
namespace {

using namespace std::string_view_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;

constexpr std::array kNumbers{-3.5, 0.0, 1.0, 40.0, 1e6};
constexpr std::array kNumerals{"-3.5"sv, "0"sv, "1.0"sv, "40"sv, "1e6"sv};

constexpr std::array kTexts{""sv, "a"sv, "Scale Up"sv, "it's \\ \"quoted\""sv, "größe 🎉"sv};
constexpr std::array kLiterals{"''"sv, "\"a\""sv, "'Scale Up'"sv, R"('it\'s \\ "quoted"')"sv,
                               "\"größe 🎉\""sv};
/// Each of what some of the texts contain, and in which of them it is.
struct Needle {
  std::string_view literal;
  std::array<bool, kTexts.size()> within;
};
constexpr std::array kNeedles{
    Needle{"'A'", {false, true, true, false, false}},
    Needle{"\"SCALE up\"", {false, false, true, false, false}},
    Needle{"'GRö'", {false, false, false, false, true}},
    Needle{R"("\"Quot")", {false, false, false, true, false}},
    Needle{"'E'", {false, false, true, true, true}},
};

constexpr std::array kAges{hours(0), hours(1), hours(48), hours(24 * 14), hours(24 * 365)};
constexpr std::array kAgesWritten{"0 days ago"sv, "1 Hour AGO"sv, "48 hours ago"sv, "2 weeks ago"sv,
                                  "365 days ago"sv};

const std::array kDates{
    core::TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 1 / 31)),
    core::TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 2 / 28) + hours(12))};
constexpr std::array kDatesWritten{"2026-01-31"sv, "2026-02-28T13:30:00+01:30"sv};

constexpr std::array kNamesOfSegments{"New"sv, "Red Hot"sv, "O'Neill"sv};
constexpr std::array kSegmentsWritten{"'New'"sv, "\"Red Hot\""sv, "'O\\'Neill'"sv};

using Holds = decltype(Model::holds);

template <typename T>
const T* ValueOf(const Subject& subject, std::size_t field, Value& value) {
  value = subject.Get(field);
  return std::get_if<T>(&value);
}

/// A comparison of a value that is there; false without one.
template <typename T, typename Test>
Holds OfValue(std::size_t field, Test test) {
  return [field, test](const Subject& subject, core::TimePoint now) {
    Value value;
    const auto* have = ValueOf<T>(subject, field, value);
    return have != nullptr && test(*have, now);
  };
}

bool Compared(std::size_t op, int order) {
  switch (op) {
    case 0:
      return order == 0;
    case 1:
      return order != 0;
    case 2:
      return order < 0;
    case 3:
      return order <= 0;
    case 4:
      return order > 0;
    default:
      return order >= 0;
  }
}
constexpr std::array kOperators{"="sv, "!="sv, "<"sv, "<="sv, ">"sv, ">="sv};
constexpr std::size_t kFirstOrder = 2;

template <typename T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

class Author {
 public:
  explicit Author(Mutator& random) : random_(random) {}

  Model Write(int depth) {
    // A leaf is as likely as all the rest, and everything when it is deep enough.
    if (depth == 0 || Chance(2)) return Comparison();
    if (Chance(3)) {
      const auto of = Write(depth - 1);
      return {Word("not") + Wrapped(of.text),
              [holds = of.holds](const Subject& subject, core::TimePoint now) {
                return !holds(subject, now);
              }};
    }
    return Junction(depth, Chance(2));
  }

 private:
  bool Chance(std::size_t of) { return random_.Below(of) == 0; }
  std::string Space() { return std::array{" ", " ", "  ", "\n", " \t"}.at(random_.Below(5)); }
  /// A keyword in some case, with white space around it.
  std::string Word(std::string_view keyword) {
    std::string word(keyword);
    for (auto& c : word) {
      if (Chance(4)) c = static_cast<char>(c - 'a' + 'A');
    }
    return Space() + word + Space();
  }
  static std::string Wrapped(const std::string& text) { return "(" + text + ")"; }

  Model Junction(int depth, bool all) {
    std::string text;
    std::vector<Holds> parts;
    const auto count = 2 + random_.Below(2);
    for (std::size_t i = 0; i < count; ++i) {
      auto part = Write(depth - 1);
      if (i > 0) text += Word(all ? "and" : "or");
      // In parentheses, since the part may be joined by the other word; what binds tighter is tried
      // by the comparisons that follow one another without.
      text += Wrapped(part.text);
      parts.push_back(std::move(part.holds));
    }
    if (Chance(3)) {
      // a or b and c is a or (b and c), whichever the last two are.
      const auto b = Comparison();
      const auto c = Comparison();
      text += Word("or") + b.text + Word("and") + c.text;
      return {text,
              [parts, all, b = b.holds, c = c.holds](const Subject& subject, core::TimePoint now) {
                return Joined(parts, all, subject, now) || (b(subject, now) && c(subject, now));
              }};
    }
    return {text, [parts, all](const Subject& subject, core::TimePoint now) {
              return Joined(parts, all, subject, now);
            }};
  }

  static bool Joined(const std::vector<Holds>& parts, bool all, const Subject& subject,
                     core::TimePoint now) {
    const auto holds = [&](const Holds& part) { return part(subject, now); };
    return all ? std::all_of(parts.begin(), parts.end(), holds)
               : std::any_of(parts.begin(), parts.end(), holds);
  }

  Model Comparison() {
    switch (random_.Below(8)) {
      case 0:
        return OfNumber();
      case 1:
        return OfText();
      case 2:
        return OfTruth();
      case 3:
        return OfDate();
      case 4:
        return OfAge();
      case 5:
        return OfSegment();
      case 6:
        return Containing();
      default:
        return Empty();
    }
  }

  Model OfNumber() {
    const auto at = random_.Below(kNumbers.size());
    const auto field = Chance(4) ? kDashed : kScore;
    const std::string name = field == kDashed ? "`Seats-Used`" : "Score";
    if (Chance(4)) {
      const auto other = random_.Below(kNumbers.size());
      const bool negated = Chance(2);
      return {name + (negated ? Word("not") : "") + Word("in") + "(" + std::string(kNumerals[at]) +
                  "," + Space() + std::string(kNumerals[other]) + ")",
              OfValue<double>(field, [=](double value, core::TimePoint) {
                return (value == kNumbers[at] || value == kNumbers[other]) != negated;
              })};
    }
    const auto op = random_.Below(kOperators.size());
    return {name + std::string(kOperators[op]) + std::string(kNumerals[at]),
            OfValue<double>(field, [=](double value, core::TimePoint) {
              return Compared(op, Order(value, kNumbers[at]));
            })};
  }

  Model OfText() {
    const auto at = random_.Below(kTexts.size());
    const auto op = random_.Below(kFirstOrder);
    return {"Plan" + Space() + std::string(kOperators[op]) + Space() + std::string(kLiterals[at]),
            OfValue<std::string_view>(kPlan, [=](std::string_view value, core::TimePoint) {
              return Compared(op, value.compare(kTexts[at]));
            })};
  }

  Model OfTruth() {
    if (Chance(2)) {
      return {"Trial", OfValue<bool>(kTrial, [](bool value, core::TimePoint) { return value; })};
    }
    const bool wanted = Chance(2);
    const auto op = random_.Below(kFirstOrder);
    return {"Trial " + std::string(kOperators[op]) + (wanted ? " true" : " FALSE"),
            OfValue<bool>(kTrial, [=](bool value, core::TimePoint) {
              return (value == wanted) == (op == 0);
            })};
  }

  Model OfDate() {
    const auto at = random_.Below(kDates.size());
    const auto op = random_.Below(kOperators.size());
    return {"LastActive " + std::string(kOperators[op]) + " " + std::string(kDatesWritten[at]),
            OfValue<core::TimePoint>(kLastActive, [=](core::TimePoint value, core::TimePoint) {
              return Compared(op, Order(value, kDates[at]));
            })};
  }

  Model OfAge() {
    const auto at = random_.Below(kAges.size());
    const auto op = kFirstOrder + random_.Below(kOperators.size() - kFirstOrder);
    return {"LastActive " + std::string(kOperators[op]) + " " + std::string(kAgesWritten[at]),
            OfValue<core::TimePoint>(kLastActive, [=](core::TimePoint value, core::TimePoint now) {
              return Compared(op, Order<core::TimePoint::duration>(now - value, kAges[at]));
            })};
  }

  Model OfSegment() {
    const auto at = random_.Below(kNamesOfSegments.size());
    const bool negated = Chance(2);
    return {
        std::string(kSegmentsWritten[at]) + (negated ? Word("not") : "") + Word("in") + "Segments",
        [=](const Subject& subject, core::TimePoint) {
          return subject.Has(kSegments, kNamesOfSegments[at]) != negated;
        }};
  }

  Model Containing() {
    const auto& needle = kNeedles.at(random_.Below(kNeedles.size()));
    const bool negated = Chance(2);
    return {"Plan" + (negated ? Word("not") : "") + Word("contains") + std::string(needle.literal),
            OfValue<std::string_view>(kPlan, [=](std::string_view value, core::TimePoint) {
              const auto text = std::find(kTexts.begin(), kTexts.end(), value) - kTexts.begin();
              return needle.within.at(static_cast<std::size_t>(text)) != negated;
            })};
  }

  Model Empty() {
    const bool negated = Chance(2);
    const auto end = Word("is") + (negated ? Word("not") : "") + Word("empty");
    if (Chance(3)) {
      return {"Segments" + end, [=](const Subject& subject, core::TimePoint) {
                return subject.HasAny(kSegments) == negated;
              }};
    }
    const auto field = random_.Below(kSegments);
    return {ModelSchema()[field].name + end, [=](const Subject& subject, core::TimePoint) {
              return std::holds_alternative<std::monostate>(subject.Get(field)) != negated;
            }};
  }

  Mutator& random_;
};

}  // namespace

const Schema& ModelSchema() { return TestSchema(); }

Model RandomCondition(Mutator& random) {
  constexpr int kDeepest = 3;
  while (true) {
    auto model = Author(random).Write(kDeepest);
    if (model.text.size() <= Condition::kLongest) return model;
  }
}

Subject RandomSubject(Mutator& random, core::TimePoint now) {
  const auto some = [&] { return random.Below(4) != 0; };
  Subject subject;
  if (some()) subject.Set(kScore, kNumbers.at(random.Below(kNumbers.size())));
  if (some()) subject.Set(kDashed, kNumbers.at(random.Below(kNumbers.size())));
  if (some()) subject.Set(kPlan, kTexts.at(random.Below(kTexts.size())));
  if (some()) subject.Set(kTrial, random.Below(2) == 0);
  if (some()) {
    const auto from = random.Below(2) == 0 ? now - kAges.at(random.Below(kAges.size()))
                                           : kDates.at(random.Below(kDates.size()));
    constexpr std::array kNear{microseconds(-1), microseconds(0), microseconds(1),
                               microseconds(days(-1))};
    subject.Set(kLastActive, from + kNear.at(random.Below(kNear.size())));
  }
  for (const auto segment : kNamesOfSegments) {
    if (random.Below(3) == 0) subject.Enter(std::string(segment));
  }
  return subject;
}

std::vector<core::TimePoint> Moments(const Subject& subject) {
  std::vector<core::TimePoint> moments;
  Value value;
  if (const auto* time = ValueOf<core::TimePoint>(subject, kLastActive, value)) {
    for (const auto age : kAges) {
      for (const auto near : {microseconds(-1), microseconds(0), microseconds(1)}) {
        moments.push_back(*time + age + near);
      }
    }
  }
  return moments;
}

}  // namespace accoil::conditions::test
