#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libs/core/environment.h"
#include "libs/postgres/migrations.h"

namespace accoil::service {

/// The schema of a service that has one.
struct Schema {
  /// For example traitsync.
  std::string name;
  /// Every list that its Database is given, in the same order.
  std::vector<std::vector<postgres::Migration>> migrations;
};

/// One more thing that a service's program can be asked to do.
struct Command {
  std::string name;
  /// One sentence, for --help.
  std::string purpose;
  /// Answers the exit status.
  std::function<int()> run;
};

/// What a service's program, accoil-NAME, can be asked to do on its command line:
///
///   (nothing), serve   serves until SIGTERM; or names every setting that is unset, malformed or
///                      unknown, one line each, and ends with status 2
///   migrate            brings the schema up to date, as serving does when it starts, and ends; for
///                      a deployment that wants to know before it replaces a replica
///   settings           prints every setting that serving reads, as JSON
///   healthcheck        asks a running service with the same settings whether it is alive
///   dead-letters       lists or replays dead letters (DeadLettersCommand)
struct Program {
  /// The service's name as in its folder, for example trait-sync.
  std::string name;
  /// One sentence, for --help.
  std::string purpose;
  /// Reads all settings that serving reads, and complains of none that is unset to anybody but the
  /// environment.
  std::function<void(core::Environment&)> read_settings;
  /// Serves; answers the exit status.
  std::function<int()> serve;
  /// Without one there is no `migrate`.
  std::optional<Schema> schema;
  /// The service's own.
  std::vector<Command> commands;
};

/// Does what the command line says and answers the exit status: 2 for a command line that is not
/// understood. What a command throws is one line on standard error and 1.
int Run(const Program& program, int argc, const char* const* argv);

}  // namespace accoil::service
