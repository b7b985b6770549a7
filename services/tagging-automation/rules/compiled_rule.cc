#include "services/tagging-automation/rules/compiled_rule.h"

#include <algorithm>

namespace accoil::tagging {
namespace {

using conditions::Condition;
using conditions::Node;

constexpr const char* kScore = "Score";
constexpr const char* kActivationRate = "ActivationRate";

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

/// Whether a condition asks for a field being empty, which of a set means any of its texts.
bool AsksWhetherEmpty(const Node& node, std::size_t field) {
  const auto any = [&](const std::vector<Node>& nodes) {
    return std::any_of(nodes.begin(), nodes.end(),
                       [&](const Node& part) { return AsksWhetherEmpty(part, field); });
  };
  return std::visit(
      Overloaded{[&](const conditions::IsEmpty& is) { return is.field == field; },
                 [&](const conditions::Not& is) { return AsksWhetherEmpty(*is.of, field); },
                 [&](const conditions::And& is) { return any(is.of); },
                 [&](const conditions::Or& is) { return any(is.of); },
                 [](const auto&) { return false; }},
      node.is);
}

void RequireNumber(const ProfileFields& fields, const std::string& trait,
                   const std::string& trigger) {
  const auto& schema = fields.schema();
  const auto found = std::find_if(schema.begin(), schema.end(),
                                  [&](const auto& field) { return field.name == trait; });
  if (found == schema.end()) {
    throw core::InvalidArgument(trigger, "needs the trait " + trait +
                                             ", which the profile's catalogue does not have for "
                                             "this kind of subject");
  }
  if (found->type != conditions::Type::kNumber) {
    throw core::InvalidArgument(
        trigger, "needs the trait " + trait + " to be an integer or a float in the catalogue");
  }
}

std::optional<core::TimePoint> Sooner(std::optional<core::TimePoint> one,
                                      std::optional<core::TimePoint> other) {
  if (!one) return other;
  if (!other) return one;
  return std::min(*one, *other);
}

}  // namespace

CompiledRule::CompiledRule(Rule rule, const ProfileFields& fields) : rule_(std::move(rule)) {
  CompileTrigger(fields);
  const auto& filter = rule_.definition.filter;
  if (filter.empty()) return;
  try {
    filter_ = Condition::Parse(filter, fields.schema(), "filter");
  } catch (const core::InvalidArgument& error) {
    broken_ = error;
    return;
  }
  DependOn(*filter_, fields);
}

void CompiledRule::CompileTrigger(const ProfileFields& fields) {
  std::visit(
      Overloaded{
          [&](const EntersSegment& trigger) { dependence_.segments.insert(trigger.segment); },
          [&](const ActivationMilestone&) {
            RequireNumber(fields, kActivationRate, "trigger.activation_milestone");
            dependence_.traits.insert(kActivationRate);
          },
          [&](const ScoreChange&) {
            RequireNumber(fields, kScore, "trigger.score_change");
            dependence_.scores = true;
            dependence_.traits.insert(kScore);
            dependence_.time = true;
          },
          [&](const NewSubject&) { dependence_.appearance = true; },
          [&](const Custom& trigger) {
            condition_ = Condition::Parse(trigger.condition, fields.schema(), "trigger.condition");
            DependOn(*condition_, fields);
          }},
      rule_.definition.trigger);
}

void CompiledRule::DependOn(const Condition& condition, const ProfileFields& fields) {
  for (const auto field : condition.fields()) {
    switch (fields.source(field)) {
      case ProfileFields::Source::kTrait:
        dependence_.traits.insert(fields.schema()[field].name);
        break;
      case ProfileFields::Source::kSegments:
        if (AsksWhetherEmpty(condition.root(), field)) dependence_.any_segment = true;
        break;
      case ProfileFields::Source::kName:
      case ProfileFields::Source::kEmail:
      case ProfileFields::Source::kId:
        // Whoever has another name or email has all rules looked at.
        break;
    }
  }
  dependence_.segments.insert(condition.texts().begin(), condition.texts().end());
  if (condition.depends_on_time()) dependence_.time = true;
}

RuleStanding CompiledRule::Standing(std::chrono::milliseconds filter_patience) const {
  RuleStanding standing;
  standing.suspended = rule_.definition.paused || broken_.has_value();
  standing.catch_up = rule_.definition.catch_up;
  standing.generation = rule_.generation;
  standing.settling = rule_.settling == SettleScope::kEverybody;
  standing.filter_patience = filter_patience;
  return standing;
}

bool CompiledRule::Inside(const SubjectView& view, bool stays, core::TimePoint now) const {
  if (view.identity().removed) return false;
  const auto& facts = view.facts();
  return std::visit(
      Overloaded{[&](const EntersSegment& trigger) { return facts.InSegment(trigger.segment); },
                 [&](const ActivationMilestone& trigger) {
                   const auto rate = facts.Number(kActivationRate);
                   return rate && *rate >= trigger.rate;
                 },
                 [&](const ScoreChange& trigger) {
                   return facts.ScoreChanged(trigger.rises, trigger.by, trigger.within, now);
                 },
                 [&](const NewSubject&) { return stays; },
                 [&](const Custom&) { return !facts.empty() && condition_->Evaluate(view, now); }},
      rule_.definition.trigger);
}

bool CompiledRule::Passes(const SubjectView& view, core::TimePoint now) const {
  if (broken_) return false;
  return !filter_ || filter_->Evaluate(view, now);
}

std::optional<core::TimePoint> CompiledRule::NextChange(const SubjectView& view, bool waiting,
                                                        core::TimePoint now) const {
  if (!dependence_.time || view.identity().removed) return std::nullopt;
  std::optional<core::TimePoint> next;
  if (condition_) next = condition_->NextChange(view, now);
  if (const auto* const trigger = std::get_if<ScoreChange>(&rule_.definition.trigger)) {
    next = view.facts().NextScoreChange(trigger->within, now);
  }
  if (filter_ && waiting) next = Sooner(next, filter_->NextChange(view, now));
  return next;
}

}  // namespace accoil::tagging
