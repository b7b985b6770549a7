#include "services/gateway/explanation.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "libs/events/event.h"
#include "services/gateway/explanation_json.h"
#include "services/gateway/openapi_check.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using events::v1::SubjectKind;
using nlohmann::json;

const core::TimePoint kNow = core::FromMicroseconds(1'770'000'000'000'000);

void Set(google::protobuf::Timestamp& timestamp, core::TimePoint time) {
  events::SetTime(time, timestamp);
}

/// A subject of which all is well: connected, matched by email, one profile, two values delivered.
struct Case {
  Findings findings;

  explicit Case(SubjectKind kind = SubjectKind::USER) {
    auto& subject = findings.subject;
    subject.set_product_id(7);
    subject.set_kind(kind);
    subject.set_subject_id(kind == SubjectKind::USER ? "u1" : "a1");
    findings.now = kNow;
    auto& connection = findings.connection.message.emplace();
    connection.set_state(events::v1::CONNECTED);
    connection.set_workspace_id("ws1");
    connection.set_workspace_name("Acme");
    auto& profile = *findings.profiles.message.emplace().add_profiles();
    profile.set_profile_id("trial");
    profile.set_name("Trial Users");
    profile.set_sync_mode(events::v1::ALL_TRAITS);
    auto& match = findings.match.message.emplace();
    *match.mutable_subject() = subject;
    match.set_target_id("c1");
    match.set_decision(kind == SubjectKind::USER ? events::v1::MATCHED_BY_EMAIL
                                                 : events::v1::MATCHED_AS_ONLY_COMPANY);
    match.set_reason("The only one.");
    if (kind == SubjectKind::USER) match.add_account_ids("a1");
    auto& sync = findings.sync.message.emplace();
    sync.set_connection(events::v1::CONNECTED);
    sync.set_target_id("c1");
    sync.set_known(true);
    AddFacts("trial", 1, {"All"});
    AddAttribute("Accoil_TrialUsers_Score", "Score", "delivered");
    AddAttribute("Accoil_TrialUsers_Segments", "Segments", "delivered");
  }

  traitsync::v1::ExplainSubjectResponse& sync() { return *findings.sync.message; }
  matcher::v1::Match& match() { return *findings.match.message; }
  connections::v1::Profile& profile() { return *findings.profiles.message->mutable_profiles(0); }

  connections::v1::Profile& AddProfile(const std::string& id, const std::string& name,
                                       events::v1::SyncMode mode) {
    auto& profile = *findings.profiles.message->add_profiles();
    profile.set_profile_id(id);
    profile.set_name(name);
    profile.set_sync_mode(mode);
    return profile;
  }
  void AddFacts(const std::string& profile, int traits, std::vector<std::string> segments) {
    auto& facts = *sync().add_profiles();
    facts.set_profile_id(profile);
    facts.set_traits(traits);
    for (auto& segment : segments) facts.add_segments(std::move(segment));
  }
  traitsync::v1::ExplainSubjectResponse::Attribute& AddAttribute(const std::string& name,
                                                                 const std::string& trait,
                                                                 const std::string& state) {
    auto& attribute = *sync().add_attributes();
    attribute.set_name(name);
    attribute.set_profile_id("trial");
    attribute.set_trait(trait);
    SetState(attribute, state);
    return attribute;
  }
  static void SetState(traitsync::v1::ExplainSubjectResponse::Attribute& attribute,
                       const std::string& state) {
    attribute.set_state(state);
    attribute.clear_delivered();
    if (state == "delivered") attribute.mutable_delivered()->set_number_value(1);
    if (state != "no_value") attribute.mutable_wanted()->set_number_value(1);
  }
  /// All attributes, which then carry nothing.
  void SetStates(const std::string& state) {
    for (auto& attribute : *sync().mutable_attributes()) SetState(attribute, state);
  }
  void Unmatch(events::v1::MatchDecision decision, const std::string& reason) {
    match().clear_target_id();
    match().set_decision(decision);
    match().set_reason(reason);
    sync().clear_target_id();
    SetStates("not_matched");
  }

  /// Explains; what comes out has to be as the description of the API says.
  Explanation Explained() const {
    static const OpenApiCheck description;
    const auto explanation = Explain(findings);
    const auto written = json::parse(ToJson(findings, explanation).dump());
    CHECK(SchemaCheck(description.document())
              .Problems({{"$ref", "#/components/schemas/Explanation"}}, written) ==
          std::vector<std::string>());
    for (const auto& reason : explanation.reasons) {
      INFO(reason.code);
      CHECK(reason.text.ends_with("."));
      CHECK(reason.remedy.ends_with("."));
    }
    CHECK_FALSE(explanation.answer.empty());
    return explanation;
  }
};

const Reason* Find(const Explanation& explanation, const std::string& code) {
  for (const auto& reason : explanation.reasons) {
    if (reason.code == code) return &reason;
  }
  return nullptr;
}

/// The text of the reason, empty when it is not among them.
std::string TextOf(const Explanation& explanation, const std::string& code) {
  const auto* reason = Find(explanation, code);
  return reason == nullptr ? "" : reason->text;
}

std::set<std::string> Blocking(const Explanation& explanation) {
  std::set<std::string> codes;
  for (const auto& reason : explanation.reasons) {
    if (reason.blocks) codes.insert(reason.code);
  }
  return codes;
}

using Codes = std::set<std::string>;

TEST_CASE("of a user whose data is in Intercom the answer says so, and where the widget shows it") {
  Case all_well;
  Set(*all_well.sync().mutable_called_at(), kNow);
  const auto explained = all_well.Explained();
  CHECK(explained.in_intercom == InIntercom::kYes);
  CHECK(explained.answer ==
        "The user u1 is contact c1 in Intercom (The only one), and all 2 values that are synced "
        "are there. The last change was delivered at 2026-02-02T02:40:00Z.");
  CHECK(explained.reasons.size() == 1);
  CHECK(TextOf(explained, "widget_collapsed") ==
        "In conversations with the user, the Inbox widget shows the user's data of Trial Users.");
  CHECK(Find(explained, "widget_collapsed")->remedy.find("expand the sidebar") !=
        std::string::npos);
}

TEST_CASE("an account is a company") {
  const auto explained = Case(SubjectKind::ACCOUNT).Explained();
  CHECK(explained.in_intercom == InIntercom::kYes);
  CHECK(explained.answer.starts_with("The account a1 is company c1 in Intercom (The only one)"));
}

TEST_CASE("a product that is not connected is why nothing is there") {
  Case never;
  never.findings.connection.message.reset();
  never.Unmatch(events::v1::NOT_CONNECTED, "not connected");
  const auto explained = never.Explained();
  CHECK(explained.in_intercom == InIntercom::kNo);
  CHECK(Blocking(explained) == Codes{"not_connected"});
  CHECK(explained.answer ==
        "The user u1 has no data in Intercom. The product is not connected to an Intercom "
        "workspace. What helps: Connect it under Settings > Connections: choose Intercom, "
        "Connect, and authorize Accoil. Or install Accoil from the Intercom App Store.");
}

TEST_CASE("after an uninstall what was delivered may still show, but goes stale") {
  Case gone;
  gone.findings.connection.message->set_state(events::v1::DISCONNECTED);
  gone.findings.connection.message->set_state_reason("Intercom refused the access token (401)");
  gone.sync().clear_target_id();
  for (auto& attribute : *gone.sync().mutable_attributes()) attribute.set_state("paused");
  const auto explained = gone.Explained();
  CHECK(explained.in_intercom == InIntercom::kPartly);
  CHECK(Blocking(explained) == Codes{"disconnected"});
  CHECK(TextOf(explained, "disconnected") ==
        "The product is disconnected from the workspace Acme: Intercom refused the access token "
        "(401).");
  CHECK(explained.answer.find("which may still show 2 values that came before") !=
        std::string::npos);
}

TEST_CASE("while a product is disconnected, and after, nothing is there once it is archived") {
  Case leaving;
  leaving.findings.connection.message->set_state(events::v1::DISCONNECTING);
  leaving.SetStates("paused");
  auto explained = leaving.Explained();
  CHECK(explained.in_intercom == InIntercom::kNo);
  CHECK(Blocking(explained) == Codes{"disconnecting"});
  leaving.findings.connection.message->set_state(events::v1::DISCONNECTED);
  explained = leaving.Explained();
  CHECK(explained.in_intercom == InIntercom::kNo);
  CHECK(TextOf(explained, "disconnected") ==
        "The product is disconnected from the workspace Acme.");
}

TEST_CASE("who was never sent is not in Accoil") {
  Case stranger;
  stranger.findings.match.message.reset();
  stranger.sync().Clear();
  auto explained = stranger.Explained();
  CHECK(explained.in_intercom == InIntercom::kNo);
  CHECK(TextOf(explained, "unknown_user") == "The user u1 is not in Accoil.");
  CHECK(TextOf(explained, "no_data") == "No trait and no segment of the user ever came.");
  CHECK(Find(explained, "widget_empty") != nullptr);
  CHECK(explained.answer.starts_with("The user u1 has no data in Intercom. The user u1 is not in"));

  Case account(SubjectKind::ACCOUNT);
  account.findings.match.message.reset();
  account.sync().Clear();
  CHECK(TextOf(account.Explained(), "unknown_account") == "The account a1 is not in Accoil.");
}

TEST_CASE("whose data came without anybody saying who it is cannot be matched") {
  Case nameless;
  nameless.findings.match.message.reset();
  nameless.sync().clear_target_id();
  nameless.SetStates("not_matched");
  const auto explained = nameless.Explained();
  CHECK(Blocking(explained) == Codes{"unknown_user"});
  CHECK(TextOf(explained, "unknown_user") ==
        "Data of the user came, but who it is was never sent to Accoil.");
}

TEST_CASE("every decision of matching is a reason with matcher's words and a remedy of its own") {
  const std::pair<SubjectKind, events::v1::MatchDecision> decisions[] = {
      {SubjectKind::USER, events::v1::NO_EMAIL},
      {SubjectKind::USER, events::v1::NO_CONTACT},
      {SubjectKind::USER, events::v1::CONTACT_TAKEN},
      {SubjectKind::ACCOUNT, events::v1::NO_MATCHED_USER},
      {SubjectKind::ACCOUNT, events::v1::NO_COMPANY},
      {SubjectKind::ACCOUNT, events::v1::AMBIGUOUS_COMPANY},
      {SubjectKind::ACCOUNT, events::v1::COMPANY_TAKEN},
      {SubjectKind::USER, events::v1::SUBJECT_REMOVED}};
  const std::string codes[] = {"no_email",        "no_contact",     "contact_taken",
                               "no_matched_user", "no_company",     "ambiguous_company",
                               "company_taken",   "subject_removed"};
  std::set<std::string> remedies;
  for (std::size_t i = 0; i < std::size(codes); ++i) {
    INFO(codes[i]);
    Case unmatched(decisions[i].first);
    unmatched.match().set_users(2);
    unmatched.Unmatch(decisions[i].second, "The words of matcher");
    const auto explained = unmatched.Explained();
    CHECK(explained.in_intercom == InIntercom::kNo);
    CHECK(Blocking(explained) == Codes{codes[i]});
    CHECK(TextOf(explained, codes[i]) == "The words of matcher.");
    CHECK(Find(explained, "widget_empty") != nullptr);
    remedies.insert(Find(explained, codes[i])->remedy);
  }
  CHECK(remedies.size() == std::size(codes));
}

TEST_CASE("company data is missing when the contact has no company in Intercom") {
  Case account(SubjectKind::ACCOUNT);
  account.match().set_users(3);
  account.match().set_matched_users(3);
  account.Unmatch(events::v1::NO_COMPANY,
                  "The account's matched users (3) have no company in Intercom.");
  const auto explained = account.Explained();
  CHECK(explained.answer ==
        "The account a1 has no data in Intercom. The account's matched users (3) have no company "
        "in Intercom. What helps: In Intercom, associate one of the account's users with its "
        "company.");
}

TEST_CASE("an account without any user says so, and one of no account gives no company data") {
  Case lonely(SubjectKind::ACCOUNT);
  lonely.Unmatch(events::v1::NO_MATCHED_USER, "None of the account's users is matched.");
  CHECK(TextOf(lonely.Explained(), "no_matched_user") ==
        "No user in Accoil belongs to the account.");
  Case homeless;
  homeless.match().clear_account_ids();
  const auto explained = homeless.Explained();
  CHECK(explained.in_intercom == InIntercom::kYes);
  CHECK(Find(explained, "no_account") != nullptr);
  CHECK(Blocking(explained).empty());
}

TEST_CASE("when somebody is looked for again, it is said when") {
  Case unmatched;
  unmatched.Unmatch(events::v1::NO_CONTACT, "No contact has the email.");
  Set(*unmatched.match().mutable_due_at(), kNow);
  CHECK(TextOf(unmatched.Explained(), "no_contact") ==
        "No contact has the email. It is looked at again at 2026-02-02T02:40:00Z.");
}

TEST_CASE("who was not looked for yet, and whose match is not everywhere yet, is told to wait") {
  Case fresh;
  fresh.Unmatch(events::v1::MATCH_DECISION_UNSPECIFIED, "new");
  CHECK(Blocking(fresh.Explained()) == Codes{"match_pending"});
  fresh.Unmatch(events::v1::NOT_CONNECTED, "was not connected until now");
  CHECK(Blocking(fresh.Explained()) == Codes{"match_pending"});
  Case behind;
  behind.sync().clear_target_id();
  behind.SetStates("not_matched");
  const auto explained = behind.Explained();
  CHECK(Blocking(explained) == Codes{"match_on_its_way"});
  CHECK(explained.in_intercom == InIntercom::kNo);
}

TEST_CASE("traits are missing when the profile is off") {
  Case off;
  off.profile().set_sync_mode(events::v1::OFF);
  off.sync().clear_attributes();
  const auto explained = off.Explained();
  CHECK(explained.in_intercom == InIntercom::kNo);
  CHECK(Blocking(explained) == Codes{"profile_off"});
  CHECK(explained.answer ==
        "The user u1 is contact c1 in Intercom (The only one), but none of its Accoil data is "
        "there. The profile Trial Users is switched off, so nothing of it is synced. What helps: "
        "Switch it on under Settings > Connections: segment names only, or all traits.");
}

TEST_CASE("a profile that is off beside one that is on only explains") {
  Case mixed;
  mixed.AddProfile("dormant", "Dormant", events::v1::OFF);
  const auto explained = mixed.Explained();
  CHECK(explained.in_intercom == InIntercom::kYes);
  CHECK(Find(explained, "profile_off") != nullptr);
  CHECK(Blocking(explained).empty());
}

TEST_CASE("traits are missing when the profile syncs segment names only") {
  Case narrow;
  narrow.profile().set_sync_mode(events::v1::SEGMENTS_ONLY);
  narrow.sync().mutable_attributes()->DeleteSubrange(0, 1);
  const auto explained = narrow.Explained();
  CHECK(explained.in_intercom == InIntercom::kYes);
  CHECK(explained.answer.find("the one value that is synced is there") != std::string::npos);
  CHECK(TextOf(explained, "segments_only") ==
        "The profile Trial Users syncs segment names only, so none of its other traits is in "
        "Intercom.");
  CHECK(Find(explained, "segments_only")->remedy.find("all traits") != std::string::npos);
}

TEST_CASE("a product without profiles, and data of a profile that is unknown, are reasons") {
  Case bare;
  bare.findings.profiles.message->clear_profiles();
  bare.sync().clear_profiles();
  bare.sync().clear_attributes();
  CHECK(Blocking(bare.Explained()) == Codes{"no_profiles"});
  Case strange;
  strange.AddFacts("typo", 2, {});
  CHECK(TextOf(strange.Explained(), "unknown_profile") ==
        "Data of the user came for the profile typo, which the product does not have.");
}

TEST_CASE("traits that the catalogue does not have are counted") {
  Case surplus;
  surplus.sync().mutable_profiles(0)->set_traits(3);
  const auto explained = surplus.Explained();
  CHECK(TextOf(explained, "trait_not_in_catalogue") ==
        "2 traits of the user in the profile Trial Users are not in the profile's catalogue for "
        "users.");
  CHECK(Blocking(explained).empty());
}

TEST_CASE("where no value ever came nothing can be there, and the widget is empty") {
  Case silent;
  silent.sync().clear_profiles();
  silent.SetStates("no_value");
  for (auto& attribute : *silent.sync().mutable_attributes()) attribute.clear_wanted();
  const auto explained = silent.Explained();
  CHECK(explained.in_intercom == InIntercom::kNo);
  CHECK(Blocking(explained) == Codes{"no_data"});
  CHECK(TextOf(explained, "no_data") == "No profile has a trait or a segment of the user now.");
  CHECK(TextOf(explained, "widget_empty") ==
        "In conversations with the user, the Inbox widget has nothing to show of the user: no "
        "profile has data of it.");
}

TEST_CASE("a widget without data in its first profile is to be switched to another") {
  Case elsewhere;
  elsewhere.AddProfile("enterprise", "Enterprise", events::v1::ALL_TRAITS).set_summary(true);
  const auto explained = elsewhere.Explained();
  CHECK(TextOf(explained, "widget_other_profile") ==
        "In conversations with the user, the Inbox widget opens with the profile Enterprise, "
        "which has no data of the user; Trial Users has.");
  CHECK(Find(explained, "widget_other_profile")->remedy.find("dropdown") != std::string::npos);
}

TEST_CASE("a value that is set aside is named with its reason, and the others are there") {
  Case unfit;
  auto& attribute = *unfit.sync().mutable_attributes(0);
  Case::SetState(attribute, "set_aside");
  attribute.set_reason("not an integer");
  const auto explained = unfit.Explained();
  CHECK(explained.in_intercom == InIntercom::kPartly);
  CHECK(Blocking(explained) == Codes{"value_set_aside"});
  CHECK(explained.answer ==
        "The user u1 is contact c1 in Intercom (The only one); of 2 values that are synced, 1 is "
        "there as now. The value of Accoil_TrialUsers_Score is set aside and not sent: not an "
        "integer. What helps: Send a value that fits what the reason says, or correct the trait's "
        "type in the profile's catalogue.");
}

TEST_CASE("an attribute that Intercom refuses, or that is not made yet, is named") {
  Case refused;
  auto& attribute = *refused.sync().mutable_attributes(0);
  Case::SetState(attribute, "refused");
  attribute.set_reason("Intercom: name already taken");
  auto explained = refused.Explained();
  CHECK(Blocking(explained) == Codes{"attribute_refused"});
  CHECK(TextOf(explained, "attribute_refused") ==
        "No value of Accoil_TrialUsers_Score is sent to anybody: Intercom: name already taken.");
  Case::SetState(attribute, "waiting");
  attribute.clear_reason();
  explained = refused.Explained();
  CHECK(Blocking(explained) == Codes{"attribute_waiting"});
  CHECK(TextOf(explained, "attribute_waiting") ==
        "Accoil_TrialUsers_Score cannot be sent until Intercom has the attribute: it is being "
        "made.");
}

TEST_CASE("what is due is just on its way, waits for calls, or is tried again") {
  Case due;
  due.SetStates("due");
  Set(*due.sync().mutable_due_at(), kNow + std::chrono::seconds(2));
  auto explained = due.Explained();
  CHECK(explained.in_intercom == InIntercom::kNo);
  CHECK(Blocking(explained) == Codes{"due"});
  CHECK(TextOf(explained, "due") ==
        "2 values (Accoil_TrialUsers_Score and Accoil_TrialUsers_Segments) changed just now and "
        "are on the way.");

  Set(*due.sync().mutable_due_at(), kNow - std::chrono::seconds(30));
  explained = due.Explained();
  CHECK(Blocking(explained) == Codes{"waiting_for_calls"});
  CHECK(TextOf(explained, "waiting_for_calls").find("limit of calls") != std::string::npos);

  due.sync().set_attempts(3);
  due.sync().set_last_error("503 from Intercom");
  explained = due.Explained();
  CHECK(Blocking(explained) == Codes{"retrying"});
  CHECK(
      TextOf(explained, "retrying").find("3 attempts failed, the last with: 503 from Intercom.") !=
      std::string::npos);
}

TEST_CASE("an old value that is due to change counts as partly there") {
  Case changed;
  changed.sync().mutable_attributes(0)->set_state("due");
  CHECK(changed.Explained().in_intercom == InIntercom::kPartly);
}

TEST_CASE("a contact or company that is gone in Intercom is why nothing is sent") {
  Case gone;
  gone.SetStates("set_aside");
  gone.sync().set_set_aside("contact is gone in Intercom");
  const auto explained = gone.Explained();
  CHECK(explained.in_intercom == InIntercom::kNo);
  CHECK(TextOf(explained, "contact_gone") == "Its data is not sent: contact is gone in Intercom.");
  Case company(SubjectKind::ACCOUNT);
  company.sync().set_set_aside("company is gone in Intercom");
  CHECK(Find(company.Explained(), "company_gone") != nullptr);
}

TEST_CASE("a service that is silent is a reason, and the rest is told") {
  Case blind;
  blind.findings.sync = {.message = {}, .silence = "trait-sync does not answer now"};
  auto explained = blind.Explained();
  CHECK(explained.in_intercom == InIntercom::kUnknown);
  CHECK(Blocking(explained) == Codes{"trait_sync_unavailable"});
  CHECK(explained.answer ==
        "What of the user u1 is in Intercom cannot be said now. trait-sync does not answer now. "
        "Therefore what was delivered is not known now. What helps: Ask again shortly. If it goes "
        "on, whoever runs the suite should look at the service trait-sync.");

  blind.match().clear_target_id();
  blind.match().set_decision(events::v1::NO_CONTACT);
  CHECK(blind.Explained().in_intercom == InIntercom::kNo);

  Case half;
  half.findings.match = {.message = {}, .silence = "matcher does not answer now"};
  explained = half.Explained();
  CHECK(explained.in_intercom == InIntercom::kYes);
  CHECK(Blocking(explained) == Codes{"matcher_unavailable"});
  CHECK(explained.answer.starts_with("The user u1 is contact c1 in Intercom, and all 2 values"));

  Case quiet;
  quiet.findings.connection = {.message = {}, .silence = "connections does not answer now"};
  quiet.findings.profiles = {.message = {}, .silence = "connections does not answer now"};
  explained = quiet.Explained();
  CHECK(explained.in_intercom == InIntercom::kYes);
  CHECK(Blocking(explained) == Codes{"connections_unavailable"});
}

TEST_CASE("what blocks stands before what explains") {
  Case mixed;
  mixed.AddProfile("dormant", "Dormant", events::v1::OFF);
  mixed.match().clear_account_ids();
  Case::SetState(*mixed.sync().mutable_attributes(0), "set_aside");
  const auto explained = mixed.Explained();
  CHECK(explained.reasons.front().code == "value_set_aside");
  CHECK(explained.reasons.size() == 4);
}

}  // namespace
}  // namespace accoil::gateway
