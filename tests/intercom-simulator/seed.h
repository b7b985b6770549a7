#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/intercom-simulator/workspace.h"

namespace accoil::simulator {

/// What a seed puts into a workspace.
struct Seed {
  struct CompanyLine {
    std::string company_id;
    CompanyChanges changes;
  };
  struct ContactLine {
    ContactChanges changes;
    std::vector<std::string> company_ids;
  };
  std::vector<CompanyLine> companies;
  std::vector<ContactLine> contacts;
};

/// Reads lines of JSON: {"type":"company","company_id","name"} and
/// {"type":"contact","role","email",
/// "name","external_id","last_seen_at","companies":[company_id…]}. Throws core::InvalidArgument
/// that names the line.
Seed ReadSeed(std::string_view lines);

/// Puts it in, after what is there or instead of it. The same seed makes the same ids.
void Apply(const Seed& seed, bool append, core::TimePoint now, Workspace& workspace);

}  // namespace accoil::simulator
