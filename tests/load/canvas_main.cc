#include <fmt/format.h>
#include <openssl/hmac.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "libs/core/hex.h"
#include "tests/load/canvas_facts.h"
#include "tests/load/fixed_canvas.h"
#include "tests/load/http_load.h"

namespace {

using namespace accoil;  // NOLINT(google-build-using-namespace): a program of one file

struct Arguments {
  std::string host = "127.0.0.1";
  std::uint16_t port = 28080;
  std::string secret;
  double rate = 500;
  int seconds = 30;
  int connections = 128;
  /// How often live and fixed canvases are measured, in turn.
  int rounds = 3;
  /// Where the figures go, too; empty: nowhere.
  std::string json;
  load::CanvasPlan plan;
};

std::string Sign(const std::string& secret, const std::string& body) {
  std::array<unsigned char, 32> digest{};
  unsigned int length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &length);
  return core::ToHex({reinterpret_cast<const char*>(digest.data()), length});
}

/// Of a teammate and a user: the conversation is opened, or a tab is clicked in it.
std::string CanvasRequest(const Arguments& arguments, std::uint64_t conversation,
                          std::optional<std::string_view> tab) {
  // Another user each time, far apart, so that no processor's cache has just had the next one.
  constexpr std::uint64_t kStride = 7'919;
  constexpr std::uint64_t kTeammates = 50;
  const auto user =
      static_cast<int>(conversation * kStride % static_cast<std::uint64_t>(arguments.plan.users));
  std::string body = fmt::format(
      R"({{"workspace_id":"{}","workspace_region":"US","admin":{{"id":"{}"}},)"
      R"("context":{{"location":"conversation","locale":"en"}},)"
      R"("contact":{{"id":"{}","role":"user","companies":{{"type":"list","data":[]}}}})",
      arguments.plan.workspace, conversation % kTeammates, load::ContactOf(user));
  if (tab) {
    body += fmt::format(
        R"(,"component_id":"tab","input_values":{{"tab":"{}"}},)"
        R"("current_canvas":{{"stored_data":{{"tab":"summary","profile":"","account":0,"page":0}}}})",
        *tab);
  }
  body += "}";
  return fmt::format(
      "POST /intercom/canvas/{} HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\n"
      "X-Body-Signature: {}\r\nContent-Length: {}\r\n\r\n{}",
      tab ? "submit" : "initialize", Sign(arguments.secret, body), body.size(), body);
}

/// What support does all day: a teammate opens a conversation, then clicks a tab in it; the next
/// one is with somebody else.
std::string DayRequest(const Arguments& arguments, std::uint64_t number) {
  constexpr std::array<std::string_view, 4> kTabs{"summary", "account", "user", "info"};
  const auto conversation = number / 2;
  return CanvasRequest(
      arguments, conversation,
      number % 2 == 0 ? std::nullopt : std::optional(kTabs[conversation % kTabs.size()]));
}

/// Whether a canvas shows the data of who was asked about, not a text instead of it: the chooser of
/// profiles stands on each tab, and so does the score, as a value or as a definition.
bool ShowsData(std::string_view body) {
  return body.find(R"("switch-profile")") != std::string_view::npos &&
         body.find(R"("Score")") != std::string_view::npos;
}

double Milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1'000;
}

