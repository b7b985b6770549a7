#pragma once

#include <string>

#include "services/matcher/account_matching.h"
#include "services/matcher/doubt_settling.h"
#include "services/matcher/user_matching.h"
#include "services/matcher/workbench.h"

namespace accoil::matcher {

/// One piece of work for a claimed product, in this order: what Intercom notified of is asked for;
/// contacts are read, by the cheaper of paging and searching; users are decided; the accounts that
/// this concerns are decided. It is either a run over all users or a round over those that are due.
/// What Intercom notifies of while a long one is under way is answered between its steps.
///
/// All contacts of a workspace are known before the first user is decided, and users are decided
/// some hundred at a time in the order of their ids: so neither contacts nor users are ever held
/// together in memory, and of several contacts with one email the right one is found at once,
/// on whichever pages they stood. What was done is kept step by step; a run that is interrupted
/// goes on from there, here or in another replica.
class MatchingRun {
 public:
  /// `claim` stays the caller's and is given back by him.
  MatchingRun(const Tools& tools, Claim& claim, ContactSource& source)
      : claim_(claim), bench_(tools, claim, source) {
    bench_.LetIn([this] { AnswerNewDoubts(); });
  }
  MatchingRun(const MatchingRun&) = delete;
  MatchingRun& operator=(const MatchingRun&) = delete;

  /// Does the claimed run, or a round when there is none. Throws what stops it: SourceFailed,
  /// Postponed, Superseded.
  void Execute();

  /// What became of it so far.
  std::int64_t users() const { return users_; }
  std::int64_t matched() const { return matched_; }
  std::int64_t accounts() const { return accounts_; }
  const std::string& method() const { return method_; }

 private:
  /// Asks for the contacts that Intercom notified of, and decides whom they concern.
  void AnswerDoubts();
  /// The same between the steps of long work, not too often.
  void AnswerNewDoubts();
  void ExecuteRun(Run& run);
  void PlanRun(Run& run);
  void ReadContacts(Run& run);
  void DecideAllUsers(Run& run);
  /// Looks at due users who were asked for after then. Only a round of its own may page.
  void ExecuteRound(core::TimePoint asked_after, bool may_page,
                    const std::optional<Settlement>& settled = std::nullopt);
  /// Whether the round is better served by reading all contacts; reads them, then.
  bool PageForRound(core::TimePoint asked_after, const WorkspaceFacts& facts,
                    std::optional<core::TimePoint> fresh);
  WorkspaceFacts Facts();
  std::int64_t Searches(std::int64_t users) const;
  void Save(postgres::Transaction& tx, const Run& run);

  Claim& claim_;
  Workbench bench_;
  /// When doubts were last looked for; nothing while they are being answered.
  std::optional<core::TimePoint> doubts_answered_;
  /// Calls of the run before this try.
  std::int64_t calls_before_ = 0;
  std::int64_t users_ = 0;
  std::int64_t matched_ = 0;
  std::int64_t accounts_ = 0;
  std::string method_;
};

}  // namespace accoil::matcher
