#pragma once

#include "accoil/widget/v1/widget.grpc.pb.h"
#include "libs/core/clock.h"
#include "libs/telemetry/log.h"
#include "services/widget/inbox_reader.h"
#include "services/widget/links.h"
#include "services/widget/list_store.h"
#include "services/widget/metrics.h"

namespace accoil::widget {

/// The gRPC face of the service. Any thread; what it is made of outlives it.
class Service final : public v1::Widget::Service {
 public:
  struct Parts {
    const InboxReader& inbox;
    ChoiceKeeper& choices;
    const ListStore& lists;
    const LinkTemplates& links;
    const core::Clock& clock;
    Metrics& metrics;
    const telemetry::Logger& logger;
  };
  explicit Service(const Parts& parts) : parts_(parts) {}

  grpc::Status Render(grpc::ServerContext* context, const v1::RenderBatch* request,
                      v1::RenderedBatch* response) override;
  grpc::Status ListSubjects(grpc::ServerContext* context, const v1::ListSubjectsRequest* request,
                            v1::ListSubjectsResponse* response) override;

 private:
  const Parts parts_;
};

}  // namespace accoil::widget
