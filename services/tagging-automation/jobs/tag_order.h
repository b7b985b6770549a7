#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/tagging-automation/jobs/selection.h"
#include "services/tagging-automation/wishes/wish.h"

namespace accoil::tagging {

/// What somebody asks for by hand: a tag for chosen subjects, or for whoever a list's filter shows.
struct TagOrder {
  core::ProductId product;
  std::string tag;
  TagTarget target = TagTarget::kUser;
  bool remove = false;
  SubjectKind kind = SubjectKind::kUser;
  /// 1 to 10,000, or none where there is a filter. One that is named twice counts once.
  std::vector<core::SubjectId> subjects;
  /// Of the order's product and kind.
  std::optional<Selection> filter;
  /// Orders of a product with one key are one order.
  std::string idempotency_key;
  /// Who asks, for the audit; 0 and empty where it is not known.
  std::int64_t api_key_id = 0;
  std::string requested_by;
};

/// Throws core::InvalidArgument with the field of CreateTagJobRequest for whatever can be seen to
/// be wrong without looking at what is stored.
void Check(const TagOrder& order);

/// The SHA-256 of all that an order asks for, whatever the order of its subjects. Who asks with
/// which API key is no part of it, for keys are changed; nor is the idempotency key.
std::string DigestOf(const TagOrder& order);

}  // namespace accoil::tagging
