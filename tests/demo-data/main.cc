#include <cstdint>
#include <exception>
#include <iostream>
#include <string>

#include "CLI/CLI.hpp"
#include "tests/demo-data/demo_files.h"

namespace {

constexpr std::int64_t kMonday20260105 = 1'767'571'200;

}  // namespace

int main(int argc, char** argv) {
  accoil::demo::Plan plan;
  plan.today = kMonday20260105;
  std::string folder;

  CLI::App app{
      "Makes engagement data and a simulated Intercom workspace: the same arguments, the same "
      "bytes."};
  app.add_option("--seed", plan.seed, "Another seed, another demo")->capture_default_str();
  app.add_option("--users", plan.users, "Users of the product")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--accounts", plan.accounts, "Accounts of the product")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--out", folder, "Folder for intercom.ndjson, profiles.json and data.ndjson")
      ->required();
  CLI11_PARSE(app, argc, argv);

  try {
    const auto written = accoil::demo::WriteDemo(plan, folder);
    std::cout << written.items << " items for the gateway, " << written.contacts << " contacts and "
              << written.companies << " companies for Intercom in " << folder << '\n';
  } catch (const std::exception& error) {
    std::cerr << "demo-data: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
