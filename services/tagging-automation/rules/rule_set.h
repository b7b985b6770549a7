#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "services/tagging-automation/rules/compiled_rule.h"

namespace accoil::postgres {
class Transaction;
}

namespace accoil::tagging {

/// What of a subject in a profile has changed.
struct ChangedFacts {
  std::vector<std::string> traits;
  std::vector<std::string> segments;
  bool scores = false;
  bool appeared = false;
  /// Whatever a rule depends on: the subject has another name or email, is gone or has come back.
  bool everything = false;
  /// Time has passed: what depends on it, and what waits.
  bool time = false;

  bool any() const {
    return !traits.empty() || !segments.empty() || scores || appeared || everything || time;
  }
};

/// The rules of one profile and kind of subject, by what they depend on. Those whose trigger is
/// broken are left out.
class ProfileRules {
 public:
  ProfileRules(SubjectKind kind, const Profile& profile) : fields_(kind, profile) {}

  void Add(Rule rule);

  const ProfileFields& fields() const { return fields_; }
  const std::vector<CompiledRule>& rules() const { return rules_; }
  /// By place in rules(), each once, ascending.
  std::vector<std::size_t> DependingOn(const ChangedFacts& changed) const;
  bool depends_on_appearance() const { return !by_appearance_.empty(); }
  /// Whether one of them still looks for everybody inside.
  bool settles() const { return settles_; }

 private:
  ProfileFields fields_;
  std::vector<CompiledRule> rules_;
  std::map<std::string, std::vector<std::size_t>> by_trait_;
  std::map<std::string, std::vector<std::size_t>> by_segment_;
  std::vector<std::size_t> by_any_segment_;
  std::vector<std::size_t> by_scores_;
  std::vector<std::size_t> by_appearance_;
  std::vector<std::size_t> timed_;
  bool settles_ = false;
};

/// All rules of a product that can be evaluated. Immutable; any thread.
class RuleSet {
 public:
  using Key = std::pair<SubjectKind, core::ProfileId>;

  /// `profiles`: those that are not removed.
  RuleSet(std::vector<Rule> rules, const std::vector<Profile>& profiles);

  bool empty() const { return profiles_.empty(); }
  /// Null when there is no rule.
  const ProfileRules* Find(SubjectKind kind, const core::ProfileId& profile) const;
  const std::map<Key, ProfileRules>& profiles() const { return profiles_; }
  const CompiledRule* FindRule(RuleId id) const;

 private:
  std::map<Key, ProfileRules> profiles_;
};

/// Why a rule cannot be evaluated against a profile (null: the profile is gone); empty when it can.
std::string ProblemOf(const Rule& rule, const Profile* profile);

/// What was compiled, by product and version of its rules. Any thread.
class RuleSets {
 public:
  using Load = std::function<RuleSet()>;

  /// The rules of a product at a version; `load` is called when they are not at hand.
  std::shared_ptr<const RuleSet> Get(core::ProductId product, std::int64_t version,
                                     const Load& load);

 private:
  static constexpr std::size_t kMostProducts = 1'000;

  struct Compiled {
    std::int64_t version = 0;
    std::shared_ptr<const RuleSet> rules;
  };
  std::mutex mutex_;
  std::map<core::ProductId, Compiled> products_;  // guarded by mutex_
};

}  // namespace accoil::tagging
