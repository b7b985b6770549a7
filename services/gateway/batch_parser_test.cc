#include "services/gateway/batch_parser.h"

#include <chrono>
#include <iostream>
#include <string>

#include "services/gateway/batch_frame.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

constexpr std::int64_t kNow = 1'772'366'400'000'000;

ParsedBatch Parse(std::string_view body) {
  return ParseItems(SplitBatch(body, BatchFormat::kJson, 1'000), core::ProductId(7),
                    core::FromMicroseconds(kNow), 100);
}

TEST_CASE("each item of a batch is accepted or refused, by its place") {
  const auto batch = Parse(R"([{"type":"user","user_id":"u"},{"type":"user"},{"type":NaN},
                               {"type":"account","account_id":"a"}])");
  REQUIRE(batch.items.size() == 2);
  CHECK(batch.items[0].index == 0);
  CHECK(batch.items[1].index == 3);
  CHECK(batch.items[1].item.type == ItemType::kAccount);
  REQUIRE(batch.refused.size() == 2);
  CHECK(batch.refused[0].index == 1);
  CHECK(batch.refused[0].problem.field == "user_id");
  CHECK(batch.refused[1].index == 2);
  CHECK(batch.refused[1].problem.field == "type");
}

TEST_CASE("of two items about one fact without a version, the later has the higher one") {
  const auto batch = Parse(R"([{"type":"user","user_id":"u","name":"old"},{},
                               {"type":"user","user_id":"u","name":"new"}])");
  const auto version = [&](std::size_t i) {
    return std::get<events::v1::SubjectIdentified>(batch.items[i].item.event).version();
  };
  CHECK(version(0) == 100);
  CHECK(version(1) == 102);
}

TEST_CASE("whatever is done to a batch, each item is accepted or refused once") {
  const std::vector<std::string> items{
      R"({"type":"user","user_id":"u","email":"a@b.c","account_ids":["a","\u00e9"],"version":3})",
      R"({"type":"account","account_id":"a","name":"A","removed":true})",
      R"({"type":"trait","profile_id":"p","user_id":"u","trait":"S","value":-12.5e3})",
      R"({"type":"segment-entered","profile_id":"p","account_id":"a","segment":"x",)"
      R"("occurred_at":"2026-02-28T23:59:59.123Z"})"};
  using namespace std::string_view_literals;
  constexpr auto kBytes = "{}[]\",:\\u0e9.-+ntf\n\x00\x80\xff\xed\xf4"sv;
  std::uint64_t state = 7;
  const auto below = [&](std::size_t limit) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % limit;
  };
  std::size_t accepted = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string item = items[below(items.size())];
    for (auto changes = below(4); changes > 0; --changes) {
      const auto at = below(item.size());
      const char byte = kBytes[below(kBytes.size())];
      switch (below(3)) {
        case 0:
          item[at] = byte;
          break;
        case 1:
          item.insert(at, 1 + below(3), byte);
          break;
        default:
          item.erase(at, 1 + below(5));
          item += byte;
      }
    }
    const auto batch = ParseItems({item, items[0], std::string_view(item).substr(item.size() / 2)},
                                  core::ProductId(7), core::FromMicroseconds(kNow), 100);
    REQUIRE(batch.items.size() + batch.refused.size() == 3);
    accepted += batch.items.size();
    for (const auto& refusal : batch.refused) REQUIRE(!refusal.problem.problem.empty());
  }
  CHECK(accepted > 30'000);
}

TEST_CASE("measure: items read a second", "[.measure]") {
  std::string body = "[";
  for (int i = 0; i < 1'000; ++i) {
    if (i > 0) body += ',';
    body += R"({"type":"trait","profile_id":"trial-users","user_id":"user-)" + std::to_string(i) +
            R"(","trait":"ActivationRate","value":)" + std::to_string(i % 101) +
            R"(,"occurred_at":"2026-02-28T23:59:59Z"})";
  }
  body += ']';
  constexpr int kRounds = 300;
  std::size_t accepted = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < kRounds; ++round) accepted += Parse(body).items.size();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  CHECK(accepted == 1'000 * kRounds);
  std::cout << static_cast<double>(accepted) / took.count() << " items/s, "
            << static_cast<double>(body.size()) * kRounds / took.count() / 1e6 << " MB/s\n";
}

}  // namespace
}  // namespace accoil::gateway
