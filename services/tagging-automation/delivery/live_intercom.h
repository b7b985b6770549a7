#pragma once

#include <memory>
#include <optional>

#include "libs/intercom/client.h"
#include "libs/intercom/session.h"
#include "services/tagging-automation/subjects/workspace.h"

namespace accoil::tagging {

/// The real Intercom, its access and budget as `connections` gives them. What it is made of
/// outlives it.
class LiveIntercom final : public Intercom {
 public:
  LiveIntercom(intercom::Transport& transport, intercom::Budget& budget,
               intercom::Directory& directory)
      : transport_(transport), budget_(budget), directory_(directory) {}

  std::unique_ptr<Workspace> Open(core::ProductId product) override;
  void Forget(core::ProductId product) override { directory_.Forget(product); }
  intercom::Grant Lease(const core::WorkspaceId& workspace, intercom::Priority priority,
                        int wanted) override;
  void Ended(const core::WorkspaceId& workspace, std::int64_t window_id,
             const std::optional<intercom::RateLimit>& rate_limit, bool throttled) override;
  void Unused(const core::WorkspaceId& workspace, std::int64_t window_id, int calls) override;

 private:
  intercom::Transport& transport_;
  intercom::Budget& budget_;
  intercom::Directory& directory_;
};

}  // namespace accoil::tagging
