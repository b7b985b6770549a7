#include "libs/service/program.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "libs/http/admin_server.h"
#include "tests/catch.h"

namespace accoil::service {
namespace {

/// Keeps what is printed while it lives.
class Printed {
 public:
  explicit Printed(std::ostream& stream) : stream_(stream), before_(stream.rdbuf(text_.rdbuf())) {}
  ~Printed() { stream_.rdbuf(before_); }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostream& stream_;
  std::ostringstream text_;
  std::streambuf* before_;
};

Program Example() {
  return {"example",
          "Shows how.",
          [](core::Environment& environment) {
            environment.Address("ACCOIL_ADMIN_ADDRESS");
            environment.Text("ACCOIL_A", "x");
          },
          [] { return 7; },
          std::nullopt,
          {{"more", "Does more", [] { return 8; }},
           {"fail", "Fails", []() -> int { throw std::runtime_error("no luck"); }}}};
}

int RunWith(const Program& program, std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "accoil-example");
  return Run(program, static_cast<int>(arguments.size()), arguments.data());
}

int RunExample(std::vector<const char*> arguments) {
  return RunWith(Example(), std::move(arguments));
}

}  // namespace

TEST_CASE("a program without a command serves") {
  setenv("ACCOIL_ADMIN_ADDRESS", "127.0.0.1:0", 1);
  CHECK(RunExample({}) == 7);
  CHECK(RunExample({"serve"}) == 7);
  unsetenv("ACCOIL_ADMIN_ADDRESS");
}

TEST_CASE("a setting that is missing and one that nobody knows are told at once, with status 2") {
  const Printed errors(std::cerr);
  setenv("ACCOIL_ADMIN_ADRESS", "127.0.0.1:0", 1);
  CHECK(RunExample({}) == 2);
  unsetenv("ACCOIL_ADMIN_ADRESS");
  CHECK(errors.text() ==
        "ACCOIL_ADMIN_ADDRESS: is required and not set\n"
        "ACCOIL_ADMIN_ADRESS: no such setting; did you mean ACCOIL_ADMIN_ADDRESS?\n");
}

TEST_CASE("a service may have commands of its own") { CHECK(RunExample({"more"}) == 8); }

TEST_CASE("a command that the program does not know is status 2, help is 0") {
  const Printed out(std::cout);
  const Printed errors(std::cerr);
  CHECK(RunExample({"nonsense"}) == 2);
  // Without a database there is nothing to migrate.
  CHECK(RunExample({"migrate"}) == 2);
  CHECK(RunExample({"--help"}) == 0);
  CHECK(out.text().find("healthcheck") != std::string::npos);
}

TEST_CASE("what a command throws is one line and status 1") {
  const Printed errors(std::cerr);
  CHECK(RunExample({"fail"}) == 1);
  CHECK(errors.text() == "accoil-example cannot go on: no luck\n");
}

TEST_CASE("the settings are printed by name, whatever is set") {
  const Printed out(std::cout);
  CHECK(RunExample({"settings"}) == 0);
  CHECK(nlohmann::json::parse(out.text()) == nlohmann::json::parse(R"([
    {"name": "ACCOIL_A", "kind": "text", "required": false, "default": "x"},
    {"name": "ACCOIL_ADMIN_ADDRESS", "kind": "address", "required": true}
  ])"));
}

TEST_CASE("a health check succeeds while the service answers, and no longer") {
  telemetry::Telemetry telemetry("example", "error");
  const Printed errors(std::cerr);
  std::string listening;
  {
    http::AdminServer admin({"127.0.0.1", 0}, telemetry);
    admin.Start();
    // How a container's service listens.
    listening = "0.0.0.0:" + std::to_string(admin.address().port);
    setenv("ACCOIL_ADMIN_ADDRESS", listening.c_str(), 1);
    CHECK(RunExample({"healthcheck"}) == 0);
    admin.Stop();
  }
  CHECK(RunExample({"healthcheck"}) == 1);
  CHECK(errors.text().find("not healthy: ") == 0);
  unsetenv("ACCOIL_ADMIN_ADDRESS");
}

}  // namespace accoil::service
