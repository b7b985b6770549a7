#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "libs/core/clock.h"
#include "libs/core/ids.h"
#include "services/tagging-automation/subjects/subject.h"
#include "services/tagging-automation/wishes/wish.h"

namespace accoil::tagging {

// When a rule fires; see Trigger in tagging.proto.

struct EntersSegment {
  std::string segment;
  friend bool operator==(const EntersSegment&, const EntersSegment&) = default;
};
struct ActivationMilestone {
  double rate = 0;
  friend bool operator==(const ActivationMilestone&, const ActivationMilestone&) = default;
};
struct ScoreChange {
  bool rises = false;
  double by = 0;
  std::chrono::hours within{0};
  friend bool operator==(const ScoreChange&, const ScoreChange&) = default;
};
struct NewSubject {
  friend bool operator==(const NewSubject&, const NewSubject&) = default;
};
struct Custom {
  std::string condition;
  friend bool operator==(const Custom&, const Custom&) = default;
};
using Trigger = std::variant<EntersSegment, ActivationMilestone, ScoreChange, NewSubject, Custom>;

/// For metrics and logs: enters_segment, activation_milestone, score_change, new_subject, custom.
const char* NameOf(const Trigger& trigger);

struct Action {
  std::string tag;
  TagTarget target = TagTarget::kUser;
  bool remove_on_exit = false;
  friend bool operator==(const Action&, const Action&) = default;
};

/// What the owner of a rule says of it.
struct RuleDefinition {
  std::string name;
  core::ProfileId profile;
  SubjectKind kind = SubjectKind::kUser;
  Trigger trigger;
  std::string filter;
  std::vector<Action> actions;
  bool paused = false;
  bool catch_up = false;
};

/// Who is still to be looked at after a rule began, changed, went on or healed.
enum class SettleScope : std::int16_t {
  kNobody = 0,
  /// Everybody whom the profile measures (for new subjects: who exists), and who is inside.
  kEverybody = 1,
  /// Those who are inside: who was paused, or not fired for.
  kInside = 2,
};

/// Who of those found inside while settling is fired for.
enum class SettleFiring : std::int16_t {
  kNobody = 0,
  /// Those without an entry of the present generation.
  kNewcomers = 1,
  /// Whoever has not been fired for.
  kAll = 2,
};

struct Rule {
  RuleId id;
  core::ProductId product;
  RuleDefinition definition;
  core::TimePoint created_at;
  core::TimePoint updated_at;
  /// Goes up when trigger, filter or profile change.
  int generation = 1;
  /// Why it cannot be evaluated; empty: it can.
  std::string broken;
  SettleScope settling = SettleScope::kNobody;
  SettleFiring settle_firing = SettleFiring::kNobody;
  /// The last subject that was looked at.
  std::optional<core::SubjectId> settle_after;
  /// Entries fired for, ever; subjects inside now.
  std::int64_t fired = 0;
  std::int64_t inside = 0;
};

}  // namespace accoil::tagging
