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

/// A request that can be rendered.
struct Wanted {
  /// Where its answer goes.
  v1::Rendered* rendered = nullptr;
  Look look;
  /// Whether the choice is new.
  bool chosen = false;
};

Wanted Read(const v1::RenderRequest& request) {
  Check(request);
  Wanted wanted;
  auto& look = wanted.look;
  look.workspace = core::WorkspaceId(request.workspace_id());
  look.contact = core::ContactId(request.contact().contact_id());
  look.lead = request.contact().role() == "lead";
  if (!request.company_id().empty()) look.companies.emplace_back(request.company_id());
  for (const auto& company : request.contact().company_ids()) look.companies.emplace_back(company);
  look.admin = request.admin_id();
  // Who looks again begins anew: what was stored may be of a canvas that could not be rendered.
  if (request.component_id().empty() || request.component_id() == kReloadId) return wanted;
  const auto before = FromStoredData(request.stored_data());
  const std::map<std::string, std::string> inputs(request.input_values().begin(),
                                                  request.input_values().end());
  look.choice = Choose(before, request.component_id(), inputs);
  wanted.chosen = look.choice->tab != before.tab || look.choice->profile != before.profile;
  return wanted;
}

/// Those of the batch that can be rendered; the others get their problem.
std::vector<Wanted> ReadAll(const v1::RenderBatch& batch, v1::RenderedBatch& answers) {
  constexpr int kMost = 64;
  if (batch.requests().empty() || batch.requests_size() > kMost) {
    throw core::InvalidArgument("requests", "must have 1 to 64");
  }
  std::vector<Wanted> wanted;
  for (const auto& request : batch.requests()) {
    auto& rendered = *answers.add_rendered();
    try {
      wanted.push_back(Read(request));
      wanted.back().rendered = &rendered;
    } catch (const core::InvalidArgument& error) {
      rendered.set_problem(error.what());
    }
  }
  return wanted;
}

}  // namespace

grpc::Status Service::Render(grpc::ServerContext* context, const v1::RenderBatch* request,
                             v1::RenderedBatch* response) {
  return rpc::Answer(*context, parts_.logger, [&] {
    const auto began = std::chrono::steady_clock::now();
    // The answers stay where they are while there are no more of them than was made room for.
    response->mutable_rendered()->Reserve(request->requests_size());
    auto wanted = ReadAll(*request, *response);
    if (wanted.empty()) return;
    const auto now = parts_.clock.Now();
    std::vector<Look> looks;
    looks.reserve(wanted.size());
    for (auto& one : wanted) {
      if (one.chosen && !one.look.admin.empty()) {
        parts_.choices.Remember({one.look.workspace, one.look.admin}, *one.look.choice);
      }
      looks.push_back(std::move(one.look));
    }
    const auto seen = parts_.inbox.Read(looks, now);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      const auto& [inbox, choice] = seen[i];
      wanted[i].rendered->set_body(RenderCanvas(inbox, choice, parts_.links, now));
      parts_.metrics.Rendered(inbox.situation, std::chrono::steady_clock::now() - began);
      parts_.logger.Step("a canvas was rendered", {{"workspace_id", looks[i].workspace.value()},
                                                   {"situation", ToString(inbox.situation)}});
    }
  });
}

}  // namespace accoil::widget
