#include "libs/telemetry/telemetry.h"

#include "tests/catch.h"

namespace accoil::telemetry {

TEST_CASE("metrics are exposed in Prometheus' text format with help and labels") {
  Telemetry telemetry("matcher", "error");
  auto counter = telemetry.metrics().MakeCounter("accoil_test_things_total",
                                                 "Things that happened.", {{"kind", "good"}});
  counter.Increment();
  telemetry.metrics()
      .MakeCounter("accoil_test_things_total", "Things that happened.", {{"kind", "good"}})
      .Increment(2);
  const auto text = telemetry.metrics().Expose();
  CHECK(text.find("# HELP accoil_test_things_total Things that happened.") != std::string::npos);
  CHECK(text.find("accoil_test_things_total{kind=\"good\"} 3") != std::string::npos);
  CHECK(text.find("accoil_build_info{service=\"matcher\"") != std::string::npos);
}

}  // namespace accoil::telemetry
