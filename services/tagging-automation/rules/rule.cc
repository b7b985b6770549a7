#include "services/tagging-automation/rules/rule.h"

namespace accoil::tagging {
namespace {

struct Namer {
  const char* operator()(const EntersSegment&) const { return "enters_segment"; }
  const char* operator()(const ActivationMilestone&) const { return "activation_milestone"; }
  const char* operator()(const ScoreChange&) const { return "score_change"; }
  const char* operator()(const NewSubject&) const { return "new_subject"; }
  const char* operator()(const Custom&) const { return "custom"; }
};

}  // namespace

const char* NameOf(const Trigger& trigger) { return std::visit(Namer(), trigger); }

}  // namespace accoil::tagging
