#include "libs/intercom/answers.h"

#include "tests/catch.h"

namespace accoil::intercom {

TEST_CASE("a contact is read with its companies, its email in lower case") {
  const auto contact = ReadContact(R"({"type":"contact","id":"6762f0dd1bb69f9f2193bb83",
      "external_id":"u-1","email":"Ada@Example.COM","role":"user","last_seen_at":1734537430,
      "companies":{"data":[{"id":"c1"},{"id":"c2"}],"has_more":true}})");
  REQUIRE(contact);
  CHECK(contact->id.value() == "6762f0dd1bb69f9f2193bb83");
  CHECK(contact->external_id == "u-1");
  CHECK(contact->email == "ada@example.com");
  CHECK(contact->role == Role::kUser);
  CHECK(contact->last_seen_at == core::TimePoint(std::chrono::seconds(1734537430)));
  CHECK(contact->companies == std::vector{core::CompanyId("c1"), core::CompanyId("c2")});
  CHECK(contact->has_more_companies);
}

TEST_CASE("nulls of a contact are as if they were missing") {
  const auto contact = ReadContact(
      R"({"id":"a","external_id":null,"email":null,"role":"lead","last_seen_at":null,
          "companies":null})");
  REQUIRE(contact);
  CHECK(contact->email.empty());
  CHECK(contact->role == Role::kLead);
  CHECK_FALSE(contact->last_seen_at);
}

TEST_CASE("a token is read under either of its names, and only one that can stand in a header") {
  CHECK(ReadAccessToken(R"({"token":"a","access_token":"b"})") == "b");
  CHECK(ReadAccessToken(R"({"token_type":"Bearer","token":"a"})") == "a");
  CHECK_FALSE(ReadAccessToken(R"({"access_token":"a b"})"));
  CHECK_FALSE(ReadAccessToken(R"({"access_token":"a\r\nb"})"));
  CHECK_FALSE(ReadAccessToken(R"({"access_token":""})"));
  CHECK_FALSE(ReadAccessToken(R"({"access_token":{}})"));
  CHECK_FALSE(ReadAccessToken(R"(["a"])"));
}

TEST_CASE("a page with one broken element is no page, so that nobody takes half for the whole") {
  CHECK_FALSE(ReadContacts(R"({"type":"list","data":[{"id":"a"},{"no":"id"}]})"));
  CHECK_FALSE(ReadContacts(R"({"type":"list","data":[{"id":"a"},7]})"));
  CHECK_FALSE(ReadContacts(R"({"type":"list"})"));
  CHECK_FALSE(ReadContacts("<html>Bad gateway</html>"));
  CHECK_FALSE(ReadContacts(""));
}

TEST_CASE("a page of contacts has a cursor until the last") {
  const auto page = ReadContacts(
      R"({"data":[{"id":"a"}],"total_count":301,"pages":{"next":{"starting_after":"xyz"}}})");
  REQUIRE(page);
  CHECK(page->next == "xyz");
  CHECK(page->total_count == 301);
  CHECK(ReadContacts(R"({"data":[],"total_count":0,"pages":{"next":null}})")->next.empty());
}

TEST_CASE("pages of companies are counted") {
  const auto first = ReadCompanies(R"({"data":[{"id":"a","company_id":"acme","name":"Acme"}],
      "total_count":60,"pages":{"page":1,"total_pages":2}})");
  REQUIRE(first);
  CHECK(first->items.at(0).company_id == "acme");
  CHECK(first->next == "2");
  CHECK(ReadCompanies(R"({"data":[],"pages":{"page":2,"total_pages":2}})")->next.empty());
}

TEST_CASE("a time that no clock holds is none") {
  const auto seen_at = [](const char* when) {
    return ReadContact(R"({"id":"a","last_seen_at":)" + std::string(when) + "}")->last_seen_at;
  };
  CHECK(seen_at("7258118399"));
  CHECK_FALSE(seen_at("7258118400"));
  CHECK_FALSE(seen_at("9223372036854775807"));
}

TEST_CASE("a rate limit is believed when all of it can be") {
  const auto read = [](const char* limit, const char* remaining, const char* reset) {
    return ReadRateLimit({{"X-RateLimit-Limit", limit},
                          {"X-RateLimit-Remaining", remaining},
                          {"X-RateLimit-Reset", reset}});
  };
  const auto seen = read("1666", "1660", "1734537430");
  REQUIRE(seen);
  CHECK(seen->limit == 1666);
  CHECK(seen->remaining == 1660);
  CHECK(seen->reset == 1'734'537'430);
  CHECK_FALSE(read("0", "0", "1734537430"));
  CHECK_FALSE(read("1666", "-1", "1734537430"));
  // Counted in nanoseconds these would come round to another time.
  CHECK_FALSE(read("1666", "1660", "9223372036854775807"));
  CHECK_FALSE(read("1666", "1660", "20181281504"));
  CHECK_FALSE(ReadRateLimit({{"X-RateLimit-Limit", "1666"}}));
}

TEST_CASE("failures are sorted by what the caller does about them") {
  const auto kind = [](int status) { return ReadFailure(status, "").kind; };
  CHECK(kind(401) == Failure::Kind::kUnauthorized);
  CHECK(kind(404) == Failure::Kind::kNotFound);
  CHECK(kind(400) == Failure::Kind::kRefused);
  CHECK(kind(422) == Failure::Kind::kRefused);
  CHECK(kind(429) == Failure::Kind::kThrottled);
  CHECK(kind(500) == Failure::Kind::kServer);
  CHECK(kind(503) == Failure::Kind::kServer);
}

TEST_CASE("a failure says what Intercom said, within bounds") {
  const auto failure =
      ReadFailure(400,
                  R"({"type":"error.list","request_id":"r","errors":[{"code":"parameter_invalid",
          "message":"Custom attribute 'Accoil_X' does not exist","field":"Accoil_X"}]})");
  CHECK(failure.code == "parameter_invalid");
  CHECK(failure.field == "Accoil_X");
  CHECK(failure.ToString() == "400 parameter_invalid: Custom attribute 'Accoil_X' does not exist");
  const auto long_one = ReadFailure(
      400, R"({"errors":[{"code":"x","message":")" + std::string(100'000, 'y') + R"("}]})");
  CHECK(long_one.message.size() == 500);
  CHECK(ReadFailure(500, R"({"errors":[]})").ToString() == "500");
}

}  // namespace accoil::intercom
