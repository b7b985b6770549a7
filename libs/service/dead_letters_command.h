#pragma once

#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace accoil::service {

/// The command `dead-letters` of every program:
///
///   dead-letters list [FILTER…]                     one JSON object for each dead letter
///   dead-letters replay [FILTER…] [--rate N] [--dry-run]
///
/// with the filters --topic, --consumer, --reason, --since and --until. It needs the Kafka settings
/// of the service alone.
class DeadLettersCommand {
 public:
  /// Adds it to the command line; lives as long as that.
  DeadLettersCommand(CLI::App& app, std::string service);
  ~DeadLettersCommand();
  DeadLettersCommand(const DeadLettersCommand&) = delete;
  DeadLettersCommand& operator=(const DeadLettersCommand&) = delete;

  /// Does what was asked for and answers the exit status; nothing when it was not asked.
  std::optional<int> RunIfChosen();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::service
