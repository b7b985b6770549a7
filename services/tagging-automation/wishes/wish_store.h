#pragma once

#include <chrono>
#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "services/tagging-automation/wishes/tag_plan.h"

namespace accoil::postgres {
class Transaction;
}

/// The SQL of taking wishes over, each function one statement or two. Rows are locked in one
/// order: subjects before deliveries before assignments, each in key order.
namespace accoil::tagging {

/// Makes the subjects' rows if they are missing, and locks them until the transaction ends: their
/// accounts, their match and what is to be done for them then change by nobody else.
void LockSubjects(postgres::Transaction& tx, const std::set<Subject>& subjects);

/// The accounts of users, and the users of accounts, that are known.
std::map<Subject, std::vector<Subject>> FindOthers(postgres::Transaction& tx,
                                                   const std::set<Subject>& subjects);

/// Where rules hold a tag because of a subject.
struct HolderQuery {
  Holder holder;
  SubjectKind target_kind = SubjectKind::kUser;
  std::string tag_key;
};
std::set<TagPlace> FindHeld(postgres::Transaction& tx, const std::vector<HolderQuery>& queries);

/// Where locked subjects are in Intercom.
std::map<Subject, MatchState> FindMatches(postgres::Transaction& tx,
                                          const std::set<Subject>& subjects);

/// Locks and reads those of the places that are known, with who holds the tag there.
std::map<TagPlace, TagState> LockPlaces(postgres::Transaction& tx,
                                        const std::set<TagPlace>& places);

/// Writes what was planned. `matches` as planned with; what begins to be due goes after `window`.
void WritePlan(postgres::Transaction& tx, const TagPlan& plan, std::span<const ResolvedWish> wishes,
               const std::map<Subject, MatchState>& matches, std::chrono::milliseconds window);

/// Takes away assignments of these subjects that wait for somebody to be known, and answers them as
/// wishes in their order.
std::vector<ResolvedWish> TakeUnresolved(postgres::Transaction& tx,
                                         std::span<const Subject> subjects);

/// Assignments at these locked places have ended: where nobody wants anything any more nothing is
/// to be done, and where only rules do it is no longer by hand. What a worker has is left to it.
void CloseUnwanted(postgres::Transaction& tx, const std::set<TagPlace>& places);

}  // namespace accoil::tagging
