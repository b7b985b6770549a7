// Conditions as SQL answer what Condition::Evaluate answers, over subjects and conditions that are
// made up by a generator.

#include <random>

#include "libs/conditions/condition.h"
#include "libs/conditions/profile_schema.h"
#include "libs/core/rfc3339.h"
#include "tests/catch.h"
#include "tests/integration/widget_lists_bed.h"

namespace accoil::test {
namespace {

using conditions::Type;
using events::v1::SegmentEntered;
using google::protobuf::Value;

constexpr int kSubjects = 150;
constexpr int kConditions = 300;

/// A subject as it was told, and as a condition looks at it.
struct Made final : conditions::Facts {
  Made(const conditions::Schema& schema) : schema(schema) {}

  conditions::Value Get(std::size_t field) const override {
    const auto& [name, type] = schema[field];
    const auto text = [](const std::string& value) {
      return value.empty() ? conditions::Value() : conditions::Value(std::string_view(value));
    };
    if (name == "Name") return text(this->name);
    if (name == "Email") return text(email);
    if (name == "UserId") return text(id);
    const auto found = traits.find(name);
    if (found == traits.end()) return {};
    const auto& value = found->second;
    if (type == Type::kNumber && value.has_number_value()) return value.number_value();
    if (type == Type::kBoolean && value.has_bool_value()) return value.bool_value();
    if (!value.has_string_value()) return {};
    if (type == Type::kText) return std::string_view(value.string_value());
    if (type != Type::kDate) return {};
    const auto date = core::ParseDate(value.string_value());
    return date ? conditions::Value(core::ToTimePoint(*date)) : conditions::Value();
  }
  bool Has(std::size_t, std::string_view text) const override {
    return segments.contains(std::string(text));
  }
  bool HasAny(std::size_t) const override { return !segments.empty(); }

  const conditions::Schema& schema;
  std::string id;
  std::string name;
  std::string email;
  std::map<std::string, Value> traits;
  std::set<std::string> segments;
};

class Generator {
 public:
  explicit Generator(const conditions::Schema& schema) : schema_(schema) {}

  Made MakeSubject(int number) {
    Made made(schema_);
    made.id = "u" + std::to_string(number);
    made.name = Of({"", "Ada", "ada", "Ad\xc3\xa4", "Bob \"the\" Builder"});
    made.email = Of({"", "ada@x.example", "ADA@X.example"});
    for (const auto* trait : {"Score", "Rate", "LastActive", "Plan", "Paying"}) {
      if (Chance(4)) continue;
      made.traits[trait] = Chance(6) ? AnyValue() : ValueOf(trait);
    }
    for (const auto* segment : {"All", "Enterprise", "It's"}) {
      if (Chance(2)) made.segments.insert(segment);
    }
    return made;
  }

  std::string MakeCondition(int depth = 0) {
    if (depth < 3 && Chance(2)) {
      const auto first = MakeCondition(depth + 1);
      return "(" + first + Of({" and ", " or ", " and not "}) + MakeCondition(depth + 1) + ")";
    }
    return (Chance(4) ? "not " : "") + MakeComparison();
  }

 private:
  bool Chance(int of) { return static_cast<int>(random_() % static_cast<unsigned>(of)) == 0; }
  std::string Of(const std::vector<std::string>& choices) {
    return choices[random_() % choices.size()];
  }
  std::string Number() {
    return Of({"0", "-1", "0.1", "0.3", "40", "40.5", "100", "123456.789", "1000000"});
  }
  std::string Text() { return Of({"team", "Team", "", "free", "it's", "b\xc3\xa4r", "100"}); }
  std::string Date() {
    return Of({"2026-01-31", "2026-01-31T00:00:00Z", "2026-01-31T01:00:00.75+01:00",
               "2025-12-24T23:59:60Z", "2024-02-29", "1969-12-31T23:59:59-23:59", "9999-12-31"});
  }
  Value ValueOf(const std::string& trait) {
    Value value;
    if (trait == "Score" || trait == "Rate") value.set_number_value(std::stod(Number()));
    if (trait == "Plan") value.set_string_value(Text());
    if (trait == "LastActive") value.set_string_value(Date());
    if (trait == "Paying") value.set_bool_value(Chance(2));
    return value;
  }
  /// Of whatever type, and what is nearly a date.
  Value AnyValue() {
    if (Chance(2)) {
      Value value;
      value.set_string_value(Of({"2026-02-29", "2026-13-01", "2026-01-31T24:00:00Z", "yesterday",
                                 "2026-01-31T00:00:00", "2026-01-31T00:00:00+24:00", "2026-01-31 ",
                                 "1900-02-29", "2026-04-31", "2026-1-1", "2026-01-31T00:00Z"}));
      return value;
    }
    return ValueOf(Of({"Score", "Plan", "LastActive", "Paying"}));
  }

