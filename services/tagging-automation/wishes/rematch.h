#pragma once

#include <chrono>
#include <set>
#include <span>

#include "libs/events/batch.h"
#include "services/tagging-automation/subjects/subject.h"

namespace accoil::postgres {
class Transaction;
}

/// What a match means for the tags of its subject.
namespace accoil::tagging {

/// Subjects whose match changed.
struct Rematched {
  /// They have another target, or none any more.
  std::set<Subject> moved;
  /// Those among them who have one.
  std::set<Subject> matched;
};

/// Stores matches that are newer than what is known. The subjects are locked.
Rematched PutMatches(postgres::Transaction& tx,
                     std::span<const events::Received<events::v1::UserMatched>> matches);

/// Points what is to be done for these locked subjects to where they are now: what waited is due
/// after `window`, what was due waits if they are not matched any more, and what failed because
/// their contact or company was gone is tried on the new one.
void FollowMatches(postgres::Transaction& tx, const Rematched& rematched,
                   std::chrono::milliseconds window);

/// Ends what waits for those of the locked subjects who are removed and not matched.
void ExpireRemoved(postgres::Transaction& tx, const std::set<Subject>& subjects);

}  // namespace accoil::tagging
