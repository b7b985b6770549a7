#include "services/gateway/item.h"

#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/time_util.h>

#include <string>

#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using events::v1::SegmentEntered;
using events::v1::SegmentExited;
using events::v1::SubjectIdentified;
using events::v1::SubjectKind;
using events::v1::TraitChanged;
using google::protobuf::util::TimeUtil;

// 2026-03-01T12:00:00Z
constexpr std::int64_t kNow = 1'772'366'400'000'000;

ItemContext Context() { return {core::ProductId(7), core::FromMicroseconds(kNow), kNow - 3}; }

Item Read(std::string_view json) {
  auto read = ReadItem(json, Context());
  if (const auto* problem = std::get_if<ItemProblem>(&read)) {
    FAIL(problem->field << ": " << problem->problem);
  }
  return std::get<Item>(read);
}

template <typename Event>
Event ReadEvent(std::string_view json) {
  return std::get<Event>(Read(json).event);
}

ItemProblem Problem(std::string_view json) {
  auto read = ReadItem(json, Context());
  if (std::holds_alternative<Item>(read)) FAIL("accepted: " << json);
  return std::get<ItemProblem>(read);
}

/// A refusal as "field: problem", or the problem alone when it is the whole item.
std::string Refusal(std::string_view json) {
  const auto problem = Problem(json);
  return problem.field.empty() ? problem.problem : problem.field + ": " + problem.problem;
}

/// A trait item whose value is written as `value`.
std::string Trait(const std::string& value) {
  return R"({"type":"trait","profile_id":"p","user_id":"u","trait":"Score","value":)" + value + "}";
}

TEST_CASE("a user item becomes subject-identified") {
  const auto event = ReadEvent<SubjectIdentified>(
      R"({"type":"user","user_id":"u1","email":"Ann@Example.com","name":"Ann","account_ids":["a","b"],
          "version":12,"occurred_at":"2026-02-28T23:59:59.5Z"})");
  CHECK(event.subject().product_id() == 7);
  CHECK(event.subject().kind() == SubjectKind::USER);
  CHECK(event.subject().subject_id() == "u1");
  CHECK(event.email() == "Ann@Example.com");
  CHECK(event.name() == "Ann");
  CHECK(event.account_ids_size() == 2);
  CHECK(event.account_ids(1) == "b");
  CHECK(event.version() == 12);
  CHECK(TimeUtil::ToString(event.occurred_at()) == "2026-02-28T23:59:59.500Z");
  CHECK_FALSE(event.removed());
}

TEST_CASE("an account item becomes subject-identified") {
  const auto event = ReadEvent<SubjectIdentified>(
      R"({"type":"account","account_id":"a1","name":"Acme","removed":true})");
  CHECK(event.subject().kind() == SubjectKind::ACCOUNT);
  CHECK(event.subject().subject_id() == "a1");
  CHECK(event.name() == "Acme");
  CHECK(event.removed());
}

TEST_CASE("a trait item becomes trait-changed with its value's type kept") {
  const auto event = ReadEvent<TraitChanged>(Trait("75"));
  CHECK(event.profile_id() == "p");
  CHECK(event.trait() == "Score");
  CHECK(event.subject().subject_id() == "u");
  CHECK(event.value().number_value() == 75);
  CHECK(ReadEvent<TraitChanged>(Trait("0.25")).value().number_value() == 0.25);
  CHECK(ReadEvent<TraitChanged>(Trait("-9007199254740992")).value().number_value() ==
        -9007199254740992.0);
  CHECK(ReadEvent<TraitChanged>(Trait("\"2026-01-01\"")).value().string_value() == "2026-01-01");
  CHECK(ReadEvent<TraitChanged>(Trait("\"\"")).value().has_string_value());
  CHECK(ReadEvent<TraitChanged>(Trait("true")).value().bool_value());
  CHECK(ReadEvent<TraitChanged>(Trait("null")).value().has_null_value());
}

TEST_CASE("segment items become segment-entered and segment-exited, of users and of accounts") {
  const auto entered = ReadEvent<SegmentEntered>(
      R"({"type":"segment-entered","profile_id":"p","account_id":"a","segment":"Most Engaged"})");
  CHECK(entered.subject().kind() == SubjectKind::ACCOUNT);
  CHECK(entered.segment() == "Most Engaged");
  const auto item =
      Read(R"({"type":"segment-exited","profile_id":"p","user_id":"u","segment":"New"})");
  CHECK(item.type == ItemType::kSegmentExited);
  CHECK(std::get<SegmentExited>(item.event).subject().kind() == SubjectKind::USER);
}

TEST_CASE("the version is the item's own, else its time in microseconds, else the gateway's") {
  const auto version = [](const std::string& more) {
    return ReadEvent<SubjectIdentified>(R"({"type":"user","user_id":"u")" + more + "}").version();
  };
  CHECK(version(R"(,"version":5,"occurred_at":"2026-01-01T00:00:00Z")") == 5);
  CHECK(version(R"(,"version":9223372036854775807)") == INT64_MAX);
  CHECK(version(R"(,"occurred_at":"1970-01-01T00:00:01.000002Z")") == 1'000'002);
  CHECK(version(R"(,"occurred_at":"1970-01-01T01:00:01+01:00")") == 1'000'000);
  CHECK(version("") == kNow - 3);
}

