#include "services/trait-sync/delivery_plan.h"

#include "tests/catch.h"

namespace accoil::traitsync {
namespace {

using intercom::AttributeValue;
using intercom::AttributeValues;

const core::TimePoint kNow{std::chrono::hours(1'000)};

DeliveryPlan Plan(const std::map<std::string, TypedValue>& wanted, const DeliveryState& state) {
  std::vector<WantedAttribute> attributes;
  std::vector<TypedValue> values;
  for (const auto& [name, value] : wanted) {
    WantedAttribute attribute;
    attribute.name = name;
    attributes.push_back(std::move(attribute));
    values.push_back(value);
  }
  return PlanDelivery(attributes, values, state, kNow);
}

TypedValue Is(std::int64_t number) { return AttributeValue(number); }
const TypedValue kNull = AttributeValue();

}  // namespace

TEST_CASE("only what differs is sent") {
  const auto plan = Plan({{"a", Is(1)}, {"b", Is(2)}, {"c", Is(3)}},
                         {{{"a", std::int64_t{1}}, {"b", std::int64_t{9}}}, false, {}});
  CHECK(plan.send == AttributeValues{{"b", std::int64_t{2}}, {"c", std::int64_t{3}}});
  CHECK(Plan({{"a", Is(5)}}, {{{"a", 5.0}}, false, {}}).send.empty());
}

TEST_CASE("a value is cleared only where one was delivered") {
  const auto plan = Plan({{"a", kNull}, {"b", kNull}}, {{{"a", std::int64_t{1}}}, false, {}});
  CHECK(plan.send == AttributeValues{{"a", std::monostate()}});
}

TEST_CASE("what is delivered and no longer wanted is left alone") {
  CHECK(Plan({{"a", Is(1)}}, {{{"a", std::int64_t{1}}, {"old", std::int64_t{2}}}, false, {}})
            .send.empty());
}

TEST_CASE("in doubt all that is wanted is written, also nulls") {
  const auto plan = Plan({{"a", Is(1)}, {"b", kNull}}, {{{"a", std::int64_t{1}}}, true, {}});
  CHECK(plan.send == AttributeValues{{"a", std::int64_t{1}}, {"b", std::monostate()}});
}

TEST_CASE("what was delivered before its attribute was archived is in doubt, and that alone") {
  AttributeValues delivered{{"a", std::int64_t{1}}, {"b", std::int64_t{2}}, {"c", std::int64_t{3}}};
  Doubt(delivered, intercom::Model::kContact, 4,
        {{{intercom::Model::kContact, "a"}, 5},
         {{intercom::Model::kContact, "b"}, 4},
         {{intercom::Model::kCompany, "c"}, 9}});
  CHECK(delivered ==
        AttributeValues{{"a", std::monostate()}, {"b", std::int64_t{2}}, {"c", std::int64_t{3}}});
  // Written again, or cleared if it was withdrawn.
  CHECK(Plan({{"a", Is(1)}, {"b", Is(2)}}, {delivered, false, {}}).send ==
        AttributeValues{{"a", std::int64_t{1}}});
  CHECK(Plan({{"a", kNull}}, {delivered, false, {}}).send ==
        AttributeValues{{"a", std::monostate()}});
  Acknowledge(delivered, {{"a", std::monostate()}});
  CHECK(!delivered.contains("a"));
}

TEST_CASE("a value that does not fit is set aside and the others are sent") {
  const auto plan =
      Plan({{"a", Rejection{ReasonClass::kTooLong, "too long"}}, {"b", Is(2)}}, {{}, false, {}});
  CHECK(plan.send == AttributeValues{{"b", std::int64_t{2}}});
  CHECK(plan.set_aside.at("a") == SetAside{ReasonClass::kTooLong, "too long", {}, {}});
}

TEST_CASE("a refused value is not sent again before its time, another one is") {
  const SetAside refusal{ReasonClass::kRefused, "422", AttributeValue(std::int64_t{1}),
                         kNow + std::chrono::hours(1)};
  CHECK(Plan({{"a", Is(1)}}, {{}, false, {{"a", refusal}}}).send.empty());
  CHECK(Plan({{"a", Is(1)}}, {{}, false, {{"a", refusal}}}).set_aside.at("a") == refusal);
  CHECK(Plan({{"a", Is(2)}}, {{}, false, {{"a", refusal}}}).send.size() == 1);
  CHECK(Plan({{"a", Is(2)}}, {{}, false, {{"a", refusal}}}).set_aside.empty());
  auto over = refusal;
  over.retry_at = kNow;
  CHECK(Plan({{"a", Is(1)}}, {{}, false, {{"a", over}}}).send.size() == 1);
}

TEST_CASE("a refused value that became what was delivered is no longer set aside") {
  const SetAside refusal{ReasonClass::kRefused, "422", AttributeValue(std::int64_t{2}),
                         kNow + std::chrono::hours(1)};
  const auto plan = Plan({{"a", Is(1)}}, {{{"a", std::int64_t{1}}}, false, {{"a", refusal}}});
  CHECK(plan.send.empty());
  CHECK(plan.set_aside.empty());
}

TEST_CASE("values need definitions, nulls do not") {
  const auto plan = Plan({{"a", Is(1)}, {"b", kNull}}, {{{"b", std::int64_t{1}}}, false, {}});
  CHECK(NeedDefinitions(plan) == std::vector<std::string>{"a"});
}

TEST_CASE("refused attributes are left out, waiting ones make the delivery come again") {
  using Kind = AttributeState::Kind;
  auto plan =
      Plan({{"a", Is(1)}, {"b", Is(2)}, {"c", Is(3)}, {"d", kNull}, {"e", kNull}}, {{}, true, {}});
  Restrict(
      plan,
      {{"a", {Kind::kPresent, ""}}, {"b", {Kind::kRefused, "no"}}, {"d", {Kind::kPresent, ""}}});
  CHECK(plan.send == AttributeValues{{"a", std::int64_t{1}}, {"d", std::monostate()}});
  CHECK(plan.waits);
  auto refused = Plan({{"b", Is(2)}, {"e", kNull}}, {{}, true, {}});
  Restrict(refused, {{"b", {Kind::kRefused, "no"}}});
  CHECK(refused.send.empty());
  CHECK(!refused.waits);
}

TEST_CASE("what was acknowledged is delivered, and a null is gone") {
  AttributeValues delivered{{"a", std::int64_t{1}}, {"b", std::int64_t{2}}};
  Acknowledge(delivered, {{"a", std::monostate()}, {"c", true}});
  CHECK(delivered == AttributeValues{{"b", std::int64_t{2}}, {"c", true}});
}

}  // namespace accoil::traitsync
