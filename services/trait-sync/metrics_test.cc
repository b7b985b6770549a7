#include "services/trait-sync/metrics.h"

#include "tests/catch.h"

namespace accoil::traitsync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const core::WorkspaceId kWorkspace("ws1");
const DueProduct kProduct{.product = core::ProductId(7), .workspace = kWorkspace};
const core::TimePoint kNow = core::FromMicroseconds(1'734'537'430'000'000);

}  // namespace

TEST_CASE("every metric of a connection is there from its first event on") {
  telemetry::Telemetry telemetry("trait-sync", "error");
  Metrics metrics(telemetry);
  metrics.Delivered(kWorkspace);
  metrics.Failed(kWorkspace, intercom::Failure::Kind::kThrottled);
  metrics.SetAside(kWorkspace, ReasonClass::kTooLong);
  metrics.Fresh(kProduct, Rank::kChange, kNow - milliseconds(2'500), kNow);
  metrics.Fresh(kProduct, Rank::kCatchUp, kNow - seconds(90), kNow);
  const auto exposed = telemetry.metrics().Expose();
  for (const char* line :
       {"accoil_trait_sync_deliveries_total{outcome=\"delivered\",workspace=\"ws1\"} 1",
        "accoil_trait_sync_deliveries_total{outcome=\"throttled\",workspace=\"ws1\"} 1",
        "accoil_trait_sync_deliveries_total{outcome=\"unchanged\",workspace=\"ws1\"} 0",
        "accoil_trait_sync_set_aside_total{reason=\"too_long\",workspace=\"ws1\"} 1",
        "accoil_trait_sync_objective_total{outcome=\"in_time\",workspace=\"ws1\"} 1",
        "accoil_trait_sync_objective_total{outcome=\"late\",workspace=\"ws1\"} 0",
        "accoil_trait_sync_freshness_seconds_count{priority=\"traits\"} 1",
        "accoil_trait_sync_freshness_seconds_count{priority=\"matching\"} 1",
        "accoil_trait_sync_due_deliveries{workspace=\"ws1\"} 0",
        "accoil_trait_sync_unknown_profile_events_total 0"}) {
    CAPTURE(line);
    CHECK(exposed.find(line) != std::string::npos);
  }
}

TEST_CASE("a change is late only when its workspace had calls for longer than is promised") {
  telemetry::Telemetry telemetry("trait-sync", "error");
  Metrics metrics(telemetry);
  const auto counted = [&](const std::string& outcome) {
    const auto exposed = telemetry.metrics().Expose();
    const auto line =
        "accoil_trait_sync_objective_total{outcome=\"" + outcome + "\",workspace=\"ws1\"} ";
    const auto at = exposed.find(line);
    return at == std::string::npos ? 0 : std::stoi(exposed.substr(at + line.size()));
  };
  metrics.Fresh(kProduct, Rank::kChange, kNow - kFreshnessObjective, kNow);
  CHECK(counted("in_time") == 1);
  metrics.Fresh(kProduct, Rank::kChange, kNow - seconds(61), kNow);
  CHECK(counted("late") == 1);

  metrics.HeldUp(kProduct.product, kNow);
  metrics.Fresh(kProduct, Rank::kChange, kNow - seconds(300), kNow + seconds(59));
  CHECK(counted("held_up") == 1);
  metrics.Fresh(kProduct, Rank::kChange, kNow - seconds(300), kNow + seconds(61));
  CHECK(counted("late") == 2);
  metrics.HeldUp(core::ProductId(8), kNow + seconds(61));
  metrics.Fresh(kProduct, Rank::kChange, kNow - seconds(300), kNow + seconds(61));
  CHECK(counted("late") == 3);
}

TEST_CASE("a workspace that is not connected any more has no backlog") {
  telemetry::Telemetry telemetry("trait-sync", "error");
  Metrics metrics(telemetry);
  const auto exposes = [&](const std::string& line) {
    return telemetry.metrics().Expose().find(line + "\n") != std::string::npos;
  };
  metrics.SetBacklog({{kWorkspace, {5, seconds(90)}}});
  CHECK(exposes("accoil_trait_sync_due_deliveries{workspace=\"ws1\"} 5"));
  CHECK(exposes("accoil_trait_sync_oldest_due_seconds{workspace=\"ws1\"} 90"));
  metrics.SetBacklog({});
  CHECK(exposes("accoil_trait_sync_due_deliveries{workspace=\"ws1\"} 0"));
  CHECK(exposes("accoil_trait_sync_oldest_due_seconds{workspace=\"ws1\"} 0"));
}

}  // namespace accoil::traitsync
