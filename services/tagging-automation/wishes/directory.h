#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "libs/events/batch.h"
#include "services/tagging-automation/subjects/subject.h"
#include "services/tagging-automation/wishes/wish.h"

namespace accoil::postgres {
class Transaction;
}

namespace accoil::tagging {

class Wishes;

/// What a batch of facts changed in the directory; subjects once each, in order.
struct DirectoryChanges {
  /// Users and accounts that the product told of for the first time, ever.
  std::vector<Subject> appeared;
  /// Those known before whose name, email or accounts are others now, or who were removed or have
  /// come back.
  std::vector<Subject> changed;
  /// Among `changed`: those who do not exist any more.
  std::vector<Subject> removed;
  /// Products whose connection to a workspace is another now, or gone.
  std::vector<core::ProductId> connections;
};

/// Who is who: users and accounts by subject-identified (table subject), where they are in
/// Intercom by user-matched, and which workspaces are reached by connection-changed. Facts merge by
/// their versions. What waits for one of them goes on in the same transaction. No state of its own;
/// any thread. `wishes` outlives it.
class Directory {
 public:
  struct Listeners {
    /// Something may be due sooner than it is looked for.
    std::function<void()> due;
    std::function<void(core::ProductId)> connection_changed;
  };

  explicit Directory(Wishes& wishes) : wishes_(wishes) {}
  /// `listeners` are told once the transaction has committed.
  Directory(Wishes& wishes, Listeners listeners)
      : wishes_(wishes), listeners_(std::move(listeners)) {}

  /// Applies the batch's facts; to be called first in the transaction of the consumer, so that
  /// rows are locked in one order.
  DirectoryChanges Apply(postgres::Transaction& tx, const events::Batch& batch);

  /// Those of the subjects for whom a tag with this target could be given at once: they, or one of
  /// the accounts or users that it would go to, are matched.
  static std::set<core::SubjectId> Reachable(postgres::Transaction& tx, core::ProductId product,
                                             SubjectKind kind, TagTarget target,
                                             std::span<const core::SubjectId> subjects);

  /// The names of the subjects that have one.
  static std::map<core::SubjectId, std::string> Names(postgres::Transaction& tx,
                                                      core::ProductId product, SubjectKind kind,
                                                      std::span<const core::SubjectId> subjects);

 private:
  Wishes& wishes_;
  Listeners listeners_;
};

}  // namespace accoil::tagging
