#include "services/gateway/batch_frame.h"

#include <string>

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using Items = std::vector<std::string_view>;

Items Json(std::string_view body) { return SplitBatch(body, BatchFormat::kJson, 1'000); }
Items Lines(std::string_view body) { return SplitBatch(body, BatchFormat::kNdjson, 1'000); }

std::string Refusal(std::string_view body, BatchFormat format = BatchFormat::kJson,
                    std::size_t most_items = 1'000) {
  try {
    SplitBatch(body, format, most_items);
  } catch (const core::InvalidArgument& error) {
    return error.what();
  }
  FAIL("accepted: " << body);
  return {};
}

TEST_CASE("an array's items are found whatever stands in them") {
  CHECK(Json(R"([{"a":1}])") == Items{R"({"a":1})"});
  CHECK(Json(" [ {\"a\":[1,{}]} ,\n{} ] \r\n") == Items{R"({"a":[1,{}]})", "{}"});
  CHECK(Json(R"([{"a":"]}\"[{,"},{"b":"\\"}])") == Items{R"({"a":"]}\"[{,"})", R"({"b":"\\"})"});
  CHECK(Json(R"([1,"x",null,[2]])") == Items{"1", "\"x\"", "null", "[2]"});
}

TEST_CASE("items may stand in an object under the name items") {
  CHECK(Json(R"({"items":[{"a":1},{}]})") == Items{R"({"a":1})", "{}"});
  CHECK(Json(" { \"items\" : [ {} ] } ") == Items{"{}"});
}

TEST_CASE("lines are items; blank ones are passed over") {
  CHECK(Lines("{\"a\":1}\n{\"b\":2}") == Items{R"({"a":1})", R"({"b":2})"});
  CHECK(Lines("\n\r\n{\"a\":1}\r\n  \n{\"b\":2}\n\n") == Items{R"({"a":1})", R"({"b":2})"});
  CHECK(Lines("{\"a\n\":1}") == Items{"{\"a", "\":1}"});
}

TEST_CASE("a byte order mark is passed over") {
  CHECK(Json("\xEF\xBB\xBF[{}]") == Items{"{}"});
  CHECK(Lines("\xEF\xBB\xBF{}\n") == Items{"{}"});
}

TEST_CASE("an item that is broken in itself does not spoil the others") {
  CHECK(Json(R"([{"a":NaN},{"b":},{c}, tru])") == Items{R"({"a":NaN})", R"({"b":})", "{c}", "tru"});
}

TEST_CASE("a body whose items cannot be told apart is refused as a whole") {
  CHECK(Refusal("") == "the body is empty");
  CHECK(Refusal(" \n") == "the body is empty");
  CHECK(Refusal("[") == "the body ends too early");
  CHECK(Refusal("[{}") == "the body ends too early");
  CHECK(Refusal("[{},") == "the body ends too early");
  CHECK(Refusal("[{\"a\":1]") == "not JSON at byte 8: brackets do not match");
  CHECK(Refusal("[{\"a\":[}") == "not JSON at byte 8: brackets do not match");
  CHECK(Refusal("[{\"a\":{") == "the body ends too early: brackets are left open");
  CHECK(Refusal("[\"abc") == "not JSON at byte 2: a string without an end");
  CHECK(Refusal("[\"abc\\") == "not JSON at byte 2: a string without an end");
  CHECK(Refusal("[{} {}]") == "not JSON at byte 5: expected ]");
  CHECK(Refusal("[{},]") == "not JSON at byte 5: expected a value");
  CHECK(Refusal("[,{}]") == "not JSON at byte 2: expected a value");
  CHECK(Refusal("[{}]]") == "not JSON at byte 5: nothing may follow the items");
  CHECK(Refusal("[{}] x") == "not JSON at byte 6: nothing may follow the items");
  CHECK(Refusal(R"({"items")") == "the body ends too early");
  CHECK(Refusal(R"({"items" []})") == "not JSON at byte 10: expected :");
  CHECK(Refusal(R"({"items":{}})") == "not JSON at byte 10: expected [");
}

TEST_CASE("another object or a bare value around the items is refused") {
  for (const auto* body : {"{}", "{\"item\":[{}]}", "{\"items\":[{}],\"more\":1}", "{1:[]}", "7",
                           "\"[]\"", "{\"type\":\"user\"}\n{\"type\":\"user\"}"}) {
    CHECK(Refusal(body).starts_with("the body must be an array of items"));
  }
}

TEST_CASE("a batch has from one item to the limit") {
  CHECK(Refusal("[]") == "items: at least one is needed");
  CHECK(Refusal(R"({"items":[ ]})") == "items: at least one is needed");
  CHECK(Refusal("\n\n", BatchFormat::kNdjson) == "items: at least one is needed");
  CHECK(SplitBatch("[1,2,3]", BatchFormat::kJson, 3).size() == 3);
  CHECK(Refusal("[1,2,3,4]", BatchFormat::kJson, 3) == "items: at most 3 in one request");
  CHECK(Refusal("1\n2\n3\n4", BatchFormat::kNdjson, 3) == "items: at most 3 in one request");
}

TEST_CASE("depth costs nothing") {
  const std::string deep =
      "[" + std::string(400'000, '[') + std::string(400'000, ']') + ",{\"a\":1}]";
  CHECK(Json(deep).at(1) == R"({"a":1})");
  CHECK(Refusal(std::string(900'000, '[')) == "the body ends too early: brackets are left open");
  CHECK(Refusal(std::string(900'000, '{')).starts_with("the body must be"));
}

TEST_CASE("whatever the bytes, the answer is items within the body or a refusal") {
  // Bytes that matter to the scanner come often enough to meet in every order.
  constexpr std::string_view kBytes = "[]{}\",:\\ \nitems1\x80";
  std::uint64_t state = 20'260'301;
  const auto next = [&] { return state = state * 6364136223846793005u + 1442695040888963407u; };
  for (int round = 0; round < 20'000; ++round) {
    std::string body = round % 2 == 0 ? "[" : "{\"items\":[";
    for (auto length = (next() >> 33) % 24; length > 0; --length) {
      body += kBytes[(next() >> 33) % kBytes.size()];
    }
    for (const auto format : {BatchFormat::kJson, BatchFormat::kNdjson}) {
      try {
        for (const auto item : SplitBatch(body, format, 1'000)) {
          REQUIRE(!item.empty());
          REQUIRE(item.data() >= body.data());
          REQUIRE(item.data() + item.size() <= body.data() + body.size());
        }
      } catch (const core::InvalidArgument& error) {
        REQUIRE(error.what() != std::string());
      }
    }
  }
}

}  // namespace
}  // namespace accoil::gateway
