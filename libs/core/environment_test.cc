#include "libs/core/environment.h"

#include "tests/catch.h"

namespace accoil::core {
namespace {

using std::chrono::milliseconds;

Environment Of(std::map<std::string, std::string> variables) {
  return Environment([variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

}  // namespace

TEST_CASE("durations have a unit") {
  CHECK(ParseDuration("250ms") == milliseconds(250));
  CHECK(ParseDuration("2s") == milliseconds(2'000));
  CHECK(ParseDuration("5min") == milliseconds(300'000));
  CHECK(ParseDuration("6h") == milliseconds(21'600'000));
  for (const char* wrong : {"", "2", "s", "2 s", "-2s", "2m", "1.5s", "99999999999999999999h"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseDuration(wrong));
  }
}

TEST_CASE("every unset or malformed variable is named in a line of its own") {
  auto environment = Of({{"A", ""}, {"B", "many"}, {"C", "99"}, {"D", "soon"}, {"E", "nowhere"}});
  environment.Text("A");
  environment.Integer("B", 1, 0, 10);
  environment.Integer("C", 1, 0, 10);
  environment.Duration("D", milliseconds(1), milliseconds(0), milliseconds(10));
  environment.Address("E");
  environment.Choice("F", "x", {"x", "y"});
  CHECK(environment.problems() ==
        std::vector<std::string>{
            "A: is required and not set", "B: must be a whole number from 0 to 10, not \"many\"",
            "C: must be a whole number from 0 to 10, not \"99\"",
            "D: must be a duration such as 250ms, 2s, 5min or 6h from 0ms to 10ms, not \"soon\"",
            "E: must be host:port, not \"nowhere\""});
}

TEST_CASE("a set variable is read, an unset one has its default") {
  auto environment = Of({{"PORT", "[::1]:8080"}, {"FLAG", "true"}, {"N", "7"}});
  const auto address = environment.Address("PORT");
  CHECK(address.host == "[::1]");
  CHECK(address.port == 8080);
  CHECK(environment.Boolean("FLAG", false));
  CHECK(environment.Integer("N", 1, 0, 10) == 7);
  CHECK(environment.Integer("M", 1, 0, 10) == 1);
  CHECK(environment.Text("T", "fallback") == "fallback");
  CHECK(environment.problems().empty());
}

TEST_CASE("a secret's value is in no message") {
  auto environment = Of({});
  environment.Secret("TOKEN");
  CHECK(environment.problems() == std::vector<std::string>{"TOKEN: is required and not set"});
}

}  // namespace accoil::core
