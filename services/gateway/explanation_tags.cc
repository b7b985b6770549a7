#include "services/gateway/explanation_tags.h"

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "libs/core/text.h"
#include "services/gateway/explanation_words.h"

namespace accoil::gateway {
namespace {

using tagging::v1::Assignment;

/// What is said of assignments in a state that is not the end that was wanted.
struct Unfinished {
  std::string_view state;
  /// The reason's code.
  std::string_view code;
  /// Behind "The tag X" and "is": what became of giving it, and of taking it away.
  std::string_view given;
  std::string_view taken;
  std::string_view remedy;
};

constexpr std::array<Unfinished, 4> kUnfinished{{
    {"due", "tag_due", "on its way", "being taken away",
     "Wait a few seconds and look again; when a workspace's limit of calls is used up, it takes "
     "longer."},
    {"waiting", "tag_waiting", "waiting for a match", "waiting for a match to be taken away",
     "It goes as soon as there is a match, so put right what the other reasons name."},
    {"failed", "tag_failed", "not given", "not taken away",
     "Put right what the reason names, then try it again under the product's problems."},
    {"expired", "tag_expired", "not given, because it was not matched in time",
     "not taken away, because it was not matched in time",
     "Put right what the other reasons name, then give the tag by hand."},
}};

/// "The tag at-risk", with whom it is for where that is somebody else.
std::string TagOf(const Assignment& assignment, const events::v1::Subject& subject) {
  auto text = "The tag " + assignment.tag();
  const auto& target = assignment.target();
  if (assignment.has_target() &&
      (target.kind() != subject.kind() || target.subject_id() != subject.subject_id())) {
    text += " of the " + KindWord(target.kind()) + " " + target.subject_id();
  }
  return text;
}

Reason OfTag(const Assignment& assignment, const Unfinished& unfinished,
             const events::v1::Subject& subject) {
  const auto what = assignment.remove() ? unfinished.taken : unfinished.given;
  return {std::string(unfinished.code),
          Because(TagOf(assignment, subject) + " is " + std::string(what), assignment.reason()),
          std::string(unfinished.remedy), true};
}

Reason OfRule(const tagging::v1::ExplainSubjectResponse::InsideRule& rule,
              const std::string& kind) {
  const auto inside = "The " + kind + " is inside of the rule " + rule.name() + ", ";
  if (rule.state() == "paused") {
    return {"rule_paused", inside + "which is paused and therefore gives no tag.",
            "Set the rule to active; with catch_up it fires for those who came meanwhile.", false};
  }
  if (rule.state() == "waiting_for_filter") {
    return {"rule_waiting_for_filter",
            inside + "whose filter is not true of it, and may become so within a short time.",
            "Wait a few seconds and look again.", false};
  }
  return {"rule_not_fired",
          inside + "which did not fire: the " + kind +
              " was inside before the rule began, or the rule's filter was not true on entry.",
          "It fires when the " + kind + " leaves and enters again; or give the tag by hand.",
          false};
}

}  // namespace

std::vector<Reason> TagReasons(const Findings& findings) {
  if (!findings.tagging.message) return {};
  const auto& tagging = *findings.tagging.message;
  std::vector<Reason> reasons;
  // Intercom compares the names of tags without regard to case.
  std::set<std::tuple<int, std::string, std::string>> told;
  for (const auto& assignment : tagging.assignments()) {
    const auto& target = assignment.target();
    if (!told.emplace(target.kind(), target.subject_id(), core::ToLower(assignment.tag())).second) {
      continue;
    }
    for (const auto& unfinished : kUnfinished) {
      if (unfinished.state != assignment.state()) continue;
      reasons.push_back(OfTag(assignment, unfinished, findings.subject));
    }
  }
  for (const auto& rule : tagging.rules()) {
    if (rule.state() == "fired") continue;
    reasons.push_back(OfRule(rule, KindWord(findings.subject.kind())));
  }
  return reasons;
}

}  // namespace accoil::gateway
