#include "libs/telemetry/trace.h"

#include "tests/catch.h"

namespace accoil::telemetry {

TEST_CASE("a traceparent comes back as it went out") {
  const auto trace = NewTrace();
  const auto parsed = ParseTraceparent(ToTraceparent(trace));
  REQUIRE(parsed);
  CHECK(parsed->trace_id == trace.trace_id);
  CHECK(parsed->parent_id == trace.parent_id);
}

TEST_CASE("malformed traceparents are passed over") {
  const std::string id(32, 'a');
  const std::string parent(16, 'b');
  CHECK(ParseTraceparent("00-" + id + "-" + parent + "-01"));
  CHECK(ParseTraceparent("01-" + id + "-" + parent + "-01-more"));
  CHECK_FALSE(ParseTraceparent(""));
  CHECK_FALSE(ParseTraceparent("00-" + id + "-" + parent + "-01-more"));
  CHECK_FALSE(ParseTraceparent("ff-" + id + "-" + parent + "-01"));
  CHECK_FALSE(ParseTraceparent("00-" + std::string(32, '0') + "-" + parent + "-01"));
  CHECK_FALSE(ParseTraceparent("00-" + std::string(32, 'A') + "-" + parent + "-01"));
  CHECK_FALSE(ParseTraceparent("00-" + id + "-" + std::string(16, '0') + "-01"));
}

TEST_CASE("a scope's trace is current until the scope ends") {
  CHECK_FALSE(CurrentTrace());
  {
    const TraceScope outer(Trace{std::string(32, 'a'), std::string(16, 'a')});
    {
      const TraceScope inner(Trace{std::string(32, 'b'), std::string(16, 'b')});
      CHECK(CurrentTrace()->trace_id == std::string(32, 'b'));
    }
    CHECK(CurrentTrace()->trace_id == std::string(32, 'a'));
  }
  CHECK_FALSE(CurrentTrace());
}

}  // namespace accoil::telemetry
