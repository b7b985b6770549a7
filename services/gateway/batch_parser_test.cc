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
