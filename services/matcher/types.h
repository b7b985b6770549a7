#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "accoil/events/v1/events.pb.h"
#include "libs/core/clock.h"
#include "libs/core/ids.h"
#include "libs/intercom/types.h"

/// The words of matching.
namespace accoil::matcher {

using Decision = events::v1::MatchDecision;
using Kind = events::v1::SubjectKind;

/// Identity of a user or an account.
struct SubjectKey {
  core::ProductId product;
  Kind kind = Kind::USER;
  core::SubjectId id;
  friend auto operator<=>(const SubjectKey&, const SubjectKey&) = default;
};

/// A user or an account as the product states it.
struct Subject {
  SubjectKey key;
  std::int64_t version = 0;
  bool removed = false;
  /// Normalized; empty when there is none.
  std::string email;
  std::string name;
  std::vector<core::SubjectId> accounts;
};

/// A product's connection to its workspace.
struct Connection {
  core::ProductId product;
  std::int64_t version = 0;
  core::WorkspaceId workspace;
  bool connected = false;
  bool match_by_external_id = false;
};

/// What is decided of a subject.
struct Verdict {
  core::SubjectId subject;
  Decision decision = Decision::MATCH_DECISION_UNSPECIFIED;
  /// The contact or company; empty when not matched.
  std::string target;
  /// The contact or company that it would have: the target, or the one that another has.
  std::string wanted;
  /// The decision in words, for people.
  std::string reason;
};

/// What was decided of a subject so far.
struct Standing {
  core::WorkspaceId workspace;
  std::string target;
  Decision decision = Decision::MATCH_DECISION_UNSPECIFIED;
  std::string reason;
};

/// A user as matching meets it.
struct User {
  core::SubjectId id;
  std::string email;
  bool removed = false;
  std::optional<Standing> standing;
};

/// What a workspace is known to hold; everything may be unknown.
struct WorkspaceFacts {
  std::optional<std::int64_t> contacts;
  std::optional<std::int64_t> companies;
  std::optional<std::int64_t> companies_per_page;
  /// When the last complete reading of all contacts, of all companies, began.
  std::optional<core::TimePoint> paged_at;
  std::optional<core::TimePoint> listed_at;
  /// Searches and single company reads of the last while.
  std::int64_t searches = 0;
  std::int64_t company_reads = 0;
};

}  // namespace accoil::matcher
