#pragma once

#include <atomic>
#include <memory>

#include "libs/intercom/session.h"
#include "services/matcher/contact_source.h"
#include "services/matcher/metrics.h"

namespace accoil::matcher {

/// Reads workspaces over Intercom's REST API, each call with a permit of the workspace's budget, at
/// the priority of matching. A call that fails for a moment is tried again at once and once more a
/// little later; what lasts longer is the caller's business.
class IntercomSources final : public ContactSources {
 public:
  /// All of these outlive it and what it opens. While `stopping` is set, calls throw Postponed.
  IntercomSources(intercom::Transport& transport, intercom::Budget& budget,
                  intercom::Directory& directory, Metrics& metrics,
                  const std::atomic<bool>& stopping)
      : transport_(transport),
        budget_(budget),
        directory_(directory),
        metrics_(metrics),
        stopping_(stopping) {}

  std::unique_ptr<ContactSource> Open(core::ProductId product,
                                      const core::WorkspaceId& workspace) override;

 private:
  intercom::Transport& transport_;
  intercom::Budget& budget_;
  intercom::Directory& directory_;
  Metrics& metrics_;
  const std::atomic<bool>& stopping_;
};

}  // namespace accoil::matcher
