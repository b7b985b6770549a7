#pragma once

#include <string_view>
#include <vector>

#include "libs/events/batch.h"
#include "services/tagging-automation/rules/rule_facts.h"
#include "services/tagging-automation/wishes/directory.h"

namespace accoil::tagging {

/// From event to table and firing: first who is whom, then what that and the other facts mean for
/// the rules. On the consumer's thread; what it is given outlives it.
class FactHandler final : public events::BatchHandler {
 public:
  FactHandler(Directory& directory, RuleFacts& rules) : directory_(directory), rules_(rules) {}

  /// The topics that it understands.
  static std::vector<std::string_view> Topics();

  void Apply(postgres::Transaction& tx, const events::Batch& batch) override;

 private:
  Directory& directory_;
  RuleFacts& rules_;
};

}  // namespace accoil::tagging
