#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "libs/events/event.h"
#include "tests/load/bare_upsert.h"
#include "tests/load/people.h"
#include "tests/load/raw_producer.h"
#include "tests/load/trait_changes.h"

namespace {

using namespace accoil;  // NOLINT(google-build-using-namespace): a program of one file

/// Processor seconds of this process, so that what it measures is free of others' load.
double ProcessorSeconds() {
  std::timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

void Print(std::size_t records, std::chrono::duration<double> took, double processor) {
  std::cout << nlohmann::json{{"records", records},
                              {"seconds", took.count()},
                              {"processor_seconds", processor}}
            << "\n";
}

/// To Kafka, as the gateway writes them.
int Produce(const std::vector<events::OutgoingRecord>& records) {
  core::Environment environment;
  const auto kafka = events::KafkaConfig::FromEnvironment(environment);
  environment.FinishOrExit();
  const auto before = ProcessorSeconds();
  const auto took = load::ProduceRaw(kafka, records);
  Print(records.size(), took, ProcessorSeconds() - before);
  return 0;
}

std::vector<events::OutgoingRecord> ToRecords(const load::ChangePlan& plan) {
  std::vector<events::OutgoingRecord> records;
  for (const auto& change : load::MakeChanges(plan)) records.push_back(events::ToRecord(change));
  return records;
}

/// As lines of a batch for the gateway, which makes the same records of them.
int Items(const load::ChangePlan& plan) {
  for (const auto& change : load::MakeChanges(plan)) {
    std::cout << nlohmann::json{{"type", "trait"},
                                {"user_id", change.subject().subject_id()},
                                {"profile_id", change.profile_id()},
                                {"trait", change.trait()},
                                {"value", change.value().number_value()},
                                {"version", change.version()}}
              << "\n";
  }
  return 0;
}

int Upsert(const load::ChangePlan& plan, const load::UpsertPlan& upsert) {
  telemetry::Telemetry telemetry("suite-load", "warn");
  const auto changes = load::MakeChanges(plan);
  const auto before = ProcessorSeconds();
  const auto [took, server] = load::UpsertBare(upsert, changes, telemetry);
  Print(changes.size(), took, ProcessorSeconds() - before + server.count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  load::ChangePlan plan;
  load::UpsertPlan upsert;
  load::PeoplePlan people;
  CLI::App app("Changes of traits, written as fast as they go; tests/load/run calls it.",
               "suite-load");
  app.require_subcommand(1);
  auto* produce = app.add_subcommand("produce", "To Kafka, with nothing but its producer");
  auto* who = app.add_subcommand("people", "To Kafka, who the users are");
  auto* items = app.add_subcommand("items", "To standard output, as the gateway's batches");
  auto* bare = app.add_subcommand("upsert", "To a table, with nothing but an upsert");
  for (auto* command : {produce, items, bare}) {
    command->add_option("--product", plan.product)->required();
    command->add_option("--profile", plan.profile)->capture_default_str();
    command->add_option("--traits", plan.traits)->delimiter(',')->capture_default_str();
    command->add_option("--users", plan.users)->required()->check(CLI::PositiveNumber);
    command->add_option("--changes", plan.changes)->required()->check(CLI::PositiveNumber);
    command->add_option("--round", plan.round)->required();
    command->add_option("--version", plan.version)->required();
  }
  who->add_option("--product", people.product)->required();
  who->add_option("--profile", people.profile)->capture_default_str();
  who->add_option("--first", people.first)->capture_default_str();
  who->add_option("--users", people.users)->required()->check(CLI::PositiveNumber);
  who->add_flag("--only-names", people.only_names);
  who->add_option("--round", people.round)->capture_default_str();
  who->add_option("--version", people.version)->required();
  bare->add_option("--url", upsert.url)->envname("ACCOIL_LOAD_POSTGRES_URL")->required();
  bare->add_option("--schema", upsert.schema)->required();
  bare->add_option("--batch", upsert.batch)->capture_default_str()->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    if (produce->parsed()) return Produce(ToRecords(plan));
    if (who->parsed()) return Produce(load::MakePeople(people));
    return items->parsed() ? Items(plan) : Upsert(plan, upsert);
  } catch (const std::exception& error) {
    std::cerr << "suite-load: " << error.what() << "\n";
    return 1;
  }
}
