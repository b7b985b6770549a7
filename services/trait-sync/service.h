#pragma once

#include <functional>

#include "accoil/traitsync/v1/traitsync.grpc.pb.h"
#include "libs/telemetry/telemetry.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {

/// The gRPC face. What it is given outlives it.
class Service final : public v1::TraitSync::Service {
 public:
  /// `sweep_started` is called once a sweep was asked for.
  Service(Store& store, telemetry::Telemetry& telemetry, std::function<void()> sweep_started)
      : store_(store), logger_(telemetry.logger()), sweep_started_(std::move(sweep_started)) {}

  grpc::Status GetSummary(grpc::ServerContext* context, const v1::GetSummaryRequest* request,
                          v1::Summary* response) override;
  grpc::Status StartSweep(grpc::ServerContext* context, const v1::StartSweepRequest* request,
                          v1::StartSweepResponse* response) override;
  grpc::Status ListSetAside(grpc::ServerContext* context, const v1::ListSetAsideRequest* request,
                            v1::ListSetAsideResponse* response) override;

 private:
  Store& store_;
  telemetry::Logger logger_;
  std::function<void()> sweep_started_;
};

}  // namespace accoil::traitsync
