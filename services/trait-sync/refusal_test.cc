#include "services/trait-sync/refusal.h"

#include "tests/catch.h"

namespace accoil::traitsync {
namespace {

using intercom::AttributeValues;
using intercom::Done;
using intercom::Failure;
using intercom::Outcome;

Failure Refusal(const std::string& message = "", const std::string& field = "") {
  Failure failure;
  failure.kind = Failure::Kind::kRefused;
  failure.status = 422;
  failure.message = message;
  failure.field = field;
  return failure;
}

AttributeValues Numbered(int count) {
  AttributeValues values;
  for (int i = 0; i < count; ++i) values["a" + std::to_string(100 + i)] = std::int64_t{i};
  return values;
}

/// Refuses whatever holds one of `bad`, counting the calls.
struct Target {
  std::set<std::string> bad;
  bool names = false;
  int calls = 0;

  std::optional<Outcome<Done>> operator()(const AttributeValues& values) {
    ++calls;
    for (const auto& name : bad) {
      if (values.contains(name)) {
        return Outcome<Done>(Refusal(names ? name + " is bad" : "bad"), std::nullopt);
      }
    }
    return Outcome<Done>(Done{}, std::nullopt);
  }
};

}  // namespace

TEST_CASE("an error names an attribute in its message or field; the longest name counts") {
  const AttributeValues sent{{"A_Score", std::int64_t{1}}, {"A_ScoreAll", std::int64_t{2}}};
  CHECK(NamedAttribute(Refusal("Custom attribute 'A_ScoreAll' is archived"), sent) == "A_ScoreAll");
  CHECK(NamedAttribute(Refusal("", "custom_attributes.A_Score"), sent) == "A_Score");
  CHECK(!NamedAttribute(Refusal("bad request"), sent));
}

TEST_CASE("a named attribute is left out and the rest is one call") {
  Target target{{"a103"}, true};
  const auto result =
      WriteWithoutRefused(Numbered(8), Refusal("a103 is bad"), {}, 24, std::ref(target));
  CHECK(result.ended);
  CHECK(target.calls == 1);
  CHECK(result.refused == std::map<std::string, std::string>{{"a103", "422: a103 is bad"}});
  CHECK(result.acknowledged.size() == 7);
}

TEST_CASE("an attribute that no error names is found by halving") {
  Target target{{"a105"}};
  const auto result = WriteWithoutRefused(Numbered(16), Refusal("bad"), {}, 24, std::ref(target));
  CHECK(result.ended);
  CHECK(target.calls <= 8);
  CHECK(result.refused.size() == 1);
  CHECK(result.refused.contains("a105"));
  CHECK(result.acknowledged.size() == 15);
}

TEST_CASE("an attribute that was at fault elsewhere is tried alone first") {
  Target target{{"a105"}};
  const auto result =
      WriteWithoutRefused(Numbered(16), Refusal("bad"), {"a105", "b"}, 24, std::ref(target));
  CHECK(target.calls == 2);
  CHECK(result.refused.size() == 1);
  CHECK(result.acknowledged.size() == 15);
}

TEST_CASE("a refusal that cannot be an attribute's ends the search") {
  int calls = 0;
  const auto result =
      WriteWithoutRefused(Numbered(8), Refusal("bad"), {}, 24, [&](const AttributeValues&) {
        ++calls;
        auto forbidden = Refusal("forbidden");
        forbidden.status = 403;
        return std::optional(Outcome<Done>(forbidden, std::nullopt));
      });
  CHECK(calls == 1);
  CHECK(!result.ended);
  CHECK(result.failure->status == 403);
}

TEST_CASE("several bad attributes are found") {
  Target target{{"a100", "a107"}};
  const auto result = WriteWithoutRefused(Numbered(8), Refusal("bad"), {}, 24, std::ref(target));
  CHECK(result.refused.size() == 2);
  CHECK(result.acknowledged.size() == 6);
}

TEST_CASE("when everything is refused the search ends") {
  Target target;
  for (const auto& [name, value] : Numbered(64)) target.bad.insert(name);
  const auto result = WriteWithoutRefused(Numbered(64), Refusal("bad"), {}, 24, std::ref(target));
  CHECK(result.ended);
  CHECK(target.calls == 24);
  CHECK(result.refused.size() == 64);
}

TEST_CASE("when a call fails otherwise or has no permit, what is left is still to be sent") {
  int calls = 0;
  const auto result =
      WriteWithoutRefused(Numbered(4), Refusal("bad"), {}, 24,
                          [&](const AttributeValues&) -> std::optional<Outcome<Done>> {
                            if (++calls == 1) return Outcome<Done>(Done{}, std::nullopt);
                            return std::nullopt;
                          });
  CHECK(!result.ended);
  CHECK(!result.failure);
  CHECK(result.acknowledged.size() == 2);
}

}  // namespace accoil::traitsync
