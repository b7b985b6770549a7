#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/tagging-automation/subjects/subject.h"

namespace accoil::postgres {
class Transaction;
}

namespace accoil::tagging {

/// Whom a list with a filter shows: the subjects of a kind that a profile measures, in the segment
/// if one is given and with the condition true if one is given.
struct Selection {
  core::ProductId product;
  SubjectKind kind = SubjectKind::kUser;
  core::ProfileId profile;
  std::string segment;
  std::string condition;
};

/// A slice of a walk over a profile's subjects in the order of their ids.
struct SelectedSlice {
  std::vector<core::SubjectId> subjects;
  /// The last one that was looked at; nothing when the walk is done.
  std::optional<core::SubjectId> after;
};

/// Finds who is in a selection. Any thread.
class Selector {
 public:
  virtual ~Selector() = default;
  /// Throws core::NotFound when the product has no such profile, core::InvalidArgument for a
  /// segment or condition that cannot be right ("filter.condition").
  virtual void Check(postgres::Transaction& tx, const Selection& selection) = 0;
  /// Looks at the next `most` subjects after `after` (from the first, without it). Throws as Check.
  virtual SelectedSlice Select(postgres::Transaction& tx, const Selection& selection,
                               const std::optional<core::SubjectId>& after, int most) = 0;
};

}  // namespace accoil::tagging
