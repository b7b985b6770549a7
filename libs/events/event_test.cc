#include "libs/events/event.h"

#include <limits>

#include "libs/core/errors.h"
#include "libs/telemetry/trace.h"
#include "tests/catch.h"

namespace accoil::events {
namespace {

v1::Subject User(const std::string& id = "u1") {
  v1::Subject subject;
  subject.set_product_id(7);
  subject.set_kind(v1::USER);
  subject.set_subject_id(id);
  return subject;
}

v1::TraitChanged Trait() {
  v1::TraitChanged event;
  *event.mutable_subject() = User();
  event.set_version(3);
  event.mutable_occurred_at()->set_seconds(1'700'000'000);
  event.set_profile_id("trial");
  event.set_trait("Score");
  event.mutable_value()->set_number_value(81);
  return event;
}

v1::SubjectIdentified Identified() {
  v1::SubjectIdentified event;
  *event.mutable_subject() = User();
  event.set_version(3);
  event.set_email("ann@example.com");
  event.set_name("Ann");
  event.add_account_ids("a1");
  return event;
}

v1::ProfileChanged Profile() {
  v1::ProfileChanged event;
  event.set_product_id(7);
  event.set_profile_id("trial");
  event.set_version(1);
  event.set_name("Trial Users");
  event.set_sync_mode(v1::ALL_TRAITS);
  auto& score = *event.add_catalogue();
  score.set_name("Score");
  score.set_type(v1::INTEGER);
  score.add_on(v1::USER);
  return event;
}

v1::UserMatched Matched() {
  v1::UserMatched event;
  *event.mutable_subject() = User();
  event.set_version(1);
  event.set_workspace_id("w");
  event.set_target_id("5f7f0d217289f8d2f4262080");
  event.set_decision(v1::MATCHED_BY_EMAIL);
  return event;
}

v1::ConnectionChanged Connection() {
  v1::ConnectionChanged event;
  event.set_product_id(7);
  event.set_version(1);
  event.set_state(v1::CONNECTED);
  event.set_workspace_id("w");
  event.set_attribute_prefix("Accoil");
  return event;
}

template <typename Message>
Record Arrived(const Message& event) {
  const auto sent = ToRecord(event);
  Record record;
  record.topic = sent.topic;
  record.key = sent.key;
  record.value = sent.value;
  record.headers = sent.headers;
  return record;
}

Record Json(const std::string& key, const std::string& json) {
  Record record;
  record.topic = "trait-changed";
  record.key = key;
  record.value = json;
  record.headers["content-type"] = "application/json; charset=utf-8";
  return record;
}

/// The field that is complained of, "valid" when none is.
template <typename Message>
std::string Complaint(const Message& event) {
  try {
    Validate(event);
    return "valid";
  } catch (const core::InvalidArgument& error) {
    return error.field();
  }
}

template <typename Message>
std::string ReadComplaint(const Record& record) {
  try {
    FromRecord<Message>(record);
    return "valid";
  } catch (const core::InvalidArgument& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a fact's key is its identity, its parts percent-encoded") {
  CHECK(KeyOf(User("a/b%c")) == "7/user/a%2Fb%25c");
  CHECK(KeyOf(Trait()) == "7/user/u1/trial/Score");
  v1::SegmentEntered entered;
  *entered.mutable_subject() = User();
  entered.mutable_subject()->set_kind(v1::ACCOUNT);
  entered.set_profile_id("trial");
  entered.set_segment("Red Hot / new");
  CHECK(KeyOf(entered) == "7/account/u1/trial/Red Hot %2F new");
  v1::SegmentExited exited;
  *exited.mutable_subject() = entered.subject();
  exited.set_profile_id(entered.profile_id());
  exited.set_segment(entered.segment());
  CHECK(KeyOf(exited) == KeyOf(entered));
  CHECK(KeyOf(Profile()) == "7/profile/trial");
  CHECK(KeyOf(Connection()) == "7/connection/intercom");
  v1::DeadLetter letter;
  letter.set_topic("trait-changed");
  letter.set_partition(2);
  letter.set_offset(99);
  CHECK(KeyOf(letter) == "trait-changed/2/99");
}

TEST_CASE("an event survives its record") {
  const auto trait = Trait();
  CHECK(FromRecord<v1::TraitChanged>(Arrived(trait)).SerializeAsString() ==
        trait.SerializeAsString());
  const auto profile = Profile();
  CHECK(FromRecord<v1::ProfileChanged>(Arrived(profile)).SerializeAsString() ==
        profile.SerializeAsString());
}

TEST_CASE("a record's headers say what it is") {
  const telemetry::TraceScope scope(
      telemetry::ParseTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  const auto record = ToRecord(Trait());
  CHECK(record.topic == "trait-changed");
  CHECK(record.headers.at("event-type") == "trait-changed");
  CHECK(record.headers.at("content-type") == "application/x-protobuf");
  CHECK(record.headers.at("occurred-at") == "2023-11-14T22:13:20Z");
  CHECK(record.headers.at("traceparent").starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
  CHECK(record.headers.at("event-id").size() == 36);
  CHECK(record.headers.at("event-id") != ToRecord(Trait()).headers.at("event-id"));
}

TEST_CASE("an event may come as JSON") {
  const auto event = FromRecord<v1::TraitChanged>(Json("7/user/u1/trial/Score", R"({
    "subject": {"product_id": 7, "kind": "USER", "subjectId": "u1"},
    "version": "3", "occurred_at": "2023-11-14T22:13:20Z",
    "profile_id": "trial", "trait": "Score", "value": 81})"));
  CHECK(event.SerializeAsString() == Trait().SerializeAsString());

  const auto withdrawn = FromRecord<v1::TraitChanged>(Json("7/user/u1/trial/Score", R"({
    "subject": {"product_id": 7, "kind": "USER", "subject_id": "u1"}, "version": 3,
    "profile_id": "trial", "trait": "Score", "value": null})"));
  CHECK(withdrawn.value().kind_case() == google::protobuf::Value::kNullValue);
}

TEST_CASE("JSON that does not fit is refused with the field's name") {
  const auto complaint = [](const std::string& json) {
    return ReadComplaint<v1::TraitChanged>(Json("7/user/u1/trial/Score", json));
  };
  CHECK(complaint(R"({"subject": {"product_id": 7}, "bogus": 1})") ==
        "bogus: JSON that does not fit: Cannot find field.");
  CHECK(complaint(R"({"subject": {"product": 7}})") ==
        "subject.product: JSON that does not fit: Cannot find field.");
  CHECK(complaint(R"({"subject": {"kind": "user"}})").starts_with("subject.kind: "));
  CHECK(complaint(R"({"version": 1.5})").starts_with("version: "));
  CHECK(complaint(R"({"occurred_at": "yesterday"})").starts_with("occurred_at: "));
  // What the record holds is not repeated.
  CHECK(complaint("ann@example.com") == "JSON that does not fit: Unexpected token.");
  CHECK(complaint("[]") == "JSON that does not fit: Root element must be a message.");
  CHECK(complaint("").starts_with("JSON that does not fit: "));
}

TEST_CASE("JSON that is deep is refused before it costs anything, however its texts are quoted") {
  const auto complaint = [](const std::string& begin) {
    // Protobuf's reader would take minutes.
    return ReadComplaint<v1::TraitChanged>(
        Json("7/user/u1/trial/Score", begin + std::string(500'000, '[')));
  };
  const std::string deep = "JSON with more than 32 levels of brackets";
  CHECK(complaint(R"({"value": )") == deep);
  CHECK(complaint(R"({'trait': '"', "value": )") == deep);
  CHECK(complaint(R"({"trait": "\\", "value": )") == deep);
  // In a text brackets are text.
  const auto event = FromRecord<v1::TraitChanged>(Json("7/user/u1/trial/Score", R"({
    "subject": {"product_id": 7, "kind": "USER", "subject_id": "u1"}, "version": 3,
    "profile_id": "trial", "trait": "Score", "value": "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})"));
  CHECK(event.value().string_value().size() > 32);
}

TEST_CASE("a record that is not what its topic says is refused") {
  auto record = Arrived(Trait());
  record.key = "7/user/u2/trial/Score";
  CHECK(ReadComplaint<v1::TraitChanged>(record) ==
        "key: must be the fact's identity, 7/user/u1/trial/Score");

  record = Arrived(Trait());
  record.value = "\xFF\xFF";
  CHECK(ReadComplaint<v1::TraitChanged>(record).find("not a Protobuf message") !=
        std::string::npos);

  record = Arrived(Trait());
  record.headers["content-type"] = "text/plain";
  CHECK(ReadComplaint<v1::TraitChanged>(record).starts_with("content-type: "));

  record = Arrived(Trait());
  record.headers.erase("content-type");
  CHECK(ReadComplaint<v1::TraitChanged>(record) == "valid");

  record.value.reset();
  CHECK(ReadComplaint<v1::TraitChanged>(record).starts_with("value: "));

  auto large = Trait();
  large.mutable_value()->set_string_value(std::string(600'000, 'x'));
  record.value = large.SerializeAsString();
  CHECK(ReadComplaint<v1::TraitChanged>(record) == "value: must have at most 524288 bytes");
  CHECK_THROWS_AS(ToRecord(large), core::InvalidArgument);
}

TEST_CASE("every fact about a subject names it, has a version and a sane time") {
  CHECK(Complaint(Trait()) == "valid");
  const auto complaint = [](const std::function<void(v1::TraitChanged&)>& spoil) {
    auto event = Trait();
    spoil(event);
    return Complaint(event);
  };
  CHECK(complaint([](auto& e) { e.clear_subject(); }) == "subject.product_id");
  CHECK(complaint([](auto& e) { e.mutable_subject()->set_product_id(-1); }) ==
        "subject.product_id");
  CHECK(complaint([](auto& e) { e.mutable_subject()->clear_kind(); }) == "subject.kind");
  CHECK(complaint([](auto& e) {
          e.mutable_subject()->set_kind(static_cast<v1::SubjectKind>(3));
        }) == "subject.kind");
  CHECK(complaint([](auto& e) { e.mutable_subject()->clear_subject_id(); }) ==
        "subject.subject_id");
  CHECK(complaint([](auto& e) { e.mutable_subject()->set_subject_id(std::string(255, 'x')); }) ==
        "valid");
  CHECK(complaint([](auto& e) { e.mutable_subject()->set_subject_id(std::string(256, 'x')); }) ==
        "subject.subject_id");
  CHECK(complaint([](auto& e) { e.mutable_subject()->set_subject_id("a\nb"); }) ==
        "subject.subject_id");
  CHECK(complaint([](auto& e) { e.set_version(0); }) == "version");
  CHECK(complaint([](auto& e) { e.clear_occurred_at(); }) == "valid");
  CHECK(complaint([](auto& e) { e.mutable_occurred_at()->set_seconds(-1); }) == "occurred_at");
  CHECK(complaint([](auto& e) { e.mutable_occurred_at()->set_seconds(253'402'300'799); }) ==
        "occurred_at");
  CHECK(complaint([](auto& e) { e.mutable_occurred_at()->set_nanos(1'000'000'000); }) ==
        "occurred_at");
}

TEST_CASE("a trait's value is a string, a finite number, a boolean or null") {
  const auto complaint = [](const std::function<void(v1::TraitChanged&)>& change) {
    auto event = Trait();
    change(event);
    return Complaint(event);
  };
  CHECK(complaint([](auto& e) { e.mutable_value()->set_string_value("two\nlines"); }) == "valid");
  CHECK(complaint([](auto& e) { e.mutable_value()->set_bool_value(false); }) == "valid");
  CHECK(complaint([](auto& e) {
          e.mutable_value()->set_null_value(google::protobuf::NULL_VALUE);
        }) == "valid");
  CHECK(complaint([](auto& e) { e.clear_value(); }) == "value");
  CHECK(complaint([](auto& e) { e.mutable_value()->clear_kind(); }) == "value");
  CHECK(complaint([](auto& e) { e.mutable_value()->mutable_list_value(); }) == "value");
  CHECK(complaint([](auto& e) { e.mutable_value()->mutable_struct_value(); }) == "value");
  CHECK(complaint([](auto& e) { e.mutable_value()->set_string_value(std::string(1, '\0')); }) ==
        "value");
  for (const double number :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CHECK(complaint([&](auto& e) { e.mutable_value()->set_number_value(number); }) == "value");
  }
  CHECK(complaint([](auto& e) { e.set_trait("Segments"); }) == "trait");
  CHECK(complaint([](auto& e) { e.set_trait("two words"); }) == "trait");
  CHECK(complaint([](auto& e) { e.set_profile_id(""); }) == "profile_id");
}

TEST_CASE("who a subject is keeps its limits") {
  const auto complaint = [](const std::function<void(v1::SubjectIdentified&)>& change) {
    auto event = Identified();
    change(event);
    return Complaint(event);
  };
  CHECK(complaint([](auto&) {}) == "valid");
  CHECK(complaint([](auto& e) { e.set_email(std::string(255, 'x')); }) == "email");
  CHECK(complaint([](auto& e) { e.set_name(std::string(256, 'x')); }) == "name");
  CHECK(complaint([](auto& e) { e.add_account_ids(""); }) == "account_ids[1]");
  CHECK(complaint([](auto& e) {
          for (int i = 0; i < 100; ++i) e.add_account_ids("a" + std::to_string(i));
        }) == "account_ids");
  const auto account = [](auto& e) { e.mutable_subject()->set_kind(v1::ACCOUNT); };
  CHECK(complaint(account) == "email");
  CHECK(complaint([&](auto& e) {
          account(e);
          e.clear_email();
        }) == "account_ids");
  CHECK(complaint([&](auto& e) {
          account(e);
          e.clear_email();
          e.clear_account_ids();
        }) == "valid");
}

TEST_CASE("profiles, matches, memberships and connections keep their limits") {
  CHECK(Complaint(Profile()) == "valid");
  auto profile = Profile();
  *profile.add_catalogue() = profile.catalogue(0);
  CHECK(Complaint(profile) == "catalogue[1].name");
  profile = Profile();
  profile.mutable_catalogue(0)->clear_type();
  CHECK(Complaint(profile) == "catalogue[0].type");
  profile = Profile();
  profile.mutable_catalogue(0)->clear_on();
  CHECK(Complaint(profile) == "catalogue[0].on");
  profile = Profile();
  profile.clear_sync_mode();
  CHECK(Complaint(profile) == "sync_mode");
  profile.set_removed(true);
  CHECK(Complaint(profile) == "valid");

  CHECK(Complaint(Matched()) == "valid");
  auto matched = Matched();
  matched.clear_target_id();
  CHECK(Complaint(matched) == "target_id");
  matched.set_decision(v1::NO_CONTACT);
  CHECK(Complaint(matched) == "valid");
  matched.clear_decision();
  CHECK(Complaint(matched) == "decision");

  CHECK(Complaint(Connection()) == "valid");
  auto connection = Connection();
  connection.clear_workspace_id();
  CHECK(Complaint(connection) == "workspace_id");
  connection.set_state(v1::DISCONNECTED);
  CHECK(Complaint(connection) == "valid");

  v1::SegmentEntered entered;
  *entered.mutable_subject() = User();
  entered.set_version(1);
  entered.set_profile_id("trial");
  CHECK(Complaint(entered) == "segment");
  entered.set_segment("Most Engaged");
  CHECK(Complaint(entered) == "valid");
}

TEST_CASE("what Intercom notified of keeps its limits and is one fact however often it comes") {
  v1::IntercomWebhook webhook;
  CHECK(Complaint(webhook) == "workspace_id");
  webhook.set_workspace_id("ws/1");
  CHECK(Complaint(webhook) == "notification_id");
  webhook.set_notification_id("notif_1");
  CHECK(Complaint(webhook) == "kind");
  webhook.set_kind(v1::CONTACT_CREATED);
  CHECK(Complaint(webhook) == "valid");
  CHECK(KeyOf(webhook) == "ws%2F1/notif_1");
  webhook.add_contacts();
  CHECK(Complaint(webhook) == "contacts[0].contact_id");
  webhook.mutable_contacts(0)->set_contact_id("c1");
  webhook.mutable_contacts(0)->set_email(std::string(255, 'a'));
  CHECK(Complaint(webhook) == "contacts[0].email");
  webhook.mutable_contacts(0)->set_email("a@b.example");
  webhook.add_company_ids("");
  CHECK(Complaint(webhook) == "company_ids[0]");
  webhook.set_company_ids(0, "co1");
  CHECK(Complaint(webhook) == "valid");
  for (int i = 0; i < 100; ++i) webhook.add_company_ids("co");
  CHECK(Complaint(webhook) == "company_ids");
}

TEST_CASE("a tag is one fact for each subject, whatever the case of its letters") {
  v1::TagApplied applied;
  *applied.mutable_subject() = User();
  applied.set_version(1);
  CHECK(Complaint(applied) == "workspace_id");
  applied.set_workspace_id("ws1");
  CHECK(Complaint(applied) == "target_id");
  applied.set_target_id("c1");
  CHECK(Complaint(applied) == "tag");
  applied.set_tag("At-Risk/now");
  CHECK(Complaint(applied) == "valid");
  CHECK(KeyOf(applied) == "7/user/u1/at-risk%2Fnow");
}

TEST_CASE("a timestamp is a point in time and back") {
  google::protobuf::Timestamp timestamp;
  const auto time = core::FromMicroseconds(1'700'000'000'123'456);
  SetTime(time, timestamp);
  CHECK(timestamp.seconds() == 1'700'000'000);
  CHECK(timestamp.nanos() == 123'456'000);
  CHECK(ToTime(timestamp) == time);
  SetTime(core::FromMicroseconds(-1), timestamp);
  CHECK(timestamp.seconds() == -1);
  CHECK(timestamp.nanos() == 999'999'000);
  CHECK(ToTime(google::protobuf::Timestamp()) == core::TimePoint());
}

}  // namespace accoil::events
