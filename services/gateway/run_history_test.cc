#include "services/gateway/run_history.h"

#include <nlohmann/json.hpp>
#include <string>

#include "tests/catch.h"

namespace accoil::gateway {
namespace {

TEST_CASE("runs of matching and of sync stand in one list, the newest first, waiting ones before") {
  matcher::v1::ListRunsResponse matching;
  auto& waiting = *matching.add_runs();
  waiting.set_run_id(9);
  waiting.set_state("waiting");
  auto& matched = *matching.add_runs();
  matched.set_run_id(8);
  matched.set_trigger("scheduled");
  matched.set_state("finished");
  matched.mutable_started_at()->set_seconds(100);
  matched.mutable_finished_at()->set_seconds(101);
  matched.set_users(20);
  matched.set_matched(18);
  matched.set_calls(3);
  matched.set_method("paging");
  traitsync::v1::ListRunsResponse sync;
  auto& sweep = *sync.add_runs();
  sweep.set_run_id(4);
  sweep.set_kind("sweep");
  sweep.set_trigger("requested");
  sweep.set_state("failed");
  sweep.mutable_started_at()->set_seconds(200);
  sweep.set_items(7);
  sweep.set_error("broken");

  const auto history = RunHistory(matching, sync, 10);
  const auto& runs = history["runs"];
  REQUIRE(runs.size() == 3);
  CHECK(runs[0]["run_id"] == 9);
  CHECK(runs[0]["started_at"].is_null());
  CHECK(runs[1].dump() ==
        R"({"kind":"sweep","run_id":4,"trigger":"requested","state":"failed",)"
        R"("started_at":"1970-01-01T00:03:20Z","finished_at":null,"items":7,"matched":null,)"
        R"("calls":0,"method":null,"error":"broken"})");
  CHECK(runs[2].dump() ==
        R"({"kind":"matching","run_id":8,"trigger":"scheduled","state":"finished",)"
        R"("started_at":"1970-01-01T00:01:40Z","finished_at":"1970-01-01T00:01:41Z","items":20,)"
        R"("matched":18,"calls":3,"method":"paging","error":null})");
  CHECK(RunHistory(matching, sync, 2)["runs"].size() == 2);
}

}  // namespace
}  // namespace accoil::gateway
