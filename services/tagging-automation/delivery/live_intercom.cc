#include "services/tagging-automation/delivery/live_intercom.h"

namespace accoil::tagging {
namespace {

template <typename Id>
std::vector<Id> ToIds(const std::vector<std::string>& ids) {
  return {ids.begin(), ids.end()};
}

class LiveWorkspace final : public Workspace {
 public:
  LiveWorkspace(intercom::Transport& transport, intercom::Directory& directory,
                core::ProductId product, intercom::Access access)
      : directory_(directory),
        product_(product),
        access_(std::move(access)),
        client_(transport, access_.base_url, access_.token) {}

  const core::WorkspaceId& id() const override { return access_.workspace; }

  intercom::Outcome<intercom::Tag> Tag(SubjectKind kind, const std::string& tag,
                                       const std::vector<std::string>& ids, bool untag) override {
    return kind == SubjectKind::kUser
               ? client_.TagContacts(tag, ToIds<core::ContactId>(ids), untag)
               : client_.TagCompanies(tag, ToIds<core::CompanyId>(ids), untag);
  }
  intercom::Outcome<intercom::Tag> FindOrCreateTag(const std::string& tag) override {
    return client_.FindOrCreateTag(tag);
  }
  void ReportUnauthorized() override { directory_.ReportUnauthorized(product_, access_); }

 private:
  intercom::Directory& directory_;
  core::ProductId product_;
  intercom::Access access_;
  intercom::Client client_;
};

}  // namespace

std::unique_ptr<Workspace> LiveIntercom::Open(core::ProductId product) {
  return std::make_unique<LiveWorkspace>(transport_, directory_, product, directory_.Get(product));
}

intercom::Grant LiveIntercom::Lease(const core::WorkspaceId& workspace, intercom::Priority priority,
                                    int wanted) {
  return budget_.Lease(workspace, priority, wanted);
}

void LiveIntercom::Ended(const core::WorkspaceId& workspace, std::int64_t window_id,
                         const std::optional<intercom::RateLimit>& rate_limit, bool throttled) {
  budget_.Ended(workspace, window_id, rate_limit, throttled);
}

void LiveIntercom::Unused(const core::WorkspaceId& workspace, std::int64_t window_id, int calls) {
  budget_.Unused(workspace, window_id, calls);
}

}  // namespace accoil::tagging
