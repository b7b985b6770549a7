#pragma once

#include <vector>

#include "services/matcher/workbench.h"

namespace accoil::matcher {

/// Brings the details of a workspace's companies up to date: contacts name them by id alone.
class CompanyReading {
 public:
  explicit CompanyReading(Workbench& bench) : bench_(bench) {}

  /// Reads the details of these, by the list of companies or one by one, whichever takes fewer
  /// calls. Those that Intercom does not have are remembered as gone.
  void Read(const std::vector<core::CompanyId>& ids);

  /// Reads one by one.
  void ReadSingly(const std::vector<core::CompanyId>& ids);

  /// Reads all companies of contacts that have more than they list.
  void Complete(const std::vector<core::ContactId>& contacts);

 private:
  void Take(postgres::Transaction& tx, const std::vector<intercom::Company>& companies);

  Workbench& bench_;
};

}  // namespace accoil::matcher
