#pragma once

#include "libs/core/clock.h"
#include "services/tagging-automation/jobs/selection.h"

namespace accoil::tagging {

/// Finds who is in a selection by the facts that tagging keeps itself. `clock` outlives it.
class FactSelector final : public Selector {
 public:
  explicit FactSelector(const core::Clock& clock) : clock_(clock) {}

  void Check(postgres::Transaction& tx, const Selection& selection) override;
  SelectedSlice Select(postgres::Transaction& tx, const Selection& selection,
                       const std::optional<core::SubjectId>& after, int most) override;

 private:
  const core::Clock& clock_;
};

}  // namespace accoil::tagging
