#pragma once

#include <cstdint>
#include <string>

#include "libs/core/ids.h"
#include "libs/postgres/database.h"

/// The history of sweeps and clean-ups, for the statements of this service that are part of one.
namespace accoil::traitsync {

/// How many runs of a product are kept.
inline constexpr int kMostRuns = 100;

/// What a run did.
struct RunOutcome {
  /// Subjects looked at, or attributes archived.
  std::int64_t items = 0;
  /// Calls to Intercom.
  std::int64_t calls = 0;
  /// What went wrong; empty when all went well.
  std::string error;
};

/// Begins a run of the kind (sweep or clean_up) and answers its id; the oldest beyond the limit are
/// forgotten.
std::int64_t BeginRun(postgres::Transaction& tx, core::ProductId product, const std::string& kind,
                      const std::string& trigger);

/// Ends it, unless it has ended: what it did is added to what was noted while it went on.
void FinishRun(postgres::Transaction& tx, std::int64_t run, const RunOutcome& outcome);

}  // namespace accoil::traitsync
