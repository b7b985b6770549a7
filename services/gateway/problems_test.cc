#include "services/gateway/problems.h"

#include <set>
#include <string>

#include "libs/core/errors.h"
#include "services/gateway/remedies.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using events::v1::MatchDecision;
using events::v1::SubjectKind;

/// A connected product without a problem.
Complaints AllWell() {
  Complaints complaints;
  complaints.connection.message.emplace().set_state(events::v1::CONNECTED);
  complaints.matching.message.emplace();
  complaints.sync.message.emplace();
  complaints.tagging.message.emplace();
  return complaints;
}

matcher::v1::ListProblemsResponse::Group& AddMatching(Complaints& complaints, SubjectKind kind,
                                                      MatchDecision decision, int subjects) {
  auto& group = *complaints.matching.message->add_groups();
  group.set_kind(kind);
  group.set_decision(decision);
  group.set_subjects(subjects);
  auto& example = *group.add_examples();
  example.set_subject_id("x1");
  example.set_reason("No contact has the email.");
  return group;
}

traitsync::v1::ListProblemsResponse::Group& AddSync(Complaints& complaints, const std::string& key,
                                                    const std::string& reason_class, int subjects) {
  auto& group = *complaints.sync.message->add_groups();
  group.set_key(key);
  group.set_reason_class(reason_class);
  group.set_subjects(subjects);
  group.set_reason("a reason");
  return group;
}

tagging::v1::ListProblemsResponse::Group& AddTagging(Complaints& complaints, const std::string& key,
                                                     const std::string& reason_class,
                                                     int subjects) {
  auto& group = *complaints.tagging.message->add_groups();
  group.set_key(key);
  group.set_reason_class(reason_class);
  group.set_subjects(subjects);
  group.set_reason("a reason");
  return group;
}

std::vector<std::string> Ids(const std::vector<Problem>& problems) {
  std::vector<std::string> ids;
  for (const auto& problem : problems) ids.push_back(problem.id);
  return ids;
}

using IdList = std::vector<std::string>;

TEST_CASE("a product of which all is well has no problems") {
  CHECK(AllProblems(AllWell()).empty());
}

TEST_CASE("a connection that does not work is the first problem, with its reason") {
  auto complaints = AllWell();
  AddMatching(complaints, SubjectKind::USER, MatchDecision::NO_CONTACT, 99);
  complaints.connection.message->set_state(events::v1::DISCONNECTED);
  complaints.connection.message->set_state_reason("Intercom refused the access token (401)");
  auto problems = AllProblems(complaints);
  CHECK(Ids(problems) == IdList{"connection.disconnected", "match.user.no_contact"});
  CHECK(problems[0].kind == "disconnected");
  CHECK(problems[0].reason == "Intercom refused the access token (401)");
  CHECK_FALSE(problems[0].remedy.empty());
  CHECK_FALSE(problems[0].retryable);

  complaints.connection.message->set_state(events::v1::DISCONNECTING);
  CHECK(AllProblems(complaints)[0].id == "connection.disconnecting");
  complaints.connection.message.reset();
  CHECK(AllProblems(complaints)[0].id == "connection.not_connected");
}

TEST_CASE("groups of all services stand by their size, and their ids stay") {
  auto complaints = AllWell();
  AddMatching(complaints, SubjectKind::USER, MatchDecision::NO_CONTACT, 12);
  AddMatching(complaints, SubjectKind::ACCOUNT, MatchDecision::NO_COMPANY, 3);
  AddSync(complaints, "value_unfit/contact/Score", "value_unfit", 7);
  AddSync(complaints, "cannot_archive/contact/Old", "cannot_archive", 0);
  AddTagging(complaints, "tag_refused/at-risk", "tag_refused", 9);
  CHECK(Ids(AllProblems(complaints)) ==
        IdList{"match.user.no_contact", "tagging.tag_refused/at-risk",
               "sync.value_unfit/contact/Score", "match.account.no_company",
               "sync.cannot_archive/contact/Old"});
}

TEST_CASE("a problem has the words, the examples and the times of its group") {
  auto complaints = AllWell();
  AddMatching(complaints, SubjectKind::USER, MatchDecision::NO_CONTACT, 12)
      .mutable_since()
      ->set_seconds(5);
  auto& group = AddSync(complaints, "key", "attribute_refused", 4);
  group.set_name("Accoil_Trial_Score");
  group.mutable_retry_at()->set_seconds(9);
  auto& example = *group.add_examples();
  example.set_kind(SubjectKind::ACCOUNT);
  example.set_subject_id("a1");
  const auto problems = AllProblems(complaints);
  CHECK(problems[0].reason == "No contact has the email.");
  CHECK(problems[0].count == 12);
  CHECK(problems[0].examples[0].kind == SubjectKind::USER);
  CHECK(problems[0].examples[0].subject_id == "x1");
  CHECK(problems[0].since->seconds() == 5);
  CHECK(problems[0].retryable);
  CHECK(problems[1].reason == "Accoil_Trial_Score: a reason");
  CHECK(problems[1].retry_at->seconds() == 9);
  CHECK(problems[1].examples[0].kind == SubjectKind::ACCOUNT);
}

TEST_CASE("a profile that is unknown is not to be tried again, but made") {
  auto complaints = AllWell();
  AddSync(complaints, "unknown_profile/typo", "unknown_profile", 4);
  const auto problems = AllProblems(complaints);
  CHECK_FALSE(problems[0].retryable);
  CHECK(problems[0].remedy.find("Create the profile") != std::string::npos);
}

