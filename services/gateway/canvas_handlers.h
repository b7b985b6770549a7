#pragma once

#include "libs/http/message.h"
#include "libs/telemetry/log.h"
#include "services/gateway/canvas_request.h"
#include "services/gateway/metrics.h"
#include "services/gateway/route.h"
#include "services/gateway/signers.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// Answers what the Inbox asks of the app. Any thread.
///
/// 200: a canvas; one that says so and offers another try when the widget does not answer now, for
/// a person looks at it. 401: not signed by an app that may speak of the workspace; nothing of it
/// was looked at. 400: signed, but no canvas request.
class CanvasHandlers {
 public:
  /// All references outlive it.
  CanvasHandlers(AppSecrets& app_secrets, WidgetApi& widget, Metrics& metrics,
                 telemetry::Logger logger);

  http::Response Render(const Call& call, CanvasKind kind);

 private:
  Signers signers_;
  WidgetApi& widget_;
  Metrics& metrics_;
  telemetry::Logger logger_;
};

}  // namespace accoil::gateway
