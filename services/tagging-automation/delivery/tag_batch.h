#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/intercom/outcome.h"
#include "libs/intercom/types.h"

/// One batch of ids that a tag is given to, or taken from, and finding those that Intercom refuses.
namespace accoil::tagging {

/// Makes one call; nothing when there may be none now.
using TagOutcome = std::optional<intercom::Outcome<intercom::Tag>>;
using TagCall = std::function<TagOutcome(const std::vector<std::string>& ids)>;
using TagProbe = std::function<TagOutcome()>;

/// What became of the ids; one that is in neither done nor refused is still to be tagged.
struct BatchOutcome {
  std::set<std::string> done;
  /// Those that are at fault alone, each with Intercom's reason.
  std::map<std::string, std::string> refused;
  /// Set when Intercom refuses the tag itself, so that no id is at fault.
  std::optional<intercom::Failure> tag_refused;
  /// Set when the batch ended early for another reason; without it, and with something left, no
  /// call could be made.
  std::optional<intercom::Failure> failure;
  int halvings = 0;
};

/// Whether a failure may be the fault of what the call was about.
bool BlamesRequest(const intercom::Failure& failure);

/// Tags all ids in one call. When that is refused, the batch is halved until the ids at fault stand
/// alone. A 404 is about an id; for another refusal the tag alone is asked for first (`probe`), one
/// call more, since a tag that is refused would otherwise be refused for every id alone.
BatchOutcome TagBatch(const std::vector<std::string>& ids, const TagCall& call,
                      const TagProbe& probe);

}  // namespace accoil::tagging
