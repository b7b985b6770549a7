#pragma once

#include <functional>

#include "accoil/traitsync/v1/traitsync.grpc.pb.h"
#include "libs/telemetry/telemetry.h"
#include "services/trait-sync/config.h"
#include "services/trait-sync/report_store.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {

/// The gRPC face. What it is given outlives it.
class Service final : public v1::TraitSync::Service {
 public:
  /// `sweep_started` is called once a sweep was asked for, `made_due` once deliveries were made
  /// due.
  Service(Store& store, ReportStore& reports, const DeliveryConfig& config,
          telemetry::Telemetry& telemetry, std::function<void()> sweep_started,
          std::function<void()> made_due)
      : store_(store),
        reports_(reports),
        config_(config),
        logger_(telemetry.logger()),
        sweep_started_(std::move(sweep_started)),
        made_due_(std::move(made_due)) {}

  grpc::Status GetSummary(grpc::ServerContext* context, const v1::GetSummaryRequest* request,
                          v1::Summary* response) override;
  grpc::Status StartSweep(grpc::ServerContext* context, const v1::StartSweepRequest* request,
                          v1::StartSweepResponse* response) override;
  grpc::Status ListSetAside(grpc::ServerContext* context, const v1::ListSetAsideRequest* request,
                            v1::ListSetAsideResponse* response) override;
  grpc::Status ListAttributes(grpc::ServerContext* context,
                              const v1::ListAttributesRequest* request,
                              v1::ListAttributesResponse* response) override;
  grpc::Status PreviewProfile(grpc::ServerContext* context,
                              const v1::PreviewProfileRequest* request,
                              v1::PreviewProfileResponse* response) override;
  grpc::Status ExplainSubject(grpc::ServerContext* context,
                              const v1::ExplainSubjectRequest* request,
                              v1::ExplainSubjectResponse* response) override;
  grpc::Status ListProblems(grpc::ServerContext* context, const v1::ListProblemsRequest* request,
                            v1::ListProblemsResponse* response) override;
  grpc::Status RetryProblem(grpc::ServerContext* context, const v1::RetryProblemRequest* request,
                            v1::RetryProblemResponse* response) override;
  grpc::Status ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest* request,
                        v1::ListRunsResponse* response) override;

 private:
  Store& store_;
  ReportStore& reports_;
  const DeliveryConfig& config_;
  telemetry::Logger logger_;
  std::function<void()> sweep_started_;
  std::function<void()> made_due_;
};

}  // namespace accoil::traitsync