TEST_CASE("an item without a time occurred when it arrived") {
  const auto event = ReadEvent<SubjectIdentified>(R"({"type":"user","user_id":"u","version":5})");
  CHECK(TimeUtil::TimestampToMicroseconds(event.occurred_at()) == kNow);
}

TEST_CASE("a field that the form does not have is refused by name") {
  CHECK(Refusal(R"({"type":"user","user_id":"u","mail":"x"})") ==
        "mail: is not a known field here");
  CHECK(Refusal(R"({"type":"account","account_id":"a","email":"x"})") ==
        "email: is not a known field here");
  CHECK(Refusal(R"({"type":"account","account_id":"a","user_id":"x"})") ==
        "user_id: is not a known field here");
  CHECK(Refusal(R"({"type":"trait","profile_id":"p","user_id":"u","trait":"S","value":1,
                    "removed":true})") == "removed: is not a known field here");
  CHECK(Problem(R"({"type":"user","user_id":"u","x":1})").fault == Fault::kUnknownField);
}

TEST_CASE("a missing field is named") {
  CHECK(Refusal("{}") == "type: is required");
  CHECK(Refusal(R"({"type":"user"})") == "user_id: is required");
  CHECK(Refusal(R"({"type":"account"})") == "account_id: is required");
  CHECK(Refusal(R"({"type":"trait","profile_id":"p","trait":"S","value":1})") ==
        "user_id: user_id or account_id is required");
  CHECK(Refusal(R"({"type":"trait","user_id":"u","trait":"S","value":1})") ==
        "profile_id: is required");
  CHECK(Refusal(R"({"type":"trait","profile_id":"p","user_id":"u","value":1})") ==
        "trait: is required");
  CHECK(Refusal(R"({"type":"trait","profile_id":"p","user_id":"u","trait":"S"})") ==
        "value: is required; null withdraws the trait");
  CHECK(Refusal(R"({"type":"segment-entered","profile_id":"p","user_id":"u"})") ==
        "segment: is required");
  CHECK(Problem("{}").fault == Fault::kMissingField);
}

TEST_CASE("a field of another type is named") {
  CHECK(Refusal("[]") == "must be an object");
  CHECK(Refusal("null") == "must be an object");
  CHECK(Refusal(R"({"type":1})") == "type: must be a string");
  CHECK(Refusal(R"({"type":"user","user_id":42})") == "user_id: must be a string");
  CHECK(Refusal(R"({"type":"user","user_id":null})") == "user_id: must be a string");
  CHECK(Refusal(R"({"type":"user","user_id":"u","email":[]})") == "email: must be a string");
  CHECK(Refusal(R"({"type":"user","user_id":"u","account_ids":"a"})") ==
        "account_ids: must be an array");
  CHECK(Refusal(R"({"type":"user","user_id":"u","account_ids":["a",1]})") ==
        "account_ids[1]: must be a string");
  CHECK(Refusal(R"({"type":"user","user_id":"u","removed":"yes"})") ==
        "removed: must be true or false");
  CHECK(Refusal(R"({"type":"user","user_id":"u","version":"5"})") ==
        "version: must be an integer of 64 bits");
  CHECK(Refusal(R"({"type":"user","user_id":"u","version":5.0})") ==
        "version: must be an integer of 64 bits");
  CHECK(Refusal(R"({"type":"user","user_id":"u","occurred_at":1772366400})") ==
        "occurred_at: must be a string");
  CHECK(Refusal(Trait("[1]")) == "value: must be a string, a number, true, false or null");
  CHECK(Refusal(Trait("{}")) == "value: must be a string, a number, true, false or null");
  CHECK(Problem(Trait("{}")).fault == Fault::kWrongType);
}

TEST_CASE("an unknown type is refused with those that there are") {
  CHECK(Refusal(R"({"type":"User","user_id":"u"})") ==
        "type: must be one of user, account, trait, segment-entered, segment-exited");
  CHECK_FALSE(Problem(R"({"type":"x"})").type.has_value());
  CHECK(Problem(R"({"type":"user"})").type == ItemType::kUser);
}

TEST_CASE("a subject is a user or an account, not both") {
  CHECK(Refusal(R"({"type":"trait","profile_id":"p","user_id":"u","account_id":"a","trait":"S",
                    "value":1})") == "account_id: cannot stand beside user_id");
}

TEST_CASE("numbers that would change on the way are refused") {
  CHECK(Refusal(Trait("9007199254740993")) ==
        "value: integers beyond 9007199254740992 lose digits; send it as a string");
  CHECK(Refusal(Trait("9223372036854775808")).starts_with("value: integers beyond"));
  CHECK(Refusal(Trait("99999999999999999999")) == "value: an integer of more than 64 bits");
  CHECK(Refusal(Trait("1e999")) == "value: a number beyond what a double holds");
  CHECK(Refusal(Trait("NaN")).starts_with("value: not JSON at byte"));
  CHECK(Refusal(Trait("-Infinity")).starts_with("value: not JSON at byte"));
  CHECK(Problem(Trait("NaN")).fault == Fault::kMalformed);
}

