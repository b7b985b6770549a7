#pragma once

#include <optional>
#include <set>

#include "services/matcher/contact_reading.h"
#include "services/matcher/workbench.h"

namespace accoil::matcher {

/// What asking for doubted contacts told.
struct Settlement {
  /// Contacts seen since then are there, though search may not show them yet.
  core::TimePoint since;
  /// These are not, though search may show them still.
  std::set<core::ContactId> gone;
};

/// Asks Intercom for the contacts that it notified of: whatever the notifications said, and in
/// whichever order they came, what is there now is what counts. Makes due whomever it concerns.
class DoubtSettling {
 public:
  explicit DoubtSettling(Workbench& bench) : bench_(bench), reading_(bench) {}

  /// Settles every doubt of the workspace that came until now, one call a contact; by reading all
  /// contacts when that takes fewer. Without a doubt it costs no call and answers nothing.
  std::optional<Settlement> Settle();

 private:
  /// Whether reading all contacts takes fewer calls than so many single ones.
  bool PagingIsCheaper(std::int64_t doubts);
  /// Leaves those that the list does not show, to be asked for: it may have moved while it was
  /// read.
  void SettleByPaging();

  Workbench& bench_;
  ContactReading reading_;
};

}  // namespace accoil::matcher
