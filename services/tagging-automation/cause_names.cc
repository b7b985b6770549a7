#include "services/tagging-automation/cause_names.h"

#include "libs/postgres/database.h"

namespace accoil::tagging {

std::map<RuleId, std::string> RuleNames(postgres::Transaction& tx, core::ProductId product,
                                        const std::vector<RuleId>& rules) {
  std::map<RuleId, std::string> names;
  if (rules.empty()) return names;
  for (const auto row : tx.Execute(R"sql(
         SELECT rule_id, name FROM rule
         WHERE product_id = $1::bigint AND rule_id = ANY ($2::bigint[])
       )sql",
                                   product, rules)) {
    names.emplace(row.Get<RuleId>("rule_id"), row.Get<std::string>("name"));
  }
  return names;
}

std::map<JobId, std::string> JobRequesters(postgres::Transaction& tx, core::ProductId product,
                                           const std::vector<JobId>& jobs) {
  std::map<JobId, std::string> requesters;
  if (jobs.empty()) return requesters;
  for (const auto row : tx.Execute(R"sql(
         SELECT job_id, requested_by FROM tag_job
         WHERE product_id = $1::bigint AND job_id = ANY ($2::uuid[])
       )sql",
                                   product, jobs)) {
    requesters.emplace(row.Get<JobId>("job_id"), row.Get<std::string>("requested_by"));
  }
  return requesters;
}

}  // namespace accoil::tagging
