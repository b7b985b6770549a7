#pragma once

#include "libs/http/message.h"
#include "libs/telemetry/log.h"
#include "services/gateway/canvas_batches.h"
#include "services/gateway/canvas_request.h"
#include "services/gateway/metrics.h"
#include "services/gateway/route.h"
#include "services/gateway/signers.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

struct CanvasConfig {
  /// From the request to its answer.
  std::chrono::milliseconds timeout{2'500};
  CanvasBatches::Config batches;
};

/// Answers what the Inbox asks of the app; what is to be rendered, later (http::Response). Any
/// thread.
///
/// 200: a canvas; one that says so and offers another try when the widget, or who knows the apps'
/// secrets, does not answer in time: a person looks at it, and it has nobody's data. 401: not
/// signed by an app that may speak of the workspace; nothing of it was looked at. 400: signed, but
/// no canvas request.
class CanvasHandlers {
 public:
  /// All references outlive it.
  CanvasHandlers(AppSecrets& app_secrets, WidgetApi& widget, CanvasConfig config, Metrics& metrics,
                 telemetry::Logger logger);

  http::Response Render(const Call& call, CanvasKind kind);

 private:
  using Time = std::chrono::steady_clock::time_point;

  http::Response Ended(CanvasKind kind, Time began, const char* outcome, http::Response response);
  http::Response Rendered(CanvasKind kind, Time began, const std::string& workspace,
                          CanvasBatches::Outcome outcome);

  Signers signers_;
  const CanvasConfig config_;
  Metrics& metrics_;
  telemetry::Logger logger_;
  // The last: its threads end before the others go.
  CanvasBatches batches_;
};

}  // namespace accoil::gateway
