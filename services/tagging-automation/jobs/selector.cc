#include "services/tagging-automation/jobs/selector.h"

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/tagging-automation/rules/measured.h"

namespace accoil::tagging {
namespace {

constexpr std::size_t kLongestSegment = 255;

/// A selection that was read and checked.
struct Compiled {
  ProfileFields fields;
  std::optional<conditions::Condition> condition;
};

Compiled Compile(postgres::Transaction& tx, const Selection& selection) {
  if (selection.segment.size() > kLongestSegment || !core::IsPlainText(selection.segment)) {
    throw core::InvalidArgument("filter.segment",
                                "must have at most 255 bytes and no control characters");
  }
  const auto profile = RulesStore::FindProfile(tx, selection.product, selection.profile);
  if (!profile) {
    throw core::NotFound("the product has no profile " + selection.profile.value());
  }
  Compiled compiled{ProfileFields(selection.kind, *profile), std::nullopt};
  if (!selection.condition.empty()) {
    compiled.condition = conditions::Condition::Parse(selection.condition, compiled.fields.schema(),
                                                      "filter.condition");
  }
  return compiled;
}

}  // namespace

void FactSelector::Check(postgres::Transaction& tx, const Selection& selection) {
  Compile(tx, selection);
}

SelectedSlice FactSelector::Select(postgres::Transaction& tx, const Selection& selection,
                                   const std::optional<core::SubjectId>& after, int most) {
  const auto compiled = Compile(tx, selection);
  const auto now = clock_.Now();
  const auto all =
      ReadMeasured(tx, selection.product, selection.kind, selection.profile, after, most);
  SelectedSlice slice;
  if (static_cast<int>(all.size()) == most) slice.after = all.back().id;
  for (const auto& [id, facts, identity] : all) {
    if (identity.removed) continue;
    if (!selection.segment.empty() && !facts.InSegment(selection.segment)) continue;
    const SubjectView view(compiled.fields, facts, identity, id);
    if (compiled.condition && !compiled.condition->Evaluate(view, now)) continue;
    slice.subjects.push_back(id);
  }
  return slice;
}

}  // namespace accoil::tagging
