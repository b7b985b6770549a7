#include "services/tagging-automation/wishes/tag_plan.h"

#include <algorithm>
#include <tuple>

#include "libs/core/text.h"

namespace accoil::tagging {
namespace {

constexpr const char* kRemoved = "removed from the product";
constexpr const char* kOpposite = "the opposite was asked for afterwards";

class Planner {
 public:
  Planner(TagWorld world, std::span<const ResolvedWish> wishes)
      : world_(std::move(world)), wishes_(wishes) {
    for (const auto& [place, state] : world_.places) {
      for (const auto& holder : state.holders) Index(place, holder);
    }
  }

  TagPlan Plan() {
    for (std::size_t i = 0; i < wishes_.size(); ++i) {
      if (wishes_[i].wish.remove && wishes_[i].wish.cause.rule) {
        LetGo(i);
      } else {
        Ask(i);
      }
    }
    for (const auto& place : touched_) plan_.places[place] = world_.places.at(place);
    plan_.held = Differences(true);
    plan_.let_go = Differences(false);
    return std::move(plan_);
  }

 private:
  /// Where a rule holds a tag because of a subject.
  using HolderKey = std::tuple<Holder, SubjectKind, std::string>;

  const Wish& WishOf(std::size_t index) const { return wishes_[index].wish; }

  static HolderKey KeyOf(const TagPlace& place, const Holder& holder) {
    return {holder, place.target.kind, place.tag_key};
  }

  void Index(const TagPlace& place, const Holder& holder) {
    held_at_[KeyOf(place, holder)].insert(place);
  }

  TagState& Touch(const TagPlace& place) {
    auto& state = world_.places[place];
    if (touched_.insert(place).second) before_[place] = state.holders;
    return state;
  }

  void Ask(std::size_t index) {
    const auto& wish = WishOf(index);
    const auto tag_key = TagKeyOf(wish.tag);
    if (wishes_[index].targets.empty()) return Wait(index, tag_key);
    for (const auto& target : wishes_[index].targets) {
      const TagPlace place{target, tag_key};
      auto& state = Touch(place);
      if (wish.remove) {
        // By hand: whoever held it does not any more.
        for (const auto& holder : state.holders) held_at_[KeyOf(place, holder)].erase(place);
        state.holders.clear();
        state.by_hand = false;
      } else if (wish.cause.rule) {
        const Holder holder{*wish.cause.rule, wish.subject};
        state.holders.insert(holder);
        Index(place, holder);
      }
      Request(index, place, state);
    }
  }

  /// Nobody is known yet whose contact or company it could be.
  void Wait(std::size_t index, const std::string& tag_key) {
    const auto& wish = WishOf(index);
    const auto known = world_.matches.find(wish.subject);
    if (known != world_.matches.end() && known->second.removed) {
      Add(index, std::nullopt, 0, AssignmentState::kExpired, kRemoved);
      return;
    }
    Add(index, std::nullopt, 0, AssignmentState::kWaiting,
        wish.subject.kind == SubjectKind::kUser ? "no account of the user is known"
                                                : "no user of the account is known");
    if (wish.cause.rule) {
      unresolved_[{{*wish.cause.rule, wish.subject}, KindOf(wish.target), tag_key}].push_back(
          plan_.assignments.size() - 1);
    }
  }

  /// A rule takes away what it gave.
  void LetGo(std::size_t index) {
    const auto& wish = WishOf(index);
    const Holder holder{*wish.cause.rule, wish.subject};
    const HolderKey key{holder, KindOf(wish.target), TagKeyOf(wish.tag)};
    plan_.taken_back.push_back(
        {wish.subject, KindOf(wish.target), TagKeyOf(wish.tag), holder.rule});
    for (const auto waiting : unresolved_[key]) Supersede(plan_.assignments[waiting]);
    unresolved_.erase(key);
    const auto found = held_at_.find(key);
    if (found == held_at_.end()) return;
    const auto places = std::move(found->second);
    held_at_.erase(found);
    for (const auto& place : places) {
      auto& state = Touch(place);
      state.holders.erase(holder);
      if (!state.holders.empty()) {
        Add(index, place.target, 0, AssignmentState::kKept, ReasonToKeep(holder, state));
      } else if (state.by_hand || (state.open && !state.remove && state.hand)) {
        Add(index, place.target, 0, AssignmentState::kKept, "it was given by hand");
      } else if (state.open && !state.remove && !state.claimed && !state.given) {
        // Nothing was called for yet, so there is nothing to take away; an untag could take what
        // somebody gave in Intercom.
        End(place, state);
        state.open = false;
        Add(index, place.target, 0, AssignmentState::kDone, "the tag had not been given yet");
      } else {
        Request(index, place, state);
      }
    }
  }

