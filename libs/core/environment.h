#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accoil::core {

/// Where a server listens or is found.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
  std::string ToString() const { return host + ":" + std::to_string(port); }
};

/// A setting that was asked for.
struct Setting {
  std::string name;
  /// text, secret, integer, boolean, duration, address or choice.
  std::string kind;
  /// As it would be written in the variable; nothing when the setting is required.
  std::optional<std::string> fallback;
};

/// Reads a service's settings from environment variables. Every setting is read through one of
/// these methods; what is unset or malformed is gathered, so that Finish can name all of it at
/// once.
///
///   Environment environment;
///   config.window = environment.Duration("ACCOIL_TRAIT_WINDOW", 2s, 0s, 1min);
///   environment.FinishOrExit();
class Environment {
 public:
  using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

  /// Reads the process's environment.
  Environment();
  explicit Environment(Lookup lookup);

  /// Required text, not empty.
  std::string Text(const std::string& name);
  /// Text with a default.
  std::string Text(const std::string& name, std::string_view fallback);
  /// A required secret: the variable `name`, or the file that the variable `name`_FILE names (a
  /// mounted secret), without one newline at its end. Its value is never part of a message, nor is
  /// the file's name, in whose place the secret itself may stand by mistake.
  std::string Secret(const std::string& name);
  /// A secret with a default.
  std::string Secret(const std::string& name, std::string_view fallback);
  /// A whole number within [lowest, highest].
  std::int64_t Integer(const std::string& name, std::int64_t fallback, std::int64_t lowest,
                       std::int64_t highest);
  /// true or false.
  bool Boolean(const std::string& name, bool fallback);
  /// A number with a unit: 250ms, 2s, 5min, 6h.
  std::chrono::milliseconds Duration(const std::string& name, std::chrono::milliseconds fallback,
                                     std::chrono::milliseconds lowest,
                                     std::chrono::milliseconds highest);
  /// host:port, required. Port 0 asks for a free one where it is listened on.
  HostPort Address(const std::string& name);
  /// One of the choices.
  std::string Choice(const std::string& name, std::string_view fallback,
                     const std::vector<std::string>& choices);

  /// Records a problem that was found elsewhere, for example a key that cannot be decoded.
  void Complain(const std::string& name, const std::string& problem);
  /// One line a problem; empty when all is well.
  const std::vector<std::string>& problems() const { return problems_; }
  /// Everything that was asked for, each once, in the order of asking.
  const std::vector<Setting>& settings() const { return settings_; }
  /// Prints every problem on standard error, one line each, and exits with status 2 if there are
  /// any.
  void FinishOrExit() const;

 private:
  std::optional<std::string> Find(const std::string& name);
  /// Keeps that the setting was asked for; of several calls for one name the first counts.
  void Note(const std::string& name, const char* kind, std::optional<std::string> fallback);
  /// The secret, empty where it is malformed; nothing when neither variable is set.
  std::optional<std::string> FindSecret(const std::string& name);

  Lookup lookup_;
  std::vector<std::string> problems_;
  std::vector<Setting> settings_;
};

/// Parses "250ms", "2s", "5min", "6h"; nothing when it is none of these.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

/// Writes a duration in the largest unit that it is a whole number of, for ParseDuration.
std::string DurationText(std::chrono::milliseconds duration);

}  // namespace accoil::core
