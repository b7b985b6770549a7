#pragma once

#include <memory>
#include <vector>

#include "libs/core/ids.h"
#include "libs/rpc/tls.h"
#include "services/trait-sync/metrics.h"
#include "services/trait-sync/subject.h"

namespace accoil::traitsync {

/// Asks matcher to look at subjects again. Any thread; `warnings` outlives it.
class MatcherClient {
 public:
  MatcherClient(const rpc::Target& matcher, Warnings& warnings);
  ~MatcherClient();

  /// Their contacts or companies are gone. A failure is told and nothing else: matcher finds out at
  /// its next run, too.
  void RequestMatch(core::ProductId product, const std::vector<Subject>& subjects);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::traitsync
