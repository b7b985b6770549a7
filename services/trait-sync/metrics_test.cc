#include "services/trait-sync/metrics.h"

#include "tests/catch.h"

namespace accoil::traitsync {

TEST_CASE("every metric of the service has its name and help") {
  telemetry::Telemetry telemetry("trait-sync", "error");
  Metrics metrics(telemetry);
  metrics.Delivered();
  metrics.Failed(intercom::Failure::Kind::kThrottled);
  metrics.SetAside(ReasonClass::kTooLong);
  metrics.Fresh(std::chrono::milliseconds(2'500));
  const auto exposed = telemetry.metrics().Expose();
  for (const char* line :
       {"accoil_trait_sync_deliveries_total{outcome=\"delivered\"} 1",
        "accoil_trait_sync_deliveries_total{outcome=\"throttled\"} 1",
        "accoil_trait_sync_deliveries_total{outcome=\"unchanged\"} 0",
        "accoil_trait_sync_set_aside_total{reason=\"too_long\"} 1",
        "accoil_trait_sync_freshness_seconds_count 1", "accoil_trait_sync_due_deliveries 0",
        "accoil_trait_sync_unknown_profile_events_total 0"}) {
    CAPTURE(line);
    CHECK(exposed.find(line) != std::string::npos);
  }
}

}  // namespace accoil::traitsync