void Report(const std::string& what, const load::LoadResult& result) {
  std::cout << fmt::format(
                   "{:<40} {:>9.0f}/s  p50 {:>7.2f} ms  p99 {:>7.2f} ms  max {:>7.2f} ms  "
                   "{} errors\n",
                   what, result.per_second(), Milliseconds(result.At(0.5)),
                   Milliseconds(result.At(0.99)), Milliseconds(result.At(1)), result.errors)
            << std::flush;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int Measure(const Arguments& arguments) {
  const load::LoadPlan plan{.host = arguments.host,
                            .port = arguments.port,
                            .connections = arguments.connections,
                            .duration = std::chrono::seconds(arguments.seconds)};
  const auto canvas = [&](std::uint64_t number) { return DayRequest(arguments, number); };
  // Everybody once. One of the answers is for the limit to answer with.
  std::mutex mutex;
  std::string ordinary;
  auto opening = plan;
  opening.duration = std::chrono::minutes(10);
  opening.requests = static_cast<std::uint64_t>(arguments.plan.users);
  const auto opened = load::Run(
      opening, [&](std::uint64_t number) { return CanvasRequest(arguments, number, std::nullopt); },
      [&](std::string_view body) {
        if (!ShowsData(body)) return false;
        const std::lock_guard lock(mutex);
        if (ordinary.empty()) ordinary = body;
        return true;
      });
  Report("everybody's canvas, for the first time", opened);

  auto paced = plan;
  paced.rate = arguments.rate;
  const auto at_rate = load::Run(paced, canvas, ShowsData);
  Report(fmt::format("canvas at {:.0f}/s", arguments.rate), at_rate);
  const load::FixedCanvas fixed(arguments.secret, ordinary);
  std::uint64_t errors = opened.errors + at_rate.errors;
  std::vector<double> live;
  std::vector<double> limits;
  std::vector<double> ratios;
  for (int round = 0; round < arguments.rounds; ++round) {
    auto full = plan;
    full.duration = std::chrono::seconds(5);
    const auto most = load::Run(full, canvas, ShowsData);
    Report("canvas, as fast as it goes", most);
    full.port = fixed.address().port;
    const auto limit = load::Run(full, canvas, ShowsData);
    Report("the same requests, a fixed canvas", limit);
    live.push_back(most.per_second());
    limits.push_back(limit.per_second());
    ratios.push_back(most.per_second() / limit.per_second());
    errors += most.errors + limit.errors;
  }
  // For orientation: the least that the listener answers, without a body or a signature.
  auto least = plan;
  least.duration = std::chrono::seconds(3);
  const auto nothing = load::Run(
      least, [](std::uint64_t) { return std::string("GET / HTTP/1.1\r\nHost: load\r\n\r\n"); },
      [](std::string_view) { return true; });
  Report("the same listener, GET /", nothing);
  std::cout << fmt::format("throughput against the fixed canvas, median of {}: {:.2f}\n",
                           ratios.size(), Median(ratios));
  if (!arguments.json.empty()) {
    std::ofstream(arguments.json) << nlohmann::json{{"first_per_second", opened.per_second()},
                                                    {"live_per_second", Median(live)},
                                                    {"fixed_per_second", Median(limits)},
                                                    {"ratio", Median(ratios)},
                                                    {"paced_per_second", at_rate.per_second()},
                                                    {"paced_p50_ms", Milliseconds(at_rate.At(0.5))},
                                                    {"paced_p99_ms",
                                                     Milliseconds(at_rate.At(0.99))},
                                                    {"errors", errors}}
                                         .dump(2)
                                  << "\n";
  }
  return errors == 0 ? 0 : 1;
}

int Seed(const Arguments& arguments) {
  core::Environment environment;
  const auto kafka = events::KafkaConfig::FromEnvironment(environment);
  environment.FinishOrExit();
  telemetry::Telemetry telemetry("canvas-load", "warn");
  std::cout << load::TellFacts(arguments.plan, kafka, telemetry) << " facts told\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Load on the Inbox's canvases; tests/load/canvas starts all that it needs.",
               "canvas-load");
  app.require_subcommand(1);
  const auto* seed = app.add_subcommand("seed", "Tells widget of everybody, through Kafka");
  auto* measure = app.add_subcommand("measure", "Sends requests and prints a table");
  measure->add_option("--host", arguments.host)->capture_default_str();
  measure->add_option("--port", arguments.port)->required();
  measure->add_option("--secret", arguments.secret, "The app's client secret")
      ->envname("ACCOIL_LOAD_CLIENT_SECRET")
      ->required();
  measure->add_option("--rate", arguments.rate)->capture_default_str();
  measure->add_option("--seconds", arguments.seconds)->capture_default_str();
  measure->add_option("--connections", arguments.connections)->capture_default_str();
  measure->add_option("--rounds", arguments.rounds)
      ->capture_default_str()
      ->check(CLI::Range(1, 99));
  measure->add_option("--json", arguments.json, "Writes the figures to this file, too");
  for (auto* command : app.get_subcommands({})) {
    command->add_option("--users", arguments.plan.users)->capture_default_str();
    command->add_option("--accounts", arguments.plan.accounts)->capture_default_str();
  }
  CLI11_PARSE(app, argc, argv);
  try {
    return seed->parsed() ? Seed(arguments) : Measure(arguments);
  } catch (const std::exception& error) {
    std::cerr << "canvas-load: " << error.what() << "\n";
    return 1;
  }
}
