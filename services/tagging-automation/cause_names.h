#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/tagging-automation/subjects/subject.h"

namespace accoil::postgres {
class Transaction;
}

/// Who wanted a tag, for people to read. What is gone is missing.
namespace accoil::tagging {

std::map<RuleId, std::string> RuleNames(postgres::Transaction& tx, core::ProductId product,
                                        const std::vector<RuleId>& rules);
/// As the requests named them.
std::map<JobId, std::string> JobRequesters(postgres::Transaction& tx, core::ProductId product,
                                           const std::vector<JobId>& jobs);

}  // namespace accoil::tagging
