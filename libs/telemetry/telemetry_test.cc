#include "libs/telemetry/telemetry.h"

#include <fstream>

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
  CHECK(text.find("service=\"matcher\",version=\"") != std::string::npos);
}

TEST_CASE("what the process uses is among the metrics, as it is now") {
  Telemetry telemetry("matcher", "error");
  const auto value_of = [&](const std::string& name) {
    const auto text = telemetry.Expose();
    const auto at = text.find("\n" + name + " ");
    REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + name.size() + 2));
  };
  CHECK(value_of("process_resident_memory_bytes") > 1'000'000);
  CHECK(value_of("process_threads") >= 1);
  CHECK(value_of("process_max_fds") > 0);
  CHECK(value_of("process_start_time_seconds") > 1'700'000'000);
  CHECK(value_of("process_cpu_seconds_total") >= 0);
  const auto before = value_of("process_open_fds");
  const std::ifstream file("/dev/null");
  REQUIRE(file.is_open());
  CHECK(value_of("process_open_fds") == before + 1);
}

}  // namespace accoil::telemetry
