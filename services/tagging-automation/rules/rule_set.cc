#include "services/tagging-automation/rules/rule_set.h"

#include <algorithm>
#include <numeric>

namespace accoil::tagging {

void ProfileRules::Add(Rule rule) {
  const auto place = rules_.size();
  // One whose trigger is broken throws here, and nothing is added.
  const auto& dependence = rules_.emplace_back(std::move(rule), fields_).dependence();
  for (const auto& trait : dependence.traits) by_trait_[trait].push_back(place);
  for (const auto& segment : dependence.segments) by_segment_[segment].push_back(place);
  if (dependence.any_segment) by_any_segment_.push_back(place);
  if (dependence.scores) by_scores_.push_back(place);
  if (dependence.appearance) by_appearance_.push_back(place);
  if (dependence.time) timed_.push_back(place);
  if (rules_.back().rule().settling == SettleScope::kEverybody) settles_ = true;
}

std::vector<std::size_t> ProfileRules::DependingOn(const ChangedFacts& changed) const {
  std::vector<std::size_t> places;
  if (changed.everything) {
    places.resize(rules_.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    return places;
  }
  const auto add = [&](const std::vector<std::size_t>& more) {
    places.insert(places.end(), more.begin(), more.end());
  };
  const auto add_named = [&](const auto& by, const std::string& name) {
    if (const auto found = by.find(name); found != by.end()) add(found->second);
  };
  for (const auto& trait : changed.traits) add_named(by_trait_, trait);
  for (const auto& segment : changed.segments) add_named(by_segment_, segment);
  if (!changed.segments.empty()) add(by_any_segment_);
  if (changed.scores) add(by_scores_);
  if (changed.appeared) add(by_appearance_);
  if (changed.time) add(timed_);
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

RuleSet::RuleSet(std::vector<Rule> rules, const std::vector<Profile>& profiles) {
  for (auto& rule : rules) {
    const auto profile = std::find_if(profiles.begin(), profiles.end(), [&](const Profile& one) {
      return one.id == rule.definition.profile;
    });
    if (profile == profiles.end()) continue;
    const Key key(rule.definition.kind, rule.definition.profile);
    auto& of_profile = profiles_.try_emplace(key, key.first, *profile).first->second;
    try {
      of_profile.Add(std::move(rule));
    } catch (const core::InvalidArgument&) {
      // Its trigger is broken, which its owner is told where the catalogue is applied.
      continue;
    }
  }
}

const ProfileRules* RuleSet::Find(SubjectKind kind, const core::ProfileId& profile) const {
  const auto found = profiles_.find(Key(kind, profile));
  return found == profiles_.end() ? nullptr : &found->second;
}

const CompiledRule* RuleSet::FindRule(RuleId id) const {
  for (const auto& [key, rules] : profiles_) {
    for (const auto& rule : rules.rules()) {
      if (rule.rule().id == id) return &rule;
    }
  }
  return nullptr;
}

std::string ProblemOf(const Rule& rule, const Profile* profile) {
  if (profile == nullptr) return "the profile does not exist any more";
  try {
    const ProfileFields fields(rule.definition.kind, *profile);
    const CompiledRule compiled(rule, fields);
    if (compiled.broken()) return compiled.broken()->what();
  } catch (const core::InvalidArgument& error) {
    return error.what();
  }
  return "";
}

std::shared_ptr<const RuleSet> RuleSets::Get(core::ProductId product, std::int64_t version,
                                             const Load& load) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = products_.find(product);
    if (found != products_.end() && found->second.version == version) return found->second.rules;
  }
  auto rules = std::make_shared<const RuleSet>(load());
  const std::lock_guard lock(mutex_);
  if (products_.size() >= kMostProducts) products_.clear();
  products_[product] = {version, rules};
  return rules;
}

}  // namespace accoil::tagging
