#include "tests/intercom-simulator/seed.h"

#include "libs/core/errors.h"
#include "tests/intercom-simulator/api_error.h"
#include "tests/intercom-simulator/request_bodies.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

void ReadLine(const json& line, Seed& seed) {
  const auto type = line.value("type", "");
  if (type == "company") {
    auto known = line;
    known.erase("type");
    seed.companies.push_back({RequiredText(line, "company_id"),
                              ReadCompanyChanges(known, DataAttributes(), Settings())});
    return;
  }
  if (type != "contact") throw core::InvalidArgument("type", "must be company or contact");
  Seed::ContactLine contact{ReadContactChanges(line, DataAttributes(), Settings()), {}};
  for (const auto& company : line.value("companies", json::array())) {
    contact.company_ids.push_back(company.get<std::string>());
  }
  seed.contacts.push_back(std::move(contact));
}

}  // namespace

Seed ReadSeed(std::string_view lines) {
  Seed seed;
  std::size_t number = 0;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const auto line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      ReadLine(json::parse(line), seed);
    } catch (const std::exception& error) {
      throw core::InvalidArgument("line " + std::to_string(number), error.what());
    }
  }
  return seed;
}

void Apply(const Seed& seed, bool append, core::TimePoint now, Workspace& workspace) {
  if (!append) workspace.Clear();
  const Moment moment{now, std::chrono::milliseconds(0)};
  for (const auto& line : seed.companies) {
    workspace.CreateOrUpdateCompany(line.company_id, line.changes, moment);
  }
  for (const auto& line : seed.contacts) {
    workspace.SeedContact(line.changes, line.company_ids, moment);
  }
}

}  // namespace accoil::simulator
