#include "services/gateway/ingest.h"

#include <nlohmann/json.hpp>
#include <string>

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "services/gateway/fake_upstreams.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;

constexpr std::int64_t kNow = 1'772'366'400'000'000;

/// An Ingest over a sink that is looked into.
struct Fixture {
  core::ManualClock clock{core::FromMicroseconds(kNow)};
  FakeSink sink;
  telemetry::Metrics registry;
  Metrics metrics{registry};
  Ingest ingest{sink,
                clock,
                {.publish_timeout = std::chrono::seconds(1), .most_items = 5},
                metrics,
                telemetry::Logger::Silent()};

  http::Response Post(const std::string& body, const std::string& content_type = "application/json",
                      const http::Headers& more = {}) {
    http::Request request;
    request.method = "POST";
    request.body = body;
    request.headers = more;
    if (!content_type.empty()) request.headers["Content-Type"] = content_type;
    return ingest.Accept({request, core::ProductId(7)});
  }
  bool Exposes(const std::string& line) const {
    return registry.Expose().find(line + "\n") != std::string::npos;
  }
};

const std::string kUser = R"({"type":"user","user_id":"u"})";
const std::string kAccount = R"({"type":"account","account_id":"a/1"})";
const std::string kTrait =
    R"({"type":"trait","profile_id":"p","user_id":"u","trait":"Score","value":75})";
const std::string kEntered =
    R"({"type":"segment-entered","profile_id":"p","user_id":"u","segment":"New"})";
const std::string kExited =
    R"({"type":"segment-exited","profile_id":"p","account_id":"a","segment":"New"})";
const std::string kBad =
    R"({"type":"trait","profile_id":"p","user_id":"u","trait":"a b","value":1})";

TEST_CASE("202 says that Kafka has acknowledged every item, each on its topic under its key") {
  Fixture fixture;
  const auto response = fixture.Post("[" + kUser + "," + kAccount + "," + kTrait + "," + kEntered +
                                     "," + kExited + "]");
  CHECK(response.status == 202);
  CHECK(json::parse(response.body) == json{{"accepted", 5}});
  REQUIRE(fixture.sink.published.size() == 5);
  const auto& published = fixture.sink.published;
  CHECK(published[0].topic == "subject-identified");
  CHECK(published[0].key == "7/user/u");
  CHECK(published[1].key == "7/account/a%2F1");
  CHECK(published[2].topic == "trait-changed");
  CHECK(published[2].key == "7/user/u/p/Score");
  CHECK(published[3].topic == "segment-entered");
  CHECK(published[4].topic == "segment-exited");
  events::v1::TraitChanged trait;
  REQUIRE(trait.ParseFromString(*published[2].value));
  CHECK(trait.value().number_value() == 75);
  CHECK(trait.version() == kNow - 2);
  CHECK(fixture.Exposes("accoil_gateway_items_accepted_total{type=\"trait\"} 1"));
}

TEST_CASE("an object with items and lines of items are accepted too") {
  Fixture fixture;
  CHECK(fixture.Post("{\"items\":[" + kUser + "]}", "Application/JSON; charset=utf-8").status ==
        202);
  CHECK(fixture.Post(kUser + "\n" + kTrait + "\n", "application/x-ndjson").status == 202);
  CHECK(fixture.sink.published.size() == 3);
}

TEST_CASE("invalid items are named by index and field; the valid ones still go") {
  Fixture fixture;
  const auto response = fixture.Post("[" + kUser + "," + kBad + ",{}," + kTrait + "]");
  CHECK(response.status == 207);
  CHECK(response.content_type == "application/json");
  const auto body = json::parse(response.body);
  CHECK(body["accepted"] == 2);
  REQUIRE(body["refused"].size() == 2);
  CHECK(body["refused"][0] == json{{"index", 1},
                                   {"field", "trait"},
                                   {"problem", "must be 1 to 64 characters of [A-Za-z0-9_-]"}});
  CHECK(body["refused"][1] == json{{"index", 2}, {"field", "type"}, {"problem", "is required"}});
  CHECK(fixture.sink.published.size() == 2);
  CHECK(fixture.Exposes(
      "accoil_gateway_items_refused_total{reason=\"invalid_value\",type=\"trait\"} 1"));
  CHECK(fixture.Exposes(
      "accoil_gateway_items_refused_total{reason=\"missing_field\",type=\"unknown\"} 1"));
}

