#pragma once

#include "services/trait-sync/delivery_round.h"

namespace accoil::traitsync {

/// One pass over the contacts and companies that subjects of a product have left: takes away what
/// was delivered there, by one call each, unless another subject has the target by now; then that
/// one writes all of its own, which covers it. Lives for one Run, on its dispatcher's thread.
class ClearingRound {
 public:
  ClearingRound(RoundTools& tools, const DueProduct& product) : tools_(tools), product_(product) {}

  /// As DeliveryRound::Run.
  RoundResult Run(int most);

 private:
  /// What a target that was left holds.
  struct Left {
    /// To be written.
    intercom::AttributeValues nulls;
    std::vector<std::string> archived;
  };
  Left Find(const FormerTarget& target, const std::vector<Profile>& profiles) const;
  /// After Intercom refused to clear some attributes: those that have been archived meanwhile are
  /// to be cleared when they are brought back.
  void RememberArchived(SubjectKind kind, const std::map<std::string, std::string>& refused,
                        FormerCompletion& completion);
  void Clear(Workspace& workspace, intercom::Permits& permits, const FormerTarget& target,
             const intercom::AttributeValues& nulls, FormerCompletion& completion);

  RoundTools& tools_;
  const DueProduct& product_;
  RoundResult result_;
  int failures_in_a_row_ = 0;
};

}  // namespace accoil::traitsync
