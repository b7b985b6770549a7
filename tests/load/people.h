#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/events/record.h"

namespace accoil::load {

/// Who the users of trait_changes.h are: identified, matched with a contact each, in two segments.
struct PeoplePlan {
  std::int64_t product = 1;
  std::string profile = "trial";
  /// The users are user-<first> to user-<first + users - 1>.
  int first = 0;
  int users = 10'000;
  /// Only identified, with other names than in any other round.
  bool only_names = false;
  int round = 0;
  std::int64_t version = 1;
};

std::vector<events::OutgoingRecord> MakePeople(const PeoplePlan& plan);

}  // namespace accoil::load
