#include "tests/intercom-simulator/faults.h"

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;
using std::chrono_literals::operator""s;

const core::TimePoint kNow(1000s);

/// The kind of the fault that a call meets.
std::string Meets(Faults& faults, const std::string& method, const std::string& path,
                  const json& body = nullptr, core::TimePoint now = kNow) {
  const auto fault = faults.Meet({method, path, "ws", body}, now);
  return fault ? fault->name : "none";
}

Faults With(const json& fault, double random = 0) {
  Faults faults([random] { return random; });
  faults.Add(ReadFault(fault, kNow));
  return faults;
}

TEST_CASE("a fault meets the calls of its method, path and workspace") {
  auto faults = With({{"kind", "status-503"}, {"method", "PUT"}, {"path", "/contacts/*"}});
  CHECK(Meets(faults, "PUT", "/contacts/1") == "status-503");
  CHECK(Meets(faults, "GET", "/contacts/1") == "none");
  CHECK(Meets(faults, "PUT", "/companies/1") == "none");
  auto others = With({{"kind", "429"}, {"workspace", "other"}});
  CHECK(Meets(others, "PUT", "/contacts/1") == "none");
}

TEST_CASE("a fault of an attribute meets the calls that write it") {
  auto faults = With({{"kind", "refuse-attribute"}, {"attribute", "bad"}});
  CHECK(Meets(faults, "PUT", "/x", {{"custom_attributes", {{"bad", 1}, {"good", 2}}}}) ==
        "refuse-attribute");
  CHECK(Meets(faults, "PUT", "/x", {{"custom_attributes", {{"good", 2}}}}) == "none");
  CHECK(Meets(faults, "GET", "/x") == "none");
}

TEST_CASE("a fault ends by count, by time and by chance") {
  auto counted = With({{"kind", "slow"}, {"count", 2}});
  CHECK(Meets(counted, "GET", "/") == "slow");
  CHECK(Meets(counted, "GET", "/") == "slow");
  CHECK(Meets(counted, "GET", "/") == "none");
  CHECK(counted.all().begin()->second.played == 2);
  auto timed = With({{"kind", "slow"}, {"duration", "30s"}});
  CHECK(Meets(timed, "GET", "/", nullptr, kNow + 29s) == "slow");
  CHECK(Meets(timed, "GET", "/", nullptr, kNow + 30s) == "none");
  CHECK(timed.all().empty());
  auto likely = With({{"kind", "slow"}, {"probability", 0.5}}, 0.4);
  CHECK(Meets(likely, "GET", "/") == "slow");
  auto unlikely = With({{"kind", "slow"}, {"probability", 0.3}}, 0.4);
  CHECK(Meets(unlikely, "GET", "/") == "none");
}

TEST_CASE("faults are removed one by one") {
  auto faults = With({{"kind", "slow"}});
  CHECK(faults.Remove(1));
  CHECK_FALSE(faults.Remove(1));
  CHECK(Meets(faults, "GET", "/") == "none");
}

TEST_CASE("faults that make no sense are refused") {
  for (const json& fault :
       {json::object(), json{{"kind", "status-418"}}, json{{"kind", "refuse-attribute"}},
        json{{"kind", "slow"}, {"probability", 2}}, json{{"kind", "slow"}, {"count", 0}},
        json{{"kind", "slow"}, {"delay", "long"}}, json{{"kind", "slow"}, {"paht", "/"}},
        json{{"kind", "slow"}, {"done", 1}}, json("slow")}) {
    CAPTURE(fault.dump());
    CHECK_THROWS_AS(ReadFault(fault, kNow), core::InvalidArgument);
  }
}

TEST_CASE("'*' in a pattern stands for any characters") {
  CHECK(FitsPattern("/contacts/1/tags", "/contacts/*/tags"));
  CHECK(FitsPattern("/contacts", "*"));
  CHECK(FitsPattern("", "*"));
  CHECK(FitsPattern("abcabd", "*ab*d"));
  CHECK_FALSE(FitsPattern("/contacts/1", "/contacts"));
  CHECK_FALSE(FitsPattern("/contacts", "/contacts/*"));
}

}  // namespace
}  // namespace accoil::simulator