TEST_CASE("versions are above 0") {
  CHECK(Refusal(R"({"type":"user","user_id":"u","version":0})") == "version: must be above 0");
  CHECK(Refusal(R"({"type":"user","user_id":"u","version":-1})") == "version: must be above 0");
  CHECK(Refusal(R"({"type":"user","user_id":"u","version":9223372036854775808})") ==
        "version: must be an integer of 64 bits");
}

TEST_CASE("times are RFC 3339, from 1970 to a day ahead") {
  const auto at = [](const std::string& time) {
    return R"({"type":"user","user_id":"u","occurred_at":")" + time + "\"}";
  };
  for (const auto* time :
       {"", "yesterday", "2026-03-01", "2026-03-01 12:00:00Z", "2026-03-01T12:00:00",
        "2026-02-30T12:00:00Z", "2026-03-01T25:00:00Z", "2026-03-01T12:00:00Zx", "1772366400"}) {
    CHECK(Refusal(at(time)).starts_with("occurred_at: must be a time as RFC 3339 writes it"));
  }
  CHECK(Refusal(at("1969-12-31T23:59:59Z")) ==
        "occurred_at: must lie between 1970 and a day from now");
  CHECK(Refusal(at("2026-03-02T12:00:01Z")) ==
        "occurred_at: must lie between 1970 and a day from now");
  // These two lie beyond 64 bits of nanoseconds; the first would come out in 1970.
  for (const auto* far : {"2554-07-22T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    CHECK(Refusal(at(far)) == "occurred_at: must lie between 1970 and a day from now");
  }
  CHECK(ReadEvent<SubjectIdentified>(at("2026-03-02T12:00:00Z")).version() ==
        kNow + 86'400'000'000);
  CHECK(ReadEvent<SubjectIdentified>(at("1970-01-01T00:00:00Z")).version() == 1);
}

TEST_CASE("the limits of the events are refused under the item's names") {
  const auto user = [](const std::string& more) {
    return R"({"type":"user","user_id":"u",)" + more + "}";
  };
  CHECK(Refusal(R"({"type":"user","user_id":""})").starts_with("user_id: "));
  CHECK(Refusal(R"({"type":"account","account_id":")" + std::string(256, 'a') + "\"}")
            .starts_with("account_id: "));
  CHECK(Refusal(R"({"type":"user","user_id":"a\u0007"})").starts_with("user_id: "));
  CHECK(Refusal(user("\"email\":\"" + std::string(255, 'e') + "\"")).starts_with("email: "));
  CHECK(Refusal(user("\"name\":\"" + std::string(256, 'n') + "\"")).starts_with("name: "));
  CHECK(Refusal(user(R"("account_ids":["a",""])")).starts_with("account_ids[1]: "));
  std::string many = "\"a\"";
  for (int i = 0; i < 100; ++i) many += ",\"a\"";
  CHECK(Refusal(user("\"account_ids\":[" + many + "]")).starts_with("account_ids: "));
  CHECK(Refusal(R"({"type":"trait","profile_id":"a b","user_id":"u","trait":"S","value":1})")
            .starts_with("profile_id: "));
  CHECK(Refusal(R"({"type":"trait","profile_id":"p","user_id":"u","trait":"S/","value":1})")
            .starts_with("trait: "));
  CHECK(Refusal(R"({"type":"trait","profile_id":"p","user_id":"u","trait":"Segments","value":"x"})")
            .starts_with("trait: "));
  CHECK(Refusal(R"({"type":"segment-exited","profile_id":"p","user_id":"u","segment":""})")
            .starts_with("segment: "));
  CHECK(Refusal(Trait("\"" + std::string((64 << 10) + 1, 'v') + "\"")) ==
        "value: must have at most 65536 bytes");
  CHECK(Problem(R"({"type":"user","user_id":""})").fault == Fault::kInvalidValue);
}

TEST_CASE("what is not JSON or not UTF-8 is refused") {
  CHECK(Refusal("{\"type\":\"user\",\"user_id\":\"\xff\"}") == "user_id: not UTF-8");
  CHECK(Refusal(R"({"type":"user","user_id":"\ud800"})").starts_with("user_id: not JSON at byte"));
  CHECK(Refusal(R"({"type":"user","user_id":"a","user_id":"b"})") ==
        "user_id: appears twice in its object");
  CHECK(Refusal("{\"type\":\"user\",\"user_id\":" + std::string(100'000, '[') + "}")
            .ends_with("nested deeper than 8 levels"));
  CHECK(Refusal("{").starts_with("not JSON"));
}

TEST_CASE("a long name of an unknown field is cut in the refusal") {
  const auto problem =
      Problem(R"({"type":"user","user_id":"u",")" + std::string(100'000, 'x') + "\":1}");
  CHECK(problem.field.size() == 64);
}

}  // namespace
}  // namespace accoil::gateway
