#include "libs/service/dead_letters_command.h"

#include <google/protobuf/util/time_util.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "libs/core/environment.h"
#include "libs/core/rfc3339.h"
#include "libs/events/dead_letters.h"
#include "libs/events/event.h"

namespace accoil::service {
namespace {

constexpr int kHighestRate = 10'000;

/// A moment: a duration before now (2h) or an RFC 3339 date-time.
std::optional<core::TimePoint> Moment(const std::string& text) {
  if (const auto ago = core::ParseDuration(text)) return std::chrono::system_clock::now() - *ago;
  if (const auto date = core::ParseDate(text)) return core::ToTimePoint(*date);
  return std::nullopt;
}

std::string CheckMoment(const std::string& text) {
  return Moment(text) ? "" : text + " is neither a duration such as 2h nor an RFC 3339 date-time";
}

/// A letter without its record's value, which is a customer's data.
std::string Line(const events::v1::DeadLetter& letter) {
  const nlohmann::json line{
      {"failed_at", google::protobuf::util::TimeUtil::ToString(letter.failed_at())},
      {"consumer", letter.consumer()},
      {"topic", letter.topic()},
      {"partition", letter.partition()},
      {"offset", letter.offset()},
      {"key", letter.key()},
      {"bytes", letter.value().size()},
      {"reason", letter.reason()}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

struct DeadLettersCommand::Implementation {
  void AddFilters(CLI::App& command) {
    command.add_option("--topic", filter.topic, "Where the records stood, without the prefix");
    command.add_option("--consumer", filter.consumer, "The service that gave up on them");
    command.add_option("--reason", filter.reason, "A part of the reason");
    command
        .add_option("--since", since, "When they failed: 2h for two hours ago, or an RFC 3339 time")
        ->check(CheckMoment);
    command.add_option("--until", until, "The same, not included")->check(CheckMoment);
  }

  int Run() {
    core::Environment environment;
    const auto config = events::KafkaConfig::FromEnvironment(environment);
    environment.FinishOrExit();
    if (!since.empty()) filter.since = Moment(since);
    if (!until.empty()) filter.until = Moment(until);
    telemetry::Telemetry telemetry(service, "error");
    events::DeadLetters letters(config, telemetry);
    if (list->parsed()) {
      letters.List(filter, [](const auto& letter) { std::cout << Line(letter) << '\n'; });
      std::cout << std::flush;
      return 0;
    }
    const auto outcome = letters.Replay(filter, options);
    std::cout << outcome.replayed << (options.dry_run ? " would be replayed" : " replayed") << "; "
              << outcome.repeated << " letters of the same records, " << outcome.superseded
              << " superseded by a newer record of their key, " << outcome.failed_again
              << " replayed before and failed again, " << outcome.impossible
              << " that cannot be replayed" << std::endl;
    return 0;
  }

  std::string service;
  CLI::App* list = nullptr;
  CLI::App* replay = nullptr;
  events::DeadLetterFilter filter;
  std::string since;
  std::string until;
  events::DeadLetters::ReplayOptions options;
};

DeadLettersCommand::DeadLettersCommand(CLI::App& app, std::string service)
    : implementation_(std::make_unique<Implementation>()) {
  auto& own = *implementation_;
  own.service = std::move(service);
  auto* command = app.add_subcommand("dead-letters",
                                     "Lists records that could not be read or "
                                     "applied, or produces them again");
  command->require_subcommand(1);
  own.list = command->add_subcommand("list", "Prints one JSON object for each, without its value");
  own.AddFilters(*own.list);
  own.replay = command->add_subcommand(
      "replay", "Produces their records again; what was applied already changes nothing");
  own.AddFilters(*own.replay);
  own.replay->add_option("--rate", own.options.rate, "Records a second; 100 unless told")
      ->check(CLI::Range(1, kHighestRate));
  own.replay->add_flag("--dry-run", own.options.dry_run, "Only tells what would be done");
}

DeadLettersCommand::~DeadLettersCommand() = default;

std::optional<int> DeadLettersCommand::RunIfChosen() {
  if (!implementation_->list->parsed() && !implementation_->replay->parsed()) return std::nullopt;
  return implementation_->Run();
}

}  // namespace accoil::service
