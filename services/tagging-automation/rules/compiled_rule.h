#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "libs/conditions/condition.h"
#include "services/tagging-automation/rules/firing.h"
#include "services/tagging-automation/rules/rule.h"
#include "services/tagging-automation/subjects/profile.h"

namespace accoil::tagging {

/// What a rule has to be looked at again for.
struct Dependence {
  std::set<std::string> traits;
  std::set<std::string> segments;
  /// Whatever the segment.
  bool any_segment = false;
  /// The values that Score has had.
  bool scores = false;
  /// That the product tells of a new subject.
  bool appearance = false;
  bool time = false;
};

/// A rule that was read and checked against its profile. Immutable; any thread.
class CompiledRule {
 public:
  /// Throws core::InvalidArgument, naming trigger.condition, trigger.activation_milestone or
  /// trigger.score_change, when the trigger speaks of what the profile does not have. A filter that
  /// does (field filter) only suspends the rule; see broken().
  CompiledRule(Rule rule, const ProfileFields& fields);

  const Rule& rule() const { return rule_; }
  const Dependence& dependence() const { return dependence_; }
  /// What is wrong with the filter; nothing when it can be evaluated.
  const std::optional<core::InvalidArgument>& broken() const { return broken_; }
  RuleStanding Standing(std::chrono::milliseconds filter_patience) const;

  /// Whether the subject is inside of the trigger. For new subjects that is nothing that facts
  /// could say: `stays` is whether it was inside already or has just appeared.
  bool Inside(const SubjectView& view, bool stays, core::TimePoint now) const;
  /// Whether the filter is true; never when it is broken.
  bool Passes(const SubjectView& view, core::TimePoint now) const;
  /// When Inside, or Passes where `waiting` for it, may next answer something else by time alone.
  std::optional<core::TimePoint> NextChange(const SubjectView& view, bool waiting,
                                            core::TimePoint now) const;

 private:
  void DependOn(const conditions::Condition& condition, const ProfileFields& fields);
  void CompileTrigger(const ProfileFields& fields);

  Rule rule_;
  std::optional<conditions::Condition> condition_;
  std::optional<conditions::Condition> filter_;
  std::optional<core::InvalidArgument> broken_;
  Dependence dependence_;
};

}  // namespace accoil::tagging
