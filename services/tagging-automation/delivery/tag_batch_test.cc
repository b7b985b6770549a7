#include "services/tagging-automation/delivery/tag_batch.h"

#include "tests/catch.h"

namespace accoil::tagging {
namespace {

using intercom::Failure;
using Outcome = intercom::Outcome<intercom::Tag>;

Failure Fails(Failure::Kind kind, int status) {
  Failure failure;
  failure.kind = kind;
  failure.status = status;
  failure.message = "no";
  return failure;
}

/// Intercom as the cases have it.
struct Stage {
  std::set<std::string> bad;
  Failure answer = Fails(Failure::Kind::kRefused, 400);
  std::optional<Failure> tag_answer;
  int calls = 0;
  int probes = 0;
  int most_calls = 1'000;

  BatchOutcome Run(const std::vector<std::string>& ids) {
    return TagBatch(
        ids,
        [this](const auto& part) -> TagOutcome {
          if (calls == most_calls) return std::nullopt;
          ++calls;
          for (const auto& id : part) {
            if (bad.contains(id) || tag_answer) return Outcome(answer, std::nullopt);
          }
          return Outcome(intercom::Tag{"1", "t"}, std::nullopt);
        },
        [this]() -> TagOutcome {
          ++probes;
          if (tag_answer) return Outcome(*tag_answer, std::nullopt);
          return Outcome(intercom::Tag{"1", "t"}, std::nullopt);
        });
  }
};

std::vector<std::string> Ids(int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) ids.push_back("id" + std::to_string(i));
  return ids;
}

}  // namespace

TEST_CASE("a batch that is right takes one call") {
  Stage stage;
  const auto outcome = stage.Run(Ids(100));
  CHECK(stage.calls == 1);
  CHECK(stage.probes == 0);
  CHECK(outcome.done.size() == 100);
}

TEST_CASE("the bad ids of a batch are found by halving, and the rest is done") {
  for (const int status : {400, 404}) {
    Stage stage;
    stage.answer =
        Fails(status == 404 ? Failure::Kind::kNotFound : Failure::Kind::kRefused, status);
    stage.bad = {"id37", "id99"};
    const auto outcome = stage.Run(Ids(100));
    CHECK(outcome.done.size() == 98);
    REQUIRE(outcome.refused.size() == 2);
    CHECK(outcome.refused.at("id37") == std::to_string(status) + ": no");
    CHECK(outcome.refused.contains("id99"));
    CHECK(stage.calls <= 29);
    // A 404 is never about the name.
    CHECK(stage.probes == (status == 404 ? 0 : 1));
    CHECK_FALSE(outcome.failure);
  }
}

TEST_CASE("a tag that is refused by name costs two calls, not one for every id") {
  Stage stage;
  stage.tag_answer = Fails(Failure::Kind::kRefused, 422);
  const auto outcome = stage.Run(Ids(100));
  CHECK(stage.calls + stage.probes == 2);
  REQUIRE(outcome.tag_refused);
  CHECK(outcome.tag_refused->status == 422);
  CHECK(outcome.refused.empty());
}

TEST_CASE("what is nobody's fault in the batch ends it, and keeps what was done") {
  Stage stage;
  stage.answer = Fails(Failure::Kind::kServer, 503);
  stage.bad = {"id3"};
  const auto outcome = stage.Run(Ids(8));
  REQUIRE(outcome.failure);
  CHECK(outcome.failure->status == 503);
  CHECK(stage.calls == 1);
  stage.answer = Fails(Failure::Kind::kRefused, 403);
  CHECK(stage.Run(Ids(8)).failure->status == 403);
}

TEST_CASE("a batch whose calls run out keeps what was done") {
  Stage stage;
  stage.bad = {"id7"};
  stage.most_calls = 2;
  const auto outcome = stage.Run(Ids(8));
  CHECK(outcome.done.size() == 4);
  CHECK(outcome.refused.empty());
  CHECK_FALSE(outcome.failure);
}

}  // namespace accoil::tagging
