#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "accoil/connections/v1/connections.pb.h"
#include "accoil/matcher/v1/matcher.pb.h"
#include "accoil/tagging/v1/tagging.pb.h"
#include "accoil/traitsync/v1/traitsync.pb.h"
#include "services/gateway/said.h"

/// Everything that is wrong with a product, each kind of it once, whichever service knows of it.
/// Pure.
namespace accoil::gateway {

struct Problem {
  struct Example {
    events::v1::SubjectKind kind = events::v1::SUBJECT_KIND_UNSPECIFIED;
    std::string subject_id;
    /// Empty when it is the problem's.
    std::string reason;
  };
  /// Stays the same while the problem exists: connection.STATE, match.KIND.DECISION, sync.KEY,
  /// tagging.KEY or service.NAME.
  std::string id;
  /// What sort of problem it is: the last part of the id, or its class where it has a KEY.
  std::string kind;
  std::string reason;
  /// Users or accounts concerned; 0 where it is about a connection, an attribute or a profile.
  std::int64_t count = 0;
  std::vector<Example> examples;
  std::string remedy;
  std::optional<google::protobuf::Timestamp> since;
  /// When it is tried again by itself.
  std::optional<google::protobuf::Timestamp> retry_at;
  /// Whether RetryOf answers what can be done again.
  bool retryable = false;
};

/// What the services say of a product.
struct Complaints {
  /// Nothing said: never connected.
  Said<connections::v1::Connection> connection;
  Said<matcher::v1::ListProblemsResponse> matching;
  Said<traitsync::v1::ListProblemsResponse> sync;
  Said<tagging::v1::ListProblemsResponse> tagging;
};

/// Those of the connection first, then services that do not answer, then the largest.
std::vector<Problem> AllProblems(const Complaints& complaints);

/// One page of `problems`: at most `limit` of those that come after `cursor`, and the cursor of the
/// next page, empty on the last. Problems that come, go or grow between two pages may be missed or
/// seen twice; the others are not. Throws core::InvalidArgument when the cursor is none of ours.
struct ProblemPage {
  std::vector<Problem> problems;
  std::string next_cursor;
};
ProblemPage PageOf(const std::vector<Problem>& problems, const std::string& cursor,
                   std::size_t limit);

/// What trying a problem again means.
struct RetryOfMatch {
  events::v1::SubjectKind kind;
  events::v1::MatchDecision decision;
};
struct RetryOfSync {
  std::string key;
};
struct RetryOfTagging {
  std::string key;
};
/// Throws core::NotFound when no problem can have this id, and core::FailedPrecondition, saying
/// what to do instead, when it is one that cannot be tried again.
std::variant<RetryOfMatch, RetryOfSync, RetryOfTagging> RetryOf(std::string_view id);

}  // namespace accoil::gateway
