#include "services/widget/condition_sql.h"

#include "tests/catch.h"

namespace accoil::widget {
namespace {

using conditions::Type;

const ListFields& Fields() {
  static const ListFields fields(conditions::Kind::kUser, {{"Score", Type::kNumber},
                                                           {"Plan", Type::kText},
                                                           {"Paying", Type::kBoolean},
                                                           {"LastActive", Type::kDate}});
  return fields;
}

struct Written {
  std::string sql;
  std::vector<std::string> parameters;
};

Written Write(const std::string& text) {
  SqlParameters parameters;
  const core::TimePoint now(std::chrono::hours(24 * 100));
  const auto condition = conditions::Condition::Parse(text, Fields().schema, "condition");
  Written written{ConditionSql(condition, Fields(), now, parameters), {}};
  for (const auto& value : parameters.values()) written.parameters.push_back(*value.text());
  return written;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a condition becomes an expression of fixed parts, all else are parameters") {
  const auto written = Write(R"(Score < 0.1 and "x' OR true --" in Segments)");
  CHECK(written.sql ==
        "((((l.traits -> $1::text)::numeric < $2::numeric) IS TRUE) AND "
        "($3::text = ANY (l.segments)))");
  CHECK(written.sql.find('\'') == std::string::npos);
  CHECK(written.parameters == Texts{"#Score", "0.1", "x' OR true --"});
}

TEST_CASE("what is long ago is compared with a moment") {
  const auto written = Write("LastActive > 1 days ago");
  CHECK(written.parameters == Texts{"@LastActive", "8553600.000000000"});
}

TEST_CASE("texts are looked for in lower case, names and ids in their columns") {
  CHECK(Write("Plan contains 'TEAM'").parameters == Texts{"$Plan", "team"});
  const auto written = Write("Name = 'Ada' or Email is empty or UserId in ('a', 'b')");
  CHECK(written.parameters == Texts{"Ada", R"({"a","b"})"});
  CHECK(written.sql.find("nullif(l.name, '')") != std::string::npos);
  CHECK(written.sql.find("nullif(l.email, '') IS NULL") != std::string::npos);
  CHECK(written.sql.find("l.subject_id = ANY") != std::string::npos);
}

}  // namespace accoil::widget
