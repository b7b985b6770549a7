#include "libs/service/program.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "libs/http/client.h"
#include "libs/postgres/database.h"
#include "libs/service/dead_letters_command.h"
#include "libs/service/settings_json.h"
#include "libs/service/unknown_settings.h"

namespace accoil::service {
namespace {

using std::chrono::seconds;

/// The settings that serving reads, without looking at what is set.
std::vector<core::Setting> SettingsOf(const Program& program) {
  core::Environment environment([](const std::string&) { return std::nullopt; });
  program.read_settings(environment);
  return environment.settings();
}

/// Adds to the problems of the environment those of variables that nobody reads.
void ComplainOfUnknown(const Program& program, std::vector<std::string>& problems) {
  const auto unknown = UnknownSettings(ProcessVariables(), SettingsOf(program));
  problems.insert(problems.end(), unknown.begin(), unknown.end());
}

/// Prints the problems; answers the exit status, 0 when there are none.
int Told(const std::vector<std::string>& problems) {
  for (const auto& problem : problems) std::cerr << problem << '\n';
  return problems.empty() ? 0 : 2;
}

int Serve(const Program& program) {
  core::Environment environment;
  program.read_settings(environment);
  auto problems = environment.problems();
  ComplainOfUnknown(program, problems);
  // All at once: what is missing may be what is misspelt.
  if (const auto status = Told(problems)) return status;
  return program.serve();
}

int Migrate(const Program& program) {
  std::vector<std::string> unknown;
  ComplainOfUnknown(program, unknown);
  if (const auto status = Told(unknown)) return status;
  core::Environment environment;
  const auto level =
      environment.Choice("ACCOIL_LOG_LEVEL", "info", {"debug", "info", "warn", "error"});
  const auto config = postgres::DatabaseConfig::FromEnvironment(environment, program.schema->name);
  environment.FinishOrExit();
  telemetry::Telemetry telemetry(program.name, level);
  const postgres::Database database(config, program.schema->migrations, telemetry);
  telemetry.logger().Info("the schema is up to date", {{"schema", program.schema->name}});
  return 0;
}

int PrintSettings(const Program& program) {
  std::cout << SettingsJson(SettingsOf(program)) << std::endl;
  return 0;
}

/// Where a server that listens on every address of this machine is reached.
core::HostPort Reachable(core::HostPort listening) {
  if (listening.host == "0.0.0.0") listening.host = "127.0.0.1";
  if (listening.host == "[::]") listening.host = "[::1]";
  return listening;
}

int CheckHealth() {
  core::Environment environment;
  const auto admin = Reachable(environment.Address("ACCOIL_ADMIN_ADDRESS"));
  environment.FinishOrExit();
  http::Client client({.base_url = "http://" + admin.ToString(), .timeout = seconds(3)});
  const auto reply = client.Send("GET", "/healthz", {}, "");
  if (reply.result == http::Reply::Result::kAnswered && reply.status == 200) return 0;
  std::cerr << "not healthy: "
            << (reply.error.empty() ? "status " + std::to_string(reply.status) : reply.error)
            << std::endl;
  return 1;
}

std::vector<Command> AllCommands(const Program& program) {
  std::vector<Command> commands{{"serve", "Serves until SIGTERM; what it does without a command",
                                 [&program] { return Serve(program); }}};
  if (program.schema) {
    commands.push_back({"migrate", "Brings the schema up to date and ends",
                        [&program] { return Migrate(program); }});
  }
  commands.push_back({"settings", "Prints every setting that serving reads, as JSON",
                      [&program] { return PrintSettings(program); }});
  commands.push_back({"healthcheck",
                      "Asks a running service with the same settings whether it is alive",
                      CheckHealth});
  commands.insert(commands.end(), program.commands.begin(), program.commands.end());
  return commands;
}

}  // namespace

int Run(const Program& program, int argc, const char* const* argv) {
  const auto name = "accoil-" + program.name;
  CLI::App app(program.purpose, name);
  app.require_subcommand(0, 1);
  const auto commands = AllCommands(program);
  for (const auto& command : commands) app.add_subcommand(command.name, command.purpose);
  DeadLettersCommand dead_letters(app, program.name);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    if (const auto status = dead_letters.RunIfChosen()) return *status;
    for (const auto& command : commands) {
      if (app.got_subcommand(command.name)) return command.run();
    }
    return Serve(program);
  } catch (const std::exception& error) {
    std::cerr << name << " cannot go on: " << error.what() << std::endl;
    return 1;
  }
}

}  // namespace accoil::service
