#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/tagging-automation/subjects/subject.h"

namespace accoil::postgres {
class Transaction;
}

namespace accoil::tagging {

/// Where a tag goes; numbered as accoil.tagging.v1.TagTarget.
enum class TagTarget : std::int16_t {
  /// The user's contact; of an account, the contacts of all its users.
  kUser = 1,
  /// The account's company; of a user, the companies of the accounts that they belong to.
  kCompany = 2,
};

/// Who wants a tag: a rule or a job, never both.
struct Cause {
  std::optional<RuleId> rule;
  std::optional<JobId> job;
  friend bool operator==(const Cause&, const Cause&) = default;
};

/// That a tag is to be given to, or taken from, whom a subject stands for in Intercom.
struct Wish {
  Subject subject;
  TagTarget target = TagTarget::kUser;
  std::string tag;
  bool remove = false;
  Cause cause;
  /// W3C trace context of what caused it; empty when there is none.
  std::string traceparent;
};

/// Takes wishes over, in the transaction of what causes them: from then on they are carried out
/// once each, or set aside with a reason, whatever dies. One of a subject that is not matched yet
/// waits. Removing what a rule gave is dropped where another rule that gave it still holds it, and
/// takes back what only waits. Wishes of one call are carried out as if in their order.
class WishTaker {
 public:
  virtual ~WishTaker() = default;
  virtual void Take(postgres::Transaction& tx, std::span<const Wish> wishes) = 0;
  /// The rule is gone: what it gave stays, what waits or is due because of it alone is dropped.
  virtual void Forget(postgres::Transaction& tx, core::ProductId product, RuleId rule) = 0;
};

}  // namespace accoil::tagging
