#pragma once

#include <vector>

#include "services/matcher/company_reading.h"
#include "services/matcher/workbench.h"

namespace accoil::matcher {

/// Decides which companies accounts are: after their users, whose contacts name the companies.
class AccountMatching {
 public:
  explicit AccountMatching(Workbench& bench) : bench_(bench), reading_(bench) {}

  /// Decides every account that is due now, and became so after `due_after`, some hundred at a
  /// time. Answers how many.
  std::int64_t ProcessDue(core::TimePoint due_after = core::TimePoint());

 private:
  /// Reads details that are missing for what was due then, together: whether the list of companies
  /// is the cheaper way shows only when all of them are counted.
  void ReadCompanies(core::TimePoint now, core::TimePoint due_after);
  void Process(const std::vector<AccountTask>& tasks);
  /// Decides, unless details of companies are missing: answers those, then, and changes nothing.
  std::vector<core::CompanyId> Decide(postgres::Transaction& tx,
                                      const std::vector<AccountTask>& tasks);
  void Write(postgres::Transaction& tx, const std::vector<Account>& accounts,
             const std::vector<Verdict>& verdicts);

  Workbench& bench_;
  CompanyReading reading_;
};

}  // namespace accoil::matcher