  static std::string ReasonToKeep(const Holder& gone, const TagState& state) {
    const auto& other = *state.holders.begin();
    if (other.rule == gone.rule) {
      return "the rule holds it for " +
             std::string(other.subject.kind == SubjectKind::kUser ? "user " : "account ") +
             other.subject.id.value();
    }
    return "rule " + std::to_string(other.rule.value()) + " holds it";
  }

  void Request(std::size_t index, const TagPlace& place, TagState& state) {
    const auto& wish = WishOf(index);
    const auto match = world_.matches.find(place.target);
    const bool matched = match != world_.matches.end() && match->second.target_id;
    if (!matched && match != world_.matches.end() && match->second.removed) {
      Add(index, place.target, 0, AssignmentState::kExpired, kRemoved);
      return;
    }
    if (!state.open || state.remove != wish.remove) {
      End(place, state);
      ++state.operation;
      state.open = true;
      state.remove = wish.remove;
      state.hand = false;
      state.traceparent = wish.traceparent;
    }
    state.tag = wish.tag;
    if (wish.cause.job) state.hand = true;
    if (matched) {
      Add(index, place.target, state.operation, AssignmentState::kDue, "");
    } else {
      Add(index, place.target, state.operation, AssignmentState::kWaiting,
          match == world_.matches.end() ? "not matched yet" : match->second.reason);
    }
    open_[place].push_back(plan_.assignments.size() - 1);
  }

  /// What is open at a place will not be carried out any more, but for what a worker has.
  void End(const TagPlace& place, const TagState& state) {
    if (state.open) plan_.superseded[place] = state.operation;
    auto& open = open_[place];
    const auto kept = std::partition(open.begin(), open.end(), [&](std::size_t i) {
      return state.claimed && plan_.assignments[i].operation == *state.claimed;
    });
    for (auto i = kept; i != open.end(); ++i) Supersede(plan_.assignments[*i]);
    open.erase(kept, open.end());
  }

  static void Supersede(PlannedAssignment& assignment) {
    assignment.state = AssignmentState::kSuperseded;
    assignment.reason = kOpposite;
  }

  void Add(std::size_t wish, const std::optional<Subject>& target, std::int64_t operation,
           AssignmentState state, std::string reason) {
    plan_.assignments.push_back({wish, target, operation, state, std::move(reason)});
  }

  /// Who holds now and did not before, or the other way round.
  std::vector<std::pair<TagPlace, Holder>> Differences(bool added) const {
    std::vector<std::pair<TagPlace, Holder>> differences;
    for (const auto& place : touched_) {
      const auto& now = world_.places.at(place).holders;
      const auto& before = before_.at(place);
      const auto& more = added ? now : before;
      const auto& less = added ? before : now;
      for (const auto& holder : more) {
        if (!less.contains(holder)) differences.emplace_back(place, holder);
      }
    }
    return differences;
  }

  TagWorld world_;
  std::span<const ResolvedWish> wishes_;
  std::map<HolderKey, std::set<TagPlace>> held_at_;
  std::set<TagPlace> touched_;
  std::map<TagPlace, std::set<Holder>> before_;
  /// Assignments of this plan that are open, by index.
  std::map<TagPlace, std::vector<std::size_t>> open_;
  std::map<HolderKey, std::vector<std::size_t>> unresolved_;
  TagPlan plan_;
};

}  // namespace

std::string TagKeyOf(const std::string& tag) { return core::ToLower(tag); }

SubjectKind KindOf(TagTarget target) {
  return target == TagTarget::kUser ? SubjectKind::kUser : SubjectKind::kAccount;
}

TagPlan PlanTags(TagWorld world, std::span<const ResolvedWish> wishes) {
  return Planner(std::move(world), wishes).Plan();
}

}  // namespace accoil::tagging