  std::string MakeComparison() {
    const auto order = [&] { return Of({" = ", " != ", " < ", " <= ", " > ", " >= "}); };
    const auto equal = [&] { return Of({" = ", " != "}); };
    const auto quoted = [](const std::string& text) { return "\"" + text + "\""; };
    const auto text = [&] { return Of({"Plan", "Name", "Email", "UserId"}); };
    const auto literal = [&] {
      return quoted(Of({"team", "Team", "free", "Ada", "ada@x.example", "u7", "it's"}));
    };
    const auto number = [&] { return Of({"Score", "Rate"}); };
    const auto day = [&] {
      return Of({"2026-01-31", "2026-01-31T00:00:00Z", "2024-02-29", "2026-01-01T00:00:00Z"});
    };
    switch (random_() % 9) {
      case 0:
      case 1:
        return number() + order() + Number();
      case 2:
        return text() + equal() + literal();
      case 3:
        return text() + Of({" contains ", " not contains "}) +
               quoted(Of({"TEA", "a", "\xc3\xa4", "x."}));
      case 4:
        return "LastActive" + order() + day();
      case 5:
        return "LastActive" + Of({" < ", " <= ", " > ", " >= "}) +
               Of({"3 hours", "14 days", "300 weeks"}) + " ago";
      case 6:
        return quoted(Of({"All", "Enterprise", "It's", "None"})) + Of({" in ", " not in "}) +
               "Segments";
      case 7:
        return Of({"Score", "Plan", "LastActive", "Paying", "Name", "Email", "Segments"}) +
               Of({" is empty", " is not empty"});
      default:
        return Of({"Paying", "Paying = false", "Paying != true", "Score in (0, 40, 0.1)",
                   "Score not in (0, 40)", "Plan in ('team', 'free')", "Name not in ('Ada')",
                   "LastActive in (2026-01-31, 2024-02-29)"});
    }
  }

  const conditions::Schema& schema_;
  std::mt19937 random_{20'261'124};
};

}  // namespace

TEST_CASE("a list's condition means what it means to a rule, for all kinds of subjects") {
  ListsBed bed;
  bed.Measure("trial", true);
  const auto schema =
      conditions::ProfileSchema(conditions::Kind::kUser, {{"Score", Type::kNumber},
                                                          {"Rate", Type::kNumber},
                                                          {"LastActive", Type::kDate},
                                                          {"Plan", Type::kText},
                                                          {"Paying", Type::kBoolean}});
  Generator generator(schema);
  std::vector<Made> subjects;
  for (int i = 0; i < kSubjects; ++i) {
    auto made = generator.MakeSubject(i);
    if (made.traits.empty() && made.segments.empty()) continue;
    const auto subject = bed.User(made.id);
    bed.Know(subject, made.name, made.email);
    for (const auto& [trait, value] : made.traits) bed.Trait(subject, trait, value);
    for (const auto& segment : made.segments) bed.Segment<SegmentEntered>(subject, segment);
    subjects.push_back(std::move(made));
  }
  bed.Follow();
  bed.clock.Advance(core::TimePoint(std::chrono::seconds(1'770'000'000)) - bed.clock.Now());

  int some = 0;
  for (int i = 0; i < kConditions; ++i) {
    const auto text = generator.MakeCondition();
    CAPTURE(text);
    const auto condition = conditions::Condition::Parse(text, schema, "condition");
    std::set<std::string> expected;
    for (const auto& made : subjects) {
      if (condition.Evaluate(made, bed.clock.Now())) expected.insert(made.id);
    }
    auto request = bed.Users("Name");
    request.set_condition(text);
    request.set_limit(200);
    std::set<std::string> listed;
    const auto page = bed.List(request);
    for (const auto& subject : page.subjects()) listed.insert(subject.subject_id());
    CHECK(listed == expected);
    if (!expected.empty() && expected.size() < subjects.size()) ++some;
  }
  // Or nothing was shown.
  CHECK(some > kConditions / 2);
}

}  // namespace accoil::test