TEST_CASE("when no item is valid nothing is sent and the answer is 400 with the same list") {
  Fixture fixture;
  const auto response = fixture.Post("[" + kBad + ",7]");
  CHECK(response.status == 400);
  CHECK(response.content_type == "application/problem+json");
  const auto body = json::parse(response.body);
  CHECK(body["status"] == 400);
  CHECK(body["accepted"] == 0);
  CHECK(body["detail"] ==
        "none of the 2 items can be accepted; the first: items[0].trait: must be 1 to 64 "
        "characters of [A-Za-z0-9_-]");
  REQUIRE(body["refused"].size() == 2);
  CHECK(body["refused"][1]["index"] == 1);
  CHECK(fixture.sink.published.empty());
}

TEST_CASE("when Kafka does not acknowledge, the answer is 503 naming the items in doubt") {
  Fixture fixture;
  fixture.sink.lost = {1, 2};
  const auto response =
      fixture.Post("[" + kUser + "," + kBad + "," + kAccount + "," + kTrait + "]");
  CHECK(response.status == 503);
  CHECK(response.headers.at("Retry-After") == "1");
  const auto body = json::parse(response.body);
  CHECK(body["in_doubt"] == json{2, 3});
  CHECK(body["accepted"] == 1);
  CHECK(body["refused"][0]["index"] == 1);
  CHECK(fixture.Exposes("accoil_gateway_items_in_doubt_total 2"));
  CHECK(fixture.Exposes("accoil_gateway_items_accepted_total{type=\"user\"} 1"));
}

TEST_CASE("while Kafka is away a few batches wait for it and more are turned away at once") {
  Fixture fixture;
  fixture.sink.problem = "all brokers down";
  int deepest = 0;
  http::Response turned_away;
  // Each batch is under way while the next one comes.
  fixture.sink.publishing = [&] {
    ++deepest;
    auto response = fixture.Post("[" + kUser + "," + kBad + "]");
    if (response.status == 503) turned_away = std::move(response);
  };
  CHECK(fixture.Post("[" + kUser + "]").status == 202);
  CHECK(deepest == 4);
  CHECK(turned_away.headers.at("Retry-After") == "1");
  const auto body = json::parse(turned_away.body);
  CHECK(body["detail"] == "Kafka cannot be reached now and nothing was sent; send it again");
  CHECK(body["accepted"] == 0);
  CHECK(body["in_doubt"] == json::array());
  CHECK(body["refused"].size() == 1);
  CHECK(fixture.Exposes("accoil_gateway_batches_turned_away_total 1"));
}

TEST_CASE("nothing goes of a batch whose items cannot be told apart") {
  Fixture fixture;
  CHECK_THROWS_AS(fixture.Post("[" + kUser), core::InvalidArgument);
  CHECK_THROWS_AS(fixture.Post(""), core::InvalidArgument);
  CHECK_THROWS_AS(fixture.Post("[1,2,3,4,5,6]"), core::InvalidArgument);
  CHECK(fixture.sink.published.empty());
  CHECK(fixture.Exposes("accoil_gateway_batches_refused_total 3"));
}

TEST_CASE("a body of another type, charset or encoding is refused with 415") {
  Fixture fixture;
  const auto body = "[" + kUser + "]";
  CHECK(fixture.Post(body, "").status == 415);
  CHECK(fixture.Post(body, "application/x-www-form-urlencoded").status == 415);
  CHECK(fixture.Post(body, "text/json").status == 415);
  CHECK(fixture.Post(body, "application/json; charset=utf-16").status == 415);
  CHECK(fixture.Post(body, "application/json", {{"Content-Encoding", "gzip"}}).status == 415);
  const auto detail = json::parse(fixture.Post(body, "text/plain").body)["detail"];
  CHECK(detail == "send the body with Content-Type: application/json, application/x-ndjson");
  CHECK(fixture.sink.published.empty());
}

}  // namespace
}  // namespace accoil::gateway
