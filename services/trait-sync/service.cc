#include "services/trait-sync/service.h"

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "libs/rpc/answer.h"
#include "services/trait-sync/catalogue.h"
#include "services/trait-sync/problem_retry.h"
#include "services/trait-sync/report_answers.h"

namespace accoil::traitsync {
namespace {

constexpr int kMostListed = 1'000;
constexpr std::size_t kLongestKey = 200;
constexpr std::size_t kLongestId = 255;

core::ProductId ProductOf(std::int64_t product_id) {
  if (product_id <= 0) throw core::InvalidArgument("product_id", "must be above 0");
  return core::ProductId(product_id);
}

Subject SubjectOf(const events::v1::Subject& subject) {
  if (subject.kind() != events::v1::USER && subject.kind() != events::v1::ACCOUNT) {
    throw core::InvalidArgument("subject.kind", "must be USER or ACCOUNT");
  }
  if (subject.subject_id().empty() || subject.subject_id().size() > kLongestId) {
    throw core::InvalidArgument("subject.subject_id", "must have 1 to 255 bytes");
  }
  if (subject.subject_id().find('\0') != std::string::npos) {
    throw core::InvalidArgument("subject.subject_id", "must not hold U+0000");
  }
  return {static_cast<SubjectKind>(subject.kind()), core::SubjectId(subject.subject_id())};
}

/// The profile as it would be, held against the limits that any profile has.
Profile ProfileOf(const v1::PreviewProfileRequest& request) {
  events::v1::ProfileChanged event;
  event.set_product_id(request.product_id());
  event.set_profile_id(request.profile_id());
  event.set_version(1);
  event.set_removed(request.removed());
  if (!request.removed()) {
    event.set_name(request.name());
    *event.mutable_catalogue() = request.catalogue();
    event.set_sync_mode(request.sync_mode());
  }
  events::Validate(event);
  return {core::ProfileId(event.profile_id()), event.name(), CatalogueOf(event.catalogue()),
          static_cast<SyncMode>(event.sync_mode())};
}

}  // namespace

grpc::Status Service::GetSummary(grpc::ServerContext* context, const v1::GetSummaryRequest* request,
                                 v1::Summary* response) {
  return rpc::Answer(*context, logger_, [&] {
    Answer(store_.Summarize(ProductOf(request->product_id())), *response);
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
    Answer(product, store_.ListSetAside(product, store_.SyncedProfiles(product), kMostListed),
           *response);
  });
}

grpc::Status Service::ListAttributes(grpc::ServerContext* context,
                                     const v1::ListAttributesRequest* request,
                                     v1::ListAttributesResponse* response) {
  return rpc::Answer(*context, logger_, [&] {
    Answer(reports_.ListAttributes(ProductOf(request->product_id())), *response);
  });
}

grpc::Status Service::PreviewProfile(grpc::ServerContext* context,
                                     const v1::PreviewProfileRequest* request,
                                     v1::PreviewProfileResponse* response) {
  return rpc::Answer(*context, logger_, [&] {
    const auto product = ProductOf(request->product_id());
    Answer(reports_.PreviewProfile(product, ProfileOf(*request), request->removed(),
                                   config_.limits.name),
           *response);
  });
}

grpc::Status Service::ExplainSubject(grpc::ServerContext* context,
                                     const v1::ExplainSubjectRequest* request,
                                     v1::ExplainSubjectResponse* response) {
  return rpc::Answer(*context, logger_, [&] {
    const auto product = ProductOf(request->subject().product_id());
    Answer(reports_.FindSubject(product, SubjectOf(request->subject())), config_.limits, *response);
  });
}

grpc::Status Service::ListProblems(grpc::ServerContext* context,
                                   const v1::ListProblemsRequest* request,
                                   v1::ListProblemsResponse* response) {
  return rpc::Answer(*context, logger_, [&] {
    const auto product = ProductOf(request->product_id());
    Answer(product, reports_.ListProblems(product, config_.waiting_too_long), *response);
  });
}

grpc::Status Service::RetryProblem(grpc::ServerContext* context,
                                   const v1::RetryProblemRequest* request,
                                   v1::RetryProblemResponse* response) {
  return rpc::Answer(*context, logger_, [&] {
    const auto product = ProductOf(request->product_id());
    if (request->key().empty() || request->key().size() > kLongestKey) {
      throw core::InvalidArgument("key", "must have 1 to 200 bytes");
    }
    response->set_subjects(traitsync::RetryProblem(store_, reports_, product, request->key(),
                                                   config_.waiting_too_long));
    sweep_started_();
    made_due_();
  });
}

grpc::Status Service::ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest* request,
                               v1::ListRunsResponse* response) {
  return rpc::Answer(*context, logger_, [&] {
    Answer(reports_.ListRuns(ProductOf(request->product_id())), *response);
  });
}

}  // namespace accoil::traitsync
