#include "libs/telemetry/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "libs/telemetry/trace.h"

namespace accoil::telemetry {
namespace {

std::string Quoted(std::string_view text) {
  // Bytes that are not UTF-8 are replaced: a log line must stay valid JSON whatever is logged.
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string Rendered(const Field::Value& value) {
  struct Renderer {
    std::string operator()(std::string_view text) const { return Quoted(text); }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return nlohmann::json(number).dump(); }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  };
  return std::visit(Renderer{}, value);
}

}  // namespace

struct Logger::Sink {
  std::string service;
  std::shared_ptr<spdlog::logger> logger;
};

Logger::Logger(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}

Logger::Logger(const std::string& service, const std::string& level)
    : sink_(std::make_shared<Sink>()) {
  sink_->service = Quoted(service);
  sink_->logger =
      std::make_shared<spdlog::logger>(service, std::make_shared<spdlog::sinks::stdout_sink_mt>());
  sink_->logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})", spdlog::pattern_time_type::utc));
  sink_->logger->set_level(spdlog::level::from_str(level));
  sink_->logger->flush_on(spdlog::level::info);
}

Logger Logger::Silent() { return Logger(std::shared_ptr<Sink>()); }

void Logger::Write(int level, std::string_view message, std::initializer_list<Field> fields) const {
  if (!sink_) return;
  const auto spdlog_level = static_cast<spdlog::level::level_enum>(level);
  if (!sink_->logger->should_log(spdlog_level)) return;
  std::string line = "\"service\":" + sink_->service + ",\"message\":" + Quoted(message);
  if (const auto trace = CurrentTrace()) line += ",\"trace_id\":\"" + trace->trace_id + "\"";
  for (const auto& field : fields) {
    line += ',';
    line += Quoted(field.key);
    line += ':';
    line += Rendered(field.value);
  }
  sink_->logger->log(spdlog_level, "{}", line);
}

void Logger::Debug(std::string_view message, std::initializer_list<Field> fields) const {
  Write(spdlog::level::debug, message, fields);
}
void Logger::Step(std::string_view message, std::initializer_list<Field> fields) const {
  const auto trace = CurrentTrace();
  Write(trace && trace->sampled ? spdlog::level::info : spdlog::level::debug, message, fields);
}
void Logger::Info(std::string_view message, std::initializer_list<Field> fields) const {
  Write(spdlog::level::info, message, fields);
}
void Logger::Warn(std::string_view message, std::initializer_list<Field> fields) const {
  Write(spdlog::level::warn, message, fields);
}
void Logger::Error(std::string_view message, std::initializer_list<Field> fields) const {
  Write(spdlog::level::err, message, fields);
}

}  // namespace accoil::telemetry
