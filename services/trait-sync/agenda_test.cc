#include "services/trait-sync/agenda.h"

#include "tests/catch.h"

namespace accoil::traitsync {
namespace {

using std::chrono::milliseconds;

DueProduct Due(std::int64_t product, bool changes = true, bool catch_up = false) {
  return {core::ProductId(product), core::WorkspaceId("ws"), "Accoil", changes, catch_up, false};
}

Agenda MakeAgenda() {
  return Agenda([] { return 0.5; });
}

RoundResult Claimed(int count) {
  RoundResult result;
  result.claimed = count;
  result.answered = true;
  return result;
}

}  // namespace

TEST_CASE("the product with the fewest dispatchers is next, of these the one that waited longest") {
  auto agenda = MakeAgenda();
  agenda.Replace({Due(1), Due(2)});
  Agenda::TimePoint now{std::chrono::hours(1)};
  const auto first = agenda.Take(now);
  const auto second = agenda.Take(now += milliseconds(1));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->product.product != second->product.product);
  agenda.Done(*first, Claimed(DeliveryRound::kMost), now);
  const auto third = agenda.Take(now += milliseconds(1));
  REQUIRE(third);
  CHECK(third->product.product == first->product.product);
}

TEST_CASE("two dispatchers may work on a product, not more") {
  auto agenda = MakeAgenda();
  agenda.Replace({Due(1)});
  const Agenda::TimePoint now{std::chrono::hours(1)};
  CHECK(agenda.Take(now));
  CHECK(agenda.Take(now));
  CHECK(!agenda.Take(now));
}

TEST_CASE("a product without budget rests as long as it was told to") {
  auto agenda = MakeAgenda();
  agenda.Replace({Due(1)});
  const Agenda::TimePoint now{std::chrono::hours(1)};
  const auto assignment = agenda.Take(now);
  RoundResult result;
  result.claimed = DeliveryRound::kMost;
  result.exhausted = true;
  result.rest = milliseconds(800);
  agenda.Done(*assignment, result, now);
  CHECK(!agenda.Take(now + milliseconds(799)));
  CHECK(agenda.Take(now + milliseconds(800)));
}

TEST_CASE("a workspace in trouble rests longer each time and is probed with little") {
  auto agenda = MakeAgenda();
  const Agenda::TimePoint now{std::chrono::hours(1)};
  RoundResult trouble;
  trouble.claimed = DeliveryRound::kMost;
  trouble.trouble = true;
  agenda.Replace({Due(1)});
  agenda.Done(*agenda.Take(now), trouble, now);
  CHECK(!agenda.Take(now + milliseconds(300)));
  auto probe = agenda.Take(now + milliseconds(500));
  REQUIRE(probe);
  CHECK(probe->most < 10);
  CHECK(!agenda.Take(now + milliseconds(500)));
  trouble.claimed = probe->most;
  agenda.Done(*probe, trouble, now + milliseconds(500));
  CHECK(!agenda.Take(now + milliseconds(1'100)));
  probe = agenda.Take(now + milliseconds(1'500));
  REQUIRE(probe);
  // A round that finds nothing due, because all back off, does not end the trouble.
  agenda.Done(*probe, RoundResult{.claimed = probe->most}, now + milliseconds(1'500));
  probe = agenda.Take(now + milliseconds(1'500));
  REQUIRE(probe);
  CHECK(probe->most < 10);
  agenda.Done(*probe, Claimed(probe->most), now + milliseconds(1'500));
  CHECK(agenda.Take(now + milliseconds(1'500))->most == DeliveryRound::kMost);
}

TEST_CASE("a product that is shut out rests with all its work until its connection changes") {
  auto agenda = MakeAgenda();
  const Agenda::TimePoint now{std::chrono::hours(1)};
  agenda.Replace({Due(1, true, true)});
  RoundResult result;
  result.claimed = DeliveryRound::kMost;
  result.shut_out = true;
  result.rest = std::chrono::minutes(1);
  agenda.Done(*agenda.Take(now), result, now);
  CHECK(!agenda.Take(now + std::chrono::seconds(59)));
  agenda.Forget(core::ProductId(1));
  CHECK(agenda.Take(now + std::chrono::seconds(1)));
}

TEST_CASE("a product whose work is all taken is looked for again before it is taken again") {
  auto agenda = MakeAgenda();
  const Agenda::TimePoint now{std::chrono::hours(1)};
  agenda.Replace({Due(1)});
  agenda.Done(*agenda.Take(now), Claimed(3), now);
  CHECK(agenda.Empty());
  CHECK(!agenda.Take(now));
  agenda.Replace({Due(1)});
  CHECK(agenda.Take(now));
}

}  // namespace accoil::traitsync
