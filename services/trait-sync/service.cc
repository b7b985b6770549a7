#include "services/trait-sync/service.h"

#include "libs/core/errors.h"
#include "libs/rpc/answer.h"

namespace accoil::traitsync {
namespace {

constexpr int kMostListed = 1'000;

core::ProductId ProductOf(std::int64_t product_id) {
  if (product_id <= 0) throw core::InvalidArgument("product_id", "must be above 0");
  return core::ProductId(product_id);
}

}  // namespace

grpc::Status Service::GetSummary(grpc::ServerContext* context, const v1::GetSummaryRequest* request,
                                 v1::Summary* response) {
  return rpc::Answer(*context, logger_, [&] {
    const auto summary = store_.Summarize(ProductOf(request->product_id()));
    response->set_due(summary.due);
    response->set_oldest_due_ms(summary.oldest_due.count());
    response->set_delivered(summary.delivered);
    response->set_set_aside(summary.set_aside);
    for (const auto& [state, count] : summary.attributes) {
      (*response->mutable_attributes())[state] = count;
    }
  });
}

grpc::Status Service::StartSweep(grpc::ServerContext* context, const v1::StartSweepRequest* request,
                                 v1::StartSweepResponse*) {
  return rpc::Answer(*context, logger_, [&] {
    store_.StartSweep(ProductOf(request->product_id()));
    sweep_started_();
  });
}

grpc::Status Service::ListSetAside(grpc::ServerContext* context,
                                   const v1::ListSetAsideRequest* request,
                                   v1::ListSetAsideResponse* response) {
  return rpc::Answer(*context, logger_, [&] {
    const auto product = ProductOf(request->product_id());
    for (const auto& row :
         store_.ListSetAside(product, store_.SyncedProfiles(product), kMostListed)) {
      auto& listed = *response->add_set_aside();
      listed.mutable_subject()->set_product_id(product.value());
      if (row.subject) {
        listed.mutable_subject()->set_kind(static_cast<events::v1::SubjectKind>(row.subject->kind));
        listed.mutable_subject()->set_subject_id(row.subject->id.value());
      }
      listed.set_attribute(row.attribute);
      listed.set_reason(row.reason);
    }
  });
}

}  // namespace accoil::traitsync
