#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "services/tagging-automation/subjects/subject.h"
#include "services/tagging-automation/wishes/assignments.h"
#include "services/tagging-automation/wishes/wish.h"

/// What follows from wishes for what is to be done in Intercom. No I/O.
namespace accoil::tagging {

/// Names of tags compare without case, as in Intercom.
std::string TagKeyOf(const std::string& tag);
/// Whose contact or company a target means.
SubjectKind KindOf(TagTarget target);

/// A tag on the contact or company of a subject.
struct TagPlace {
  Subject target;
  std::string tag_key;
  friend auto operator<=>(const TagPlace&, const TagPlace&) = default;
};

/// A rule that gave a tag, because of a subject.
struct Holder {
  RuleId rule;
  Subject subject;
  friend auto operator<=>(const Holder&, const Holder&) = default;
};

/// What is known and to be done about a tag on one target; the row of table delivery.
struct TagState {
  std::string tag;
  std::int64_t operation = 0;
  bool remove = false;
  /// The operation is still to be done.
  bool open = false;
  /// Somebody wants the operation by hand.
  bool hand = false;
  /// The operation that a worker has claimed and may be carrying out.
  std::optional<std::int64_t> claimed;
  bool given = false;
  bool by_hand = false;
  std::set<Holder> holders;
  std::string traceparent;
};

/// Where a subject is in Intercom.
struct MatchState {
  std::optional<core::WorkspaceId> workspace;
  std::optional<std::string> target_id;
  /// Why it is not matched.
  std::string reason;
  /// The subject does not exist any more.
  bool removed = false;
};

/// What wishes meet.
struct TagWorld {
  /// Known places; one that is not there is new.
  std::map<TagPlace, TagState> places;
  /// Of every target; one that is not there is not matched.
  std::map<Subject, MatchState> matches;
};

/// A wish with those whose contacts or companies it is about. For what a rule takes away they are
/// not used: it is taken from where the rule gave it.
struct ResolvedWish {
  Wish wish;
  std::vector<Subject> targets;
  /// When it was first asked for; now, without it.
  std::optional<core::TimePoint> requested_at;
};

struct PlannedAssignment {
  /// Of the resolved wishes.
  std::size_t wish = 0;
  std::optional<Subject> target;
  std::int64_t operation = 0;
  AssignmentState state = AssignmentState::kDue;
  std::string reason;
};

/// What rules wanted and could not be resolved: to be taken back.
struct Unresolved {
  Subject subject;
  SubjectKind target_kind = SubjectKind::kUser;
  std::string tag_key;
  RuleId rule;
};

struct TagPlan {
  /// One for each wish and target, in the order of the wishes.
  std::vector<PlannedAssignment> assignments;
  /// Places as they are afterwards, those alone that were touched.
  std::map<TagPlace, TagState> places;
  /// Open assignments of earlier times at these places end as superseded, up to this operation,
  /// but for the claimed one.
  std::map<TagPlace, std::int64_t> superseded;
  std::vector<std::pair<TagPlace, Holder>> held;
  std::vector<std::pair<TagPlace, Holder>> let_go;
  std::vector<Unresolved> taken_back;
};

/// Carries out wishes in their order, in thought.
TagPlan PlanTags(TagWorld world, std::span<const ResolvedWish> wishes);

}  // namespace accoil::tagging
