#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace accoil::telemetry {

/// One named value of a log line. The view must live until the call returns.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, double, bool>;

  Field(std::string_view key, std::string_view value) : key(key), value(value) {}
  Field(std::string_view key, const std::string& value)
      : key(key), value(std::string_view(value)) {}
  Field(std::string_view key, const char* value) : key(key), value(std::string_view(value)) {}
  Field(std::string_view key, bool value) : key(key), value(value) {}
  Field(std::string_view key, double value) : key(key), value(value) {}
  template <typename Integer>
  requires std::is_integral_v<Integer> Field(std::string_view key, Integer value)
      : key(key), value(static_cast<std::int64_t>(value)) {}

  std::string_view key;
  Value value;
};

/// Writes one JSON object a line on standard output: time, level, service, message, the current
/// trace id if there is one, then the fields. A copy is a handle on the same sink; any thread may
/// log. Never give it a token, nor an email above debug.
class Logger {
 public:
  /// `level` is one of debug, info, warn, error.
  Logger(const std::string& service, const std::string& level);
  /// A logger that drops everything, for tests.
  static Logger Silent();

  void Debug(std::string_view message, std::initializer_list<Field> fields = {}) const;
  void Info(std::string_view message, std::initializer_list<Field> fields = {}) const;
  void Warn(std::string_view message, std::initializer_list<Field> fields = {}) const;
  void Error(std::string_view message, std::initializer_list<Field> fields = {}) const;
  /// A step on the way of a piece of work, so that its trace can be followed through the services:
  /// info when the current trace is sampled, else debug. As careful with emails as at info.
  void Step(std::string_view message, std::initializer_list<Field> fields = {}) const;

 private:
  struct Sink;
  explicit Logger(std::shared_ptr<Sink> sink);
  void Write(int level, std::string_view message, std::initializer_list<Field> fields) const;

  std::shared_ptr<Sink> sink_;
};

}  // namespace accoil::telemetry
