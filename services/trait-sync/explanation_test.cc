#include "services/trait-sync/explanation.h"

#include "tests/catch.h"

namespace accoil::traitsync {
namespace {

constexpr auto kScore = "Accoil_Trial_Score";

Profile MakeProfile(const std::string& id, const std::string& name) {
  return {core::ProfileId(id),
          name,
          {{"Score", TraitType::kInteger, true, false, "How engaged"}},
          SyncMode::kAllTraits};
}

/// A matched user of a connected product whose Score is 5.
SubjectStanding Standing() {
  SubjectStanding subject;
  subject.prefix = "Accoil";
  subject.profiles = {MakeProfile("trial", "Trial")};
  subject.connected = true;
  subject.matched = true;
  subject.facts.traits[{core::ProfileId("trial"), "Score"}] = "5";
  return subject;
}

AttributeRow Definition(const std::string& state, const std::string& reason = "") {
  AttributeRow row;
  row.name = kScore;
  row.state = state;
  row.reason = reason;
  return row;
}

ExplainedAttribute Score(const SubjectStanding& subject) {
  for (auto& explained : ExplainAttributes(subject, {})) {
    if (explained.attribute.name == kScore) return explained;
  }
  throw std::runtime_error("no Score");
}

}  // namespace

TEST_CASE("an attribute is delivered when Intercom holds what is wanted") {
  auto subject = Standing();
  subject.definitions[kScore] = Definition("present");
  subject.state.delivered[kScore] = std::int64_t{5};
  const auto explained = Score(subject);
  CHECK(explained.state == Explained::kDelivered);
  CHECK(explained.wanted == intercom::AttributeValue(std::int64_t{5}));
  CHECK(explained.delivered == explained.wanted);

  SECTION("also while it cannot be archived") {
    subject.definitions[kScore] = Definition("cannot_archive", "a rule uses it");
    CHECK(Score(subject).state == Explained::kDelivered);
  }
  SECTION("but not while its definition is archived") {
    subject.definitions[kScore] = Definition("archived");
    CHECK(Score(subject).state == Explained::kDue);
  }
  SECTION("nor when what Intercom holds is in doubt") {
    subject.state.distrust = true;
    CHECK(Score(subject).state == Explained::kDue);
    subject.state.distrust = false;
    subject.state.delivered[kScore] = std::monostate();
    CHECK(Score(subject).state == Explained::kDue);
  }
}

TEST_CASE("an attribute without a value is told as such, whatever the subject waits for") {
  auto subject = Standing();
  subject.facts.traits.clear();
  subject.connected = false;
  subject.matched = false;
  CHECK(Score(subject).state == Explained::kNoValue);
  // A value that was withdrawn is still to be cleared.
  subject.connected = true;
  subject.matched = true;
  subject.state.delivered[kScore] = std::int64_t{5};
  CHECK(Score(subject).state == Explained::kDue);
}

TEST_CASE("what holds up all of a subject comes before what holds up one value") {
  auto subject = Standing();
  subject.definitions[kScore] = Definition("refused", "no");
  subject.state.set_aside[""] = {ReasonClass::kTargetGone, "contact is gone in Intercom", {}, {}};
  CHECK(Score(subject).state == Explained::kSetAside);
  CHECK(Score(subject).reason == "contact is gone in Intercom");
  subject.matched = false;
  CHECK(Score(subject).state == Explained::kNotMatched);
  subject.connected = false;
  CHECK(Score(subject).state == Explained::kPaused);
}

TEST_CASE("a refused and a waiting definition say why") {
  auto subject = Standing();
  subject.definitions[kScore] = Definition("refused", "422: too many attributes");
  CHECK(Score(subject).state == Explained::kRefused);
  CHECK(Score(subject).reason == "422: too many attributes");
  subject.definitions[kScore] = Definition("wanted", "503: later");
  CHECK(Score(subject).state == Explained::kWaiting);
  CHECK(Score(subject).reason == "503: later");
}

TEST_CASE("a value that does not fit is shown as the product stated it") {
  auto subject = Standing();
  subject.facts.traits[{core::ProfileId("trial"), "Score"}] = R"("a lot")";
  auto explained = Score(subject);
  CHECK(explained.state == Explained::kSetAside);
  CHECK(explained.reason == "the value is a string, not of type integer");
  CHECK(explained.wanted == intercom::AttributeValue("a lot"));
  subject.facts.traits[{core::ProfileId("trial"), "Score"}] = "NaN";
  CHECK(Score(subject).wanted == intercom::AttributeValue("NaN"));
}

TEST_CASE("a value that Intercom refused is set aside, another one is due") {
  auto subject = Standing();
  subject.definitions[kScore] = Definition("present");
  subject.state.set_aside[kScore] = {
      ReasonClass::kRefused, "422: no", intercom::AttributeValue(std::int64_t{5}), {}};
  CHECK(Score(subject).state == Explained::kSetAside);
  CHECK(Score(subject).reason == "422: no");
  subject.facts.traits[{core::ProfileId("trial"), "Score"}] = "6";
  CHECK(Score(subject).state == Explained::kDue);
}

TEST_CASE("of two attributes with one name the second says which profile has it") {
  auto subject = Standing();
  subject.profiles = {MakeProfile("trial", "Trial"), MakeProfile("trial2", "Tri al")};
  subject.facts.traits[{core::ProfileId("trial2"), "Score"}] = "9";
  subject.definitions[kScore] = Definition("present");
  subject.state.delivered[kScore] = std::int64_t{5};
  int delivered = 0;
  int refused = 0;
  for (const auto& explained : ExplainAttributes(subject, {})) {
    if (explained.attribute.name != kScore) continue;
    if (explained.state == Explained::kDelivered) ++delivered;
    if (explained.state != Explained::kRefused) continue;
    ++refused;
    CHECK(explained.attribute.profile == core::ProfileId("trial2"));
    CHECK(explained.reason.find("the profile Trial has") == 0);
  }
  CHECK(delivered == 1);
  CHECK(refused == 1);
}

TEST_CASE("a profile that is off puts nothing on a subject") {
  auto subject = Standing();
  subject.profiles[0].mode = SyncMode::kOff;
  CHECK(ExplainAttributes(subject, {}).empty());
  subject.profiles[0].mode = SyncMode::kSegmentsOnly;
  REQUIRE(ExplainAttributes(subject, {}).size() == 1);
  CHECK(ExplainAttributes(subject, {})[0].attribute.trait == "Segments");
}

}  // namespace accoil::traitsync
