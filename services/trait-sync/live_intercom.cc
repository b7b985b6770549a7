#include "services/trait-sync/live_intercom.h"

namespace accoil::traitsync {
namespace {

class LiveWorkspace final : public Workspace {
 public:
  LiveWorkspace(intercom::Transport& transport, intercom::Directory& directory,
                core::ProductId product, intercom::Access access)
      : directory_(directory),
        product_(product),
        access_(std::move(access)),
        client_(transport, access_.base_url, access_.token) {}

  const core::WorkspaceId& id() const override { return access_.workspace; }

  intercom::Outcome<intercom::Done> Write(SubjectKind kind, const std::string& target_id,
                                          const intercom::AttributeValues& values) override {
    return kind == SubjectKind::kUser ? client_.UpdateContact(core::ContactId(target_id), values)
                                      : client_.UpdateCompany(core::CompanyId(target_id), values);
  }
  intercom::Outcome<std::vector<intercom::DataAttribute>> ListAttributes(
      intercom::Model model) override {
    return client_.ListDataAttributes(model);
  }
  intercom::Outcome<intercom::DataAttribute> CreateAttribute(
      intercom::Model model, const std::string& name, const std::string& data_type,
      const std::string& description) override {
    return client_.CreateDataAttribute(model, name, data_type, description);
  }
  intercom::Outcome<intercom::DataAttribute> RestoreAttribute(std::int64_t attribute) override {
    return client_.ArchiveDataAttribute(attribute, false);
  }
  intercom::Outcome<intercom::DataAttribute> ArchiveAttribute(std::int64_t attribute) override {
    return client_.ArchiveDataAttribute(attribute, true);
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

std::unique_ptr<Workspace> LiveIntercom::OpenToCleanUp(core::ProductId product) {
  return std::make_unique<LiveWorkspace>(transport_, directory_, product,
                                         directory_.GetToCleanUp(product));
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

}  // namespace accoil::traitsync
