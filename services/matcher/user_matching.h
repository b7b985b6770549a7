#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/matcher/contact_reading.h"
#include "services/matcher/doubt_settling.h"
#include "services/matcher/workbench.h"

namespace accoil::matcher {

/// Finds the contacts of users and decides, some hundred users at a time.
class UserMatching {
 public:
  /// What is asked of Intercom, and what of the users who are not found.
  struct Policy {
    /// A complete reading of all contacts began then, and is to be believed.
    std::optional<core::TimePoint> paged_at;
    /// Whether users whom that reading does not answer are searched. If not, those who came or
    /// changed after it are left to be looked at on their own.
    bool search = true;
    /// What Intercom notified of was asked for.
    std::optional<Settlement> settled;
    /// Whether users who were not due are looked at again when no contact was found.
    bool look_again = false;
  };
  struct Counts {
    std::int64_t users = 0;
    std::int64_t matched = 0;
  };

  UserMatching(Workbench& bench, Policy policy)
      : bench_(bench),
        policy_(policy),
        reading_(bench),
        confirmations_left_(bench.config().confirmations) {}

  /// Looks at these users, at most some thousand. `and_then` runs in the transaction that decides.
  Counts Process(const std::vector<UserTask>& tasks,
                 const std::function<void(postgres::Transaction&, const Counts&)>& and_then);

 private:
  struct Look;

  /// Searches those whom what is known does not answer, and asks for contacts that should have been
  /// come across and were not.
  void Ask(Look& look);
  /// Searches the contacts of these, and asks for those that Intercom notified of and search does
  /// not show.
  void SearchFor(std::vector<const User*> users);
  Counts Decide(postgres::Transaction& tx, const Look& look);
  /// Writes and tells what changed, and makes due whomever it concerns.
  void Write(postgres::Transaction& tx, const std::vector<User>& users,
             const std::vector<Verdict>& verdicts);
  /// The traceparents of those whose request is followed; once it is committed their traces are
  /// told of the decision.
  std::map<core::SubjectId, std::string> TakeTraces(postgres::Transaction& tx,
                                                    const std::vector<Verdict>& verdicts);
  void Settle(postgres::Transaction& tx, const Look& look, const std::vector<Verdict>& verdicts);

  Workbench& bench_;
  Policy policy_;
  ContactReading reading_;
  /// Contacts that this work may still ask for one by one.
  int confirmations_left_;
};

}  // namespace accoil::matcher
