#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/core/clock.h"
#include "libs/postgres/database.h"
#include "services/tagging-automation/delivery/tag_metrics.h"
#include "services/tagging-automation/subjects/subject.h"

namespace accoil::tagging {

/// Tags that can go in one call.
struct TagGroup {
  core::WorkspaceId workspace;
  SubjectKind kind = SubjectKind::kUser;
  std::string tag_key;
  bool remove = false;
  friend auto operator<=>(const TagGroup&, const TagGroup&) = default;
};

/// A tag that a worker has.
struct ClaimedTag {
  Subject target;
  std::string tag;
  std::int64_t operation = 0;
  std::string target_id;
  bool hand = false;
  int attempt = 0;
  /// Since when it could be done.
  core::TimePoint since;
  std::string traceparent;
};

/// One call's worth.
struct ClaimedBatch {
  TagGroup group;
  std::vector<ClaimedTag> tags;
};

struct TagClaim {
  std::int64_t token = 0;
  std::vector<ClaimedBatch> batches;
};

/// What became of a claimed tag.
struct TagResult {
  const ClaimedTag* tag = nullptr;
  TagEnd end = TagEnd::kReleased;
  /// Intercom's reason of what is not done.
  std::string reason;
  /// When to try again.
  std::chrono::milliseconds retry_in{0};
};

/// How many of `due` (in the order that they go in; whether each has to go now) make up calls of
/// `batch`: whole ones, and a part only if one of it has to go, for more may join the others.
std::size_t CountReady(const std::vector<bool>& due, std::size_t batch);

/// What is due to Intercom: found, claimed for a while, ended. Any thread.
class DeliveryStore {
 public:
  explicit DeliveryStore(postgres::Database& database) : database_(database) {}

  /// Groups of connected workspaces of which something has to go now, or a whole batch can; by
  /// hand first, then the one that has been due longest.
  std::vector<TagGroup> FindRipe(int batch);

  /// The products that reach the workspace.
  std::vector<core::ProductId> ProductsOf(const core::WorkspaceId& workspace);

  /// Claims up to `most_batches` batches of the groups, which are of one workspace, in their order,
  /// of these products alone. Each target is in a batch once for each product that has it.
  TagClaim Claim(const core::WorkspaceId& workspace, const std::vector<TagGroup>& groups,
                 const std::vector<core::ProductId>& products, int batch, int most_batches,
                 std::chrono::milliseconds claim);

  /// Ends claims: what is done is done and published, what failed is set aside, the rest comes
  /// again. What was asked for meanwhile is due now. Answers how many had been taken over.
  int Complete(std::int64_t token, const TagGroup& group, const std::vector<TagResult>& results);

  /// Ends up to `most` assignments that waited for longer than `wait`; answers how many.
  int ExpireWaiting(std::chrono::milliseconds wait, int most);

  /// Forgets up to `most` ended assignments from `after` on that are older than `history`. Answers
  /// where to go on; nothing when the rest is younger.
  std::optional<std::int64_t> ForgetOld(std::chrono::milliseconds history, std::int64_t after,
                                        int most);

  struct Backlog {
    std::int64_t due = 0;
    std::chrono::milliseconds oldest{0};
    std::int64_t waiting = 0;
  };
  Backlog CountBacklog();

 private:
  postgres::Database& database_;
};

}  // namespace accoil::tagging