TEST_CASE("tags that were refused are a problem, with the tag and what helps") {
  auto complaints = AllWell();
  auto& group = AddTagging(complaints, "tag_refused/at-risk", "tag_refused", 4);
  group.set_name("at-risk");
  group.mutable_since()->set_seconds(5);
  group.mutable_retry_at()->set_seconds(9);
  auto& example = *group.add_examples();
  example.set_kind(SubjectKind::USER);
  example.set_subject_id("u1");
  const auto problems = AllProblems(complaints);
  CHECK(problems[0].kind == "tag_refused");
  CHECK(problems[0].reason == "at-risk: a reason");
  CHECK(problems[0].count == 4);
  CHECK(problems[0].examples[0].subject_id == "u1");
  CHECK(problems[0].since->seconds() == 5);
  CHECK(problems[0].retry_at->seconds() == 9);
  CHECK(problems[0].remedy == RemedyForTagging("tag_refused"));
  CHECK(problems[0].retryable);
}

TEST_CASE("a rule that cannot be evaluated is not to be tried again, but changed") {
  auto complaints = AllWell();
  AddTagging(complaints, "rule_broken/3", "rule_broken", 0);
  const auto problems = AllProblems(complaints);
  CHECK_FALSE(problems[0].retryable);
  CHECK(problems[0].remedy.find("Change the rule") != std::string::npos);
}

TEST_CASE("every class of tagging's problems has a remedy, and one that is new as well") {
  std::set<std::string> remedies;
  for (const auto* reason_class :
       {"tag_refused", "target_gone", "failing", "waiting", "rule_broken", "something new"}) {
    CHECK(remedies.insert(RemedyForTagging(reason_class)).second);
  }
}

TEST_CASE("a service that is silent is a problem, and the others' are told") {
  Complaints complaints;
  complaints.connection.silence = "connections does not answer";
  complaints.matching.silence = "matcher does not answer";
  complaints.sync.message.emplace();
  AddSync(complaints, "key", "failing", 1);
  const auto problems = AllProblems(complaints);
  CHECK(Ids(problems) == IdList{"service.connections", "service.matcher", "sync.key"});
  CHECK(problems[1].kind == "service_unavailable");
  CHECK(problems[1].reason == "matcher does not answer");
}

TEST_CASE("pages follow one another and the last has no cursor") {
  auto complaints = AllWell();
  for (int i = 0; i < 5; ++i) AddSync(complaints, "key" + std::to_string(i), "failing", i % 2);
  const auto problems = AllProblems(complaints);
  IdList seen;
  std::string cursor;
  int pages = 0;
  do {
    const auto page = PageOf(problems, cursor, 2);
    CHECK(page.problems.size() <= 2);
    for (const auto& problem : page.problems) seen.push_back(problem.id);
    cursor = page.next_cursor;
    ++pages;
  } while (!cursor.empty() && pages < 10);
  CHECK(pages == 3);
  CHECK(seen == Ids(problems));
  CHECK(PageOf(problems, "", 5).next_cursor.empty());
  CHECK(PageOf(problems, "", 1).next_cursor.find_first_not_of("0123456789abcdef") ==
        std::string::npos);
}

TEST_CASE("a problem that ends between two pages hides no other") {
  auto complaints = AllWell();
  for (int i = 0; i < 4; ++i) AddSync(complaints, "key" + std::to_string(i), "failing", 1);
  const auto first = PageOf(AllProblems(complaints), "", 2);
  complaints.sync.message->mutable_groups()->DeleteSubrange(0, 2);
  CHECK(Ids(PageOf(AllProblems(complaints), first.next_cursor, 2).problems) ==
        IdList{"sync.key2", "sync.key3"});
}

TEST_CASE("a cursor that was never answered is refused") {
  // The latter: 1, 1_2, 1_x_id, _1_id, 2_-1_id, 2__id.
  for (const auto* cursor : {"x", "1", "0g", "zz", " 1", "31", "315f32", "315f785f6964",
                             "5f315f6964", "325f2d315f6964", "325f5f6964"}) {
    INFO(cursor);
    CHECK_THROWS_WITH(PageOf({}, cursor, 2),
                      "cursor: must be a next_cursor that was answered here");
  }
}

TEST_CASE("every retryable id leads back to what is to be tried again") {
  const auto match = std::get<RetryOfMatch>(RetryOf("match.account.ambiguous_company"));
  CHECK(match.kind == SubjectKind::ACCOUNT);
  CHECK(match.decision == MatchDecision::AMBIGUOUS_COMPANY);
  CHECK(std::get<RetryOfSync>(RetryOf("sync.a.b/c d")).key == "a.b/c d");
  CHECK(std::get<RetryOfTagging>(RetryOf("tagging.a.b/c d")).key == "a.b/c d");
}

TEST_CASE("an id that is no problem's is not found, and one that cannot be tried says what to do") {
  for (const auto* id : {"", "x", "match", "match.user", "match.user.x", "match.x.no_email",
                         "match.user.matched_by_email", "match.user.not_connected",
                         "match.user.no_email.x", "sync."}) {
    INFO(id);
    CHECK_THROWS_AS(RetryOf(id), core::NotFound);
  }
  CHECK_THROWS_AS(RetryOf("connection.disconnected"), core::FailedPrecondition);
  CHECK_THROWS_AS(RetryOf("service.matcher"), core::FailedPrecondition);
}

TEST_CASE("every sort of problem has a remedy of its own") {
  std::set<std::string> remedies;
  const std::vector<std::string> classes{"attribute_refused", "cannot_archive", "unknown_profile",
                                         "value_refused",     "value_unfit",    "target_gone",
                                         "failing",           "waiting",        "value_set_aside",
                                         "one of the future"};
  for (const auto& reason_class : classes) remedies.insert(RemedyForSync(reason_class));
  CHECK(remedies.size() == classes.size());
  for (const auto& remedy : remedies) CHECK(remedy.ends_with("."));
}

}  // namespace
}  // namespace accoil::gateway
