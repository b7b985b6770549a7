#pragma once

#include "services/matcher/contact_reading.h"
#include "services/matcher/workbench.h"

namespace accoil::matcher {

/// Asks Intercom for the contacts that it notified of: whatever the notifications said, and in
/// whichever order they came, what is there now is what counts. Makes due whomever it concerns.
class DoubtSettling {
 public:
  explicit DoubtSettling(Workbench& bench) : bench_(bench), reading_(bench) {}

  /// Settles every doubt of the workspace, one call a contact; by reading all contacts when that
  /// takes fewer. Costs nothing when there is none. Answers since when contacts were seen by it:
  /// what was seen since then is known though search may not show it yet.
  std::optional<core::TimePoint> Settle();

 private:
  /// Whether reading all contacts takes fewer calls than so many single ones.
  bool PagingIsCheaper(std::int64_t doubts);
  void SettleByPaging();

  Workbench& bench_;
  ContactReading reading_;
};

}  // namespace accoil::matcher
