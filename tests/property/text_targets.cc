#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "libs/conditions/condition.h"
#include "libs/core/environment.h"
#include "libs/core/errors.h"
#include "libs/core/json.h"
#include "libs/core/rfc3339.h"
#include "libs/core/text.h"
#include "libs/telemetry/trace.h"
#include "services/widget/choice.h"
#include "services/widget/condition_sql.h"
#include "services/widget/list_cursor.h"
#include "tests/property/condition_model.h"
#include "tests/property/mutator.h"
#include "tests/property/targets.h"

namespace accoil::test {
namespace {

using conditions::Condition;
using conditions::ConditionError;

const core::TimePoint kNow = core::FromMicroseconds(1'772'366'400'000'000);

std::size_t Characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

void DemandEvaluates(const Condition& condition, std::string_view text) {
  // Another subject for another text, and the same for the same.
  Mutator random(std::hash<std::string_view>()(text));
  const auto subject = conditions::test::RandomSubject(random, kNow);
  const bool now = condition.Evaluate(subject, kNow);
  Demand(now == condition.Evaluate(subject, kNow), "is true and false at once");
  if (const auto next = condition.NextChange(subject, kNow)) {
    Demand(*next > kNow, "has a next change that is over");
    Demand(condition.Evaluate(subject, *next - std::chrono::microseconds(1)) == now,
           "changes before its next change");
  }
}

void DemandSql(const Condition& condition) {
  const widget::ListFields fields(conditions::Kind::kUser, conditions::test::ModelSchema());
  widget::SqlParameters parameters;
  const auto sql = widget::ConditionSql(condition, fields, kNow, parameters);
  Demand(!sql.empty() && sql.find('\0') == std::string::npos, "becomes no SQL");
  // Whatever came from outside is a parameter: no more than ASCII is left.
  Demand(std::all_of(sql.begin(), sql.end(), [](char c) { return c >= ' ' || c == '\n'; }),
         "becomes SQL with something from outside");
}

bool ReadCondition(std::string_view text) {
  try {
    const auto condition = Condition::Parse(text, conditions::test::ModelSchema(), "condition");
    Demand(text.size() <= Condition::kLongest, "is too long");
    Demand(core::IsUtf8(text), "is no UTF-8");
    Demand(!condition.fields().empty(), "looks at nothing");
    Demand(condition.fields().back() < conditions::test::ModelSchema().size(),
           "has an unknown field");
    DemandEvaluates(condition, text);
    DemandSql(condition);
    return true;
  } catch (const ConditionError& error) {
    Demand(error.field() == "condition", "is refused by another field");
    Demand(core::IsUtf8(error.problem()), "is refused by what is no UTF-8");
    Demand(error.problem().size() <= 1'500, "is refused at length");
    // One after the last, where something is missing.
    Demand(error.position() >= 1 && error.position() <= Characters(text) + 1,
           "is refused outside of the text");
    throw;
  }
}

bool ReadJson(std::string_view text) {
  const auto value = core::ParseJson(text, {.size = 1 << 20, .depth = 32});
  const auto written = value.dump();
  Demand(core::ParseJson(written, {.size = 16 << 20, .depth = 32}).dump() == written,
         "says something else when it is written again");
  return true;
}

bool ReadCursor(std::string_view text) {
  constexpr std::uint64_t kQuery = 0;
  const auto cursor = widget::ParseCursor(text, kQuery);
  Demand(!cursor.subject_id.empty(), "is a place without a subject");
  Demand(core::IsUtf8(cursor.subject_id) && core::IsUtf8(cursor.key.value_or("")), "is no text");
  Demand(widget::ParseCursor(widget::ToText(cursor, kQuery), kQuery) == cursor,
         "is another place when it is written again");
  return true;
}

bool ReadTraceparent(std::string_view text) {
  const auto trace = telemetry::ParseTraceparent(text);
  if (!trace) return false;
  const auto again = telemetry::ParseTraceparent(telemetry::ToTraceparent(*trace));
  Demand(again && again->trace_id == trace->trace_id && again->parent_id == trace->parent_id &&
             again->sampled == trace->sampled,
         "is another trace when it is written again");
  return true;
}

bool ReadStoredData(std::string_view text) {
  // Anything is taken; what is not ours counts as not chosen.
  const auto choice = widget::FromStoredData(text);
  const auto written = widget::ToStoredData(choice);
  Demand(widget::FromStoredData(written) == choice, "is another choice when it is written again");
  return !(choice == widget::Choice());
}

bool ReadDate(std::string_view text) {
  const auto second = core::ParseDate(text);
  if (!second) return false;
  const auto time = core::ToTimePoint(*second);
  Demand(time >= core::TimePoint::min() && time <= core::TimePoint::max(), "is no time");
  return true;
}

/// The text as the value of a setting of each kind; accepted when one of the kinds takes it.
bool ReadSetting(std::string_view text) {
  using std::chrono::milliseconds;
  const auto accepted = [&](const auto& read) {
    core::Environment environment([&](const std::string& name) {
      return name == "A" ? std::optional(std::string(text)) : std::nullopt;
    });
    read(environment);
    for (const auto& problem : environment.problems()) {
      Demand(problem.starts_with("A ") || problem.starts_with("A:"), "is blamed on no setting");
      Demand(problem.find('\n') == std::string::npos, "has a problem of several lines");
    }
    return environment.problems().empty();
  };
  bool any = false;
  any |= accepted([](core::Environment& environment) {
    const auto number = environment.Integer("A", 5, -10, 1'000'000);
    Demand(number >= -10 && number <= 1'000'000, "is a number out of bounds");
  });
  any |= accepted([](core::Environment& environment) {
    const auto duration =
        environment.Duration("A", milliseconds(5), milliseconds(0), milliseconds(1'000'000));
    Demand(duration >= milliseconds(0) && duration <= milliseconds(1'000'000),
           "is a duration out of bounds");
  });
  any |= accepted([](core::Environment& environment) { environment.Boolean("A", false); });
  any |= accepted([](core::Environment& environment) {
    environment.Choice("A", "info", {"debug", "info"});
  });
  any |= accepted([](core::Environment& environment) { environment.Address("A"); });
  return any;
}

constexpr std::array kTargets{
    Target{"condition", ReadCondition},    Target{"json", ReadJson},
    Target{"cursor", ReadCursor},          Target{"traceparent", ReadTraceparent},
    Target{"stored-data", ReadStoredData}, Target{"date", ReadDate},
    Target{"setting", ReadSetting},
};

}  // namespace

std::span<const Target> TextTargets() { return kTargets; }

}  // namespace accoil::test
