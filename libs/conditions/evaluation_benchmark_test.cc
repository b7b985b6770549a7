#include <ctime>
#include <iostream>

#include "libs/conditions/condition.h"
#include "tests/catch.h"

namespace accoil::conditions {
namespace {

/// A subject as fast as one can be: an array.
class Row final : public Facts {
 public:
  explicit Row(core::TimePoint last_active) : last_active_(last_active) {}

  Value Get(std::size_t field) const override {
    if (field == 0) return 39.0;
    if (field == 1) return last_active_;
    return std::string_view("Scale Up, yearly");
  }
  bool Has(std::size_t, std::string_view text) const override { return text == "Enterprise"; }
  bool HasAny(std::size_t) const override { return true; }

 private:
  core::TimePoint last_active_;
};

/// The processor's time for one of `times` calls, whatever else the machine does meanwhile.
template <typename Call>
double NanosecondsOf(int times, Call call) {
  const auto begin = std::clock();
  for (int i = 0; i < times; ++i) call(i);
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC * 1e9 / times;
}

void Measure(const char* text) {
  constexpr int kEvaluations = 2'000'000;
  constexpr int kParses = 20'000;
  const Schema schema{{"Score", Type::kNumber},
                      {"LastActive", Type::kDate},
                      {"Plan", Type::kText},
                      {"Segments", Type::kTexts}};
  const auto condition = Condition::Parse(text, schema, "condition");
  const auto now = core::SystemClock().Now();
  const Row row(now - std::chrono::days(15));
  int holds = 0;
  const auto evaluation = NanosecondsOf(kEvaluations, [&](int i) {
    holds += condition.Evaluate(row, now + std::chrono::microseconds(i)) ? 1 : 0;
  });
  CHECK(holds == kEvaluations);
  const auto parse =
      NanosecondsOf(kParses, [&](int) { Condition::Parse(text, schema, "condition"); });
  std::cout << text << ": " << evaluation << " ns, to parse " << parse << " ns\n";
}

}  // namespace

TEST_CASE("how long conditions take", "[.][benchmark]") {
  Measure("Score < 40 and \"Enterprise\" in Segments and LastActive > 14 days ago");
  Measure("Plan contains 'yearly'");
  Measure("Plan in ('Scale', 'Scale Up', 'Scale Up, yearly')");
}

}  // namespace accoil::conditions
