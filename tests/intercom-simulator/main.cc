#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "libs/core/run.h"
#include "libs/http/server.h"
#include "tests/intercom-simulator/api.h"
#include "tests/intercom-simulator/control.h"
#include "tests/intercom-simulator/inbox.h"
#include "tests/intercom-simulator/oauth.h"
#include "tests/intercom-simulator/seed.h"
#include "tests/intercom-simulator/webhook_sender.h"

namespace {

using namespace accoil;

constexpr const char* kAbout =
    "Stands in for Intercom (REST API 2.14) in the local set-up and in tests.\n"
    "State is in memory. What happened, settings, seeds and faults: /_simulator/, see README.md.\n";
constexpr const char* kExample =
    "Example:\n"
    "  intercom-simulator --address 127.0.0.1:24000 --seed intercom.ndjson --token demo\n"
    "  curl -H 'Authorization: Bearer demo' -H 'Intercom-Version: 2.14' \\\n"
    "    http://127.0.0.1:24000/me\n";

struct Arguments {
  std::string address = "127.0.0.1:24000";
  std::string workspace = "demo-ws";
  std::vector<std::string> tokens = {"simulator-token"};
  std::string seed;
  int limit = 1666;
  simulator::App app;
  std::string redirect_uri;
  std::string log_level = "info";
};

core::HostPort ParseAddress(const std::string& text) {
  core::Environment environment([&](const std::string&) { return text; });
  const auto address = environment.Address("--address");
  environment.FinishOrExit();
  return address;
}

void LoadSeed(const std::string& path, simulator::Simulation& simulation) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::stringstream lines;
  lines << file.rdbuf();
  const auto seed = simulator::ReadSeed(lines.str());
  const auto tenant = simulation.tenants().Find("");
  const std::lock_guard lock(tenant->mutex);
  simulator::Apply(seed, false, simulation.Now(), tenant->workspace);
}

/// Not an option: what is on a command line can be read by everybody on the machine.
std::string ClientSecret(const std::string& fallback) {
  const char* secret = std::getenv("ACCOIL_SIMULATOR_CLIENT_SECRET");
  return secret != nullptr && *secret != '\0' ? secret : fallback;
}

/// Lets go of calls that a fault holds, so that the server can finish them.
class Releaser final : public core::Part {
 public:
  explicit Releaser(simulator::Simulation& simulation) : simulation_(simulation) {}
  void Start() override {}
  void Stop() override { simulation_.Release(); }

 private:
  simulator::Simulation& simulation_;
};

int Run(const Arguments& arguments) {
  telemetry::Telemetry telemetry("intercom-simulator", arguments.log_level);
  const core::SystemClock clock;
  simulator::Settings settings;
  settings.limit = arguments.limit;
  simulator::Simulation simulation(settings,
                                   {.id_code = arguments.workspace,
                                    .name = "Demo workspace",
                                    .tokens = {arguments.tokens.begin(), arguments.tokens.end()},
                                    .limit = {}},
                                   arguments.app, clock, core::SystemRandom());
  if (!arguments.seed.empty()) LoadSeed(arguments.seed, simulation);

  const auto address = ParseAddress(arguments.address);
  // Calls that wait for latency or a fault occupy a thread each.
  http::Server server({.address = address,
                       .request_timeout = std::chrono::minutes(1),
                       .threads = simulator::Simulation::kMostHeld + 64,
                       .queue_limit = 4096,
                       // A whole workspace is seeded, and read, at once.
                       .memory_limit = std::size_t{4} << 30,
                       .sampled_a_second = 0},
                      "intercom-simulator", telemetry);
  simulator::Api api(simulation);
  api.AddRoutes(server);
  simulator::Control control(simulation);
  control.AddRoutes(server);
  simulator::OAuth oauth(simulation);
  oauth.AddRoutes(server);
  simulator::Inbox inbox(simulation);
  inbox.AddRoutes(server);
  simulator::WebhookSender sender(simulation);
  Releaser releaser(simulation);
  telemetry.logger().Info("the Intercom simulator starts", {{"address", address.ToString()}});
  return core::RunUntilSignalled(std::chrono::milliseconds(0), sender, server, releaser);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(kAbout, "intercom-simulator");
  app.footer(kExample);
  app.add_option("--address", arguments.address, "Where to listen, host:port")
      ->envname("ACCOIL_SIMULATOR_ADDRESS")
      ->capture_default_str();
  app.add_option("--workspace", arguments.workspace,
                 "The id_code of the workspace; another one makes other ids")
      ->envname("ACCOIL_SIMULATOR_WORKSPACE_ID")
      ->capture_default_str();
  app.add_option("--token", arguments.tokens, "An access token of the workspace; may be repeated")
      ->envname("ACCOIL_SIMULATOR_TOKEN")
      ->capture_default_str();
  app.add_option("--seed", arguments.seed, "A file of contacts and companies to begin with, NDJSON")
      ->check(CLI::ExistingFile);
  app.add_option("--limit", arguments.limit, "Calls that a 10-second window allows")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--client-id", arguments.app.client_id, "The client id of the app")
      ->envname("ACCOIL_SIMULATOR_CLIENT_ID")
      ->capture_default_str();
  app.add_option("--redirect-uri", arguments.redirect_uri,
                 "Where OAuth leads back to the app; its client secret is taken from "
                 "ACCOIL_SIMULATOR_CLIENT_SECRET")
      ->envname("ACCOIL_SIMULATOR_REDIRECT_URI");
  app.add_option("--webhook-url", arguments.app.webhook_url, "Where the app is sent webhooks")
      ->envname("ACCOIL_SIMULATOR_WEBHOOK_URL");
  app.add_option("--uninstall-url", arguments.app.uninstall_url,
                 "What is told of the app's uninstalls besides")
      ->envname("ACCOIL_SIMULATOR_UNINSTALL_URL");
  app.add_option("--canvas-url", arguments.app.canvas_url,
                 "Where the app answers for the Inbox; /initialize and /submit come after it")
      ->envname("ACCOIL_SIMULATOR_CANVAS_URL");
  app.add_option("--log-level", arguments.log_level, "debug, info, warn or error")
      ->envname("ACCOIL_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  arguments.app.client_secret = ClientSecret(arguments.app.client_secret);
  if (!arguments.redirect_uri.empty()) arguments.app.redirect_uris = {arguments.redirect_uri};
  try {
    return Run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "intercom-simulator: " << error.what() << "\n";
    return 1;
  }
}
