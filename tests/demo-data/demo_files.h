#pragma once

#include <cstdint>
#include <filesystem>

#include "tests/demo-data/population.h"

namespace accoil::demo {

/// How much was written.
struct Written {
  std::uint64_t companies = 0;
  std::uint64_t contacts = 0;
  std::uint64_t items = 0;
};

/// Writes the demo into a folder, which is made when it is missing:
///
/// - `intercom.ndjson`: companies, then contacts, for the simulator's POST /_simulator/seed;
/// - `profiles.json`: the profiles of the product;
/// - `data.ndjson`: what the product's pipeline sends, as items of the gateway's batch: accounts,
///   users, their measurements, removals.
///
/// The same plan gives the same bytes. Memory grows by 4 bytes an account. Throws
/// std::runtime_error naming the file that cannot be written.
Written WriteDemo(const Plan& plan, const std::filesystem::path& folder);

}  // namespace accoil::demo
