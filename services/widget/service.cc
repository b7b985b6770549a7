#include "services/widget/service.h"

#include "libs/core/errors.h"
#include "libs/rpc/answer.h"
#include "services/widget/canvas.h"

namespace accoil::widget {
namespace {

constexpr std::size_t kLongestId = 255;
constexpr int kMostCompanies = 100;

void CheckId(const char* field, const std::string& id, bool required) {
  if (id.size() > kLongestId || (required && id.empty())) {
    throw core::InvalidArgument(field, "must have at most 255 bytes, and something in it");
  }
}

void Check(const v1::RenderRequest& request) {
  CheckId("workspace_id", request.workspace_id(), true);
  CheckId("contact.contact_id", request.contact().contact_id(), false);
  CheckId("admin_id", request.admin_id(), false);
  CheckId("company_id", request.company_id(), false);
  CheckId("component_id", request.component_id(), false);
  if (request.contact().company_ids_size() > kMostCompanies) {
    throw core::InvalidArgument("contact.company_ids", "must have at most 100");
  }
}

Look LookOf(const v1::RenderRequest& request) {
  Look look;
  look.workspace = core::WorkspaceId(request.workspace_id());
  look.contact = core::ContactId(request.contact().contact_id());
  look.lead = request.contact().role() == "lead";
  if (!request.company_id().empty()) look.companies.emplace_back(request.company_id());
  for (const auto& company : request.contact().company_ids()) look.companies.emplace_back(company);
  look.admin = request.admin_id();
  return look;
}

}  // namespace

grpc::Status Service::Render(grpc::ServerContext* context, const v1::RenderRequest* request,
                             v1::RenderResponse* response) {
  return rpc::Answer(*context, parts_.logger, [&] {
    const auto began = std::chrono::steady_clock::now();
    Check(*request);
    const auto look = LookOf(*request);
    const auto now = parts_.clock.Now();
    // Who looks again begins anew: what was stored may be of a canvas that could not be rendered.
    const bool submitted = !request->component_id().empty() && request->component_id() != kReloadId;
    const std::map<std::string, std::string> inputs(request->input_values().begin(),
                                                    request->input_values().end());
    auto choice = FromStoredData(request->stored_data());
    const auto before = choice;
    if (submitted) choice = Choose(before, request->component_id(), inputs);
    const auto inbox = parts_.database.Transact([&](postgres::Transaction& tx) {
      if (submitted && !look.admin.empty() &&
          (choice.tab != before.tab || choice.profile != before.profile)) {
        parts_.store.KeepChoice(tx, look.workspace, look.admin, choice);
      }
      auto sight = parts_.store.Find(tx, look);
      if (!submitted && sight.kept) choice = *sight.kept;
      return parts_.store.Load(tx, look, std::move(sight), choice, now);
    });
    response->set_body(RenderCanvas(inbox, choice, parts_.links, now));
    parts_.metrics.Rendered(inbox.situation, std::chrono::steady_clock::now() - began);
    parts_.logger.Step("a canvas was rendered", {{"workspace_id", look.workspace.value()},
                                                 {"situation", ToString(inbox.situation)}});
  });
}

}  // namespace accoil::widget
