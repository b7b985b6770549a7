#pragma once

#include <string_view>
#include <vector>

#include "libs/events/batch.h"
#include "services/widget/read_model.h"

namespace accoil::widget {

/// Keeps the read model in step with the events. On the consumer's thread; `model` outlives it.
class ModelHandler final : public events::BatchHandler {
 public:
  explicit ModelHandler(const ReadModel& model) : model_(model) {}

  static std::vector<std::string_view> Topics();

  void Apply(postgres::Transaction& tx, const events::Batch& batch) override;

 private:
  const ReadModel& model_;
};

}  // namespace accoil::widget
