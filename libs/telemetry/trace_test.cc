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
  CHECK_FALSE(ParseTraceparent("00-" + id + "-" + parent + "-0x"));
}

TEST_CASE("whether a trace is sampled goes along") {
  const std::string ids = "00-" + std::string(32, 'a') + "-" + std::string(16, 'b');
  CHECK(ParseTraceparent(ids + "-01")->sampled);
  CHECK(ParseTraceparent(ids + "-03")->sampled);
  CHECK_FALSE(ParseTraceparent(ids + "-00")->sampled);
  CHECK(ToTraceparent(*ParseTraceparent(ids + "-00")) == ids + "-00");
  CHECK(ToTraceparent(*ParseTraceparent(ids + "-01")) == ids + "-01");
}

TEST_CASE("the next participant has the trace's id and a parent id of its own") {
  const auto trace = NewTrace(false);
  const auto next = Continued(trace);
  CHECK(next.trace_id == trace.trace_id);
  CHECK(next.parent_id != trace.parent_id);
  CHECK_FALSE(next.sampled);
}

TEST_CASE("work that becomes many pieces is not sampled any more") {
  CHECK_FALSE(TraceForEach(1));
  const TraceScope scope(NewTrace());
  CHECK(TraceForEach(20)->sampled);
  CHECK_FALSE(TraceForEach(21)->sampled);
  CHECK(TraceForEach(21)->trace_id == CurrentTrace()->trace_id);
}

TEST_CASE("a few traces a second are sampled, however many begin") {
  Sampler sampler(2);
  const std::chrono::steady_clock::time_point start(std::chrono::hours(1));
  const auto sampled_at = [&](std::chrono::milliseconds at) {
    int sampled = 0;
    for (int i = 0; i < 100; ++i) sampled += sampler.Sample(start + at) ? 1 : 0;
    return sampled;
  };
  CHECK(sampled_at(std::chrono::milliseconds(0)) == 2);
  CHECK(sampled_at(std::chrono::milliseconds(999)) == 0);
  CHECK(sampled_at(std::chrono::milliseconds(1'000)) == 2);
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
