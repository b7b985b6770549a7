#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "accoil/events/v1/events.pb.h"

namespace accoil::load {

/// A round of changes of users' traits. The same plan is the same changes, in every program that
/// measures something with them.
struct ChangePlan {
  std::int64_t product = 1;
  std::string profile = "trial";
  std::vector<std::string> traits{"Score"};
  /// The users are user-0 to user-<users - 1>.
  int users = 10'000;
  int changes = 10'000;
  /// Each round brings each trait another value, and begins at another user.
  int round = 0;
  /// Above that of any round before.
  std::int64_t version = 1;
};

/// The changes, in an order in which neighbours are far apart, as Kafka has them; no user comes
/// twice before all came once.
std::vector<events::v1::TraitChanged> MakeChanges(const ChangePlan& plan);

}  // namespace accoil::load
