#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "services/matcher/workbench.h"

namespace accoil::matcher {

/// Brings what is known of a workspace's contacts up to date, and makes due whomever a change of
/// them concerns.
class ContactReading {
 public:
  explicit ContactReading(Workbench& bench) : bench_(bench) {}

  /// How far reading all contacts has come.
  struct Progress {
    /// When the first page was read; what was seen since is what there is.
    core::TimePoint since;
    /// Of the next page; empty before the first and after the last.
    std::string cursor;
    bool complete = false;
    /// Pages still to read, as the last one told.
    std::int64_t pages_left = 0;
  };
  /// Called after each page, in the transaction that keeps it: keeps `progress` for a later try.
  using Keep = std::function<void(postgres::Transaction& tx, const Progress& progress)>;
  /// Called between pages; false ends the reading early.
  using GoOn = std::function<bool(const Progress& progress)>;

  /// Reads page after page from `progress` on. Answers whether all were read.
  bool ReadAll(Progress& progress, const Keep& keep, const GoOn& go_on);

  /// Searches contacts whose `field` (email, external_id) is one of `values`, in batches. Answers
  /// the values that were found.
  std::vector<std::string> Search(const std::string& field, const std::vector<std::string>& values);

  /// Asks for contacts one by one: those that are gone are forgotten.
  void Confirm(const std::vector<core::ContactId>& ids);

  /// As Confirm, for some contacts that Intercom notified of, and makes due whoever may have or
  /// have had them; the doubts are settled with it. Answers those that are gone.
  std::vector<core::ContactId> Ask(const std::vector<Doubt>& doubts);

 private:
  struct Answers {
    std::vector<intercom::Contact> there;
    std::vector<core::ContactId> gone;
  };
  Answers ReadSingly(std::span<const core::ContactId> ids);
  void Take(postgres::Transaction& tx, const std::vector<intercom::Contact>& contacts,
            bool whole_workspace);

  Workbench& bench_;
};

}  // namespace accoil::matcher
