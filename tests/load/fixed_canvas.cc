#include "tests/load/fixed_canvas.h"

#include "libs/core/clock.h"
#include "libs/core/errors.h"
#include "libs/http/server.h"
#include "services/gateway/canvas_handlers.h"
#include "services/gateway/fake_upstreams.h"

namespace accoil::load {

namespace {

/// Answers at once; unlike a fake for tests it keeps nothing, so that any thread may ask it.
class FixedWidget final : public gateway::WidgetApi {
 public:
  explicit FixedWidget(std::string canvas) : canvas_(std::move(canvas)) {}

  widget::v1::RenderedBatch Render(const widget::v1::RenderBatch& batch,
                                   std::chrono::milliseconds) override {
    widget::v1::RenderedBatch answer;
    for (int i = 0; i < batch.requests_size(); ++i) answer.add_rendered()->set_body(canvas_);
    return answer;
  }

  widget::v1::ListSubjectsResponse ListSubjects(const widget::v1::ListSubjectsRequest&) override {
    throw core::Unavailable("no lists here");
  }

 private:
  const std::string canvas_;
};

}  // namespace

struct FixedCanvas::Implementation {
  Implementation(const std::string& client_secret, std::string canvas) : widget(std::move(canvas)) {
    connections.app_secrets.add_secrets()->set_client_secret(client_secret);
    server.Route("POST", "/intercom/canvas/initialize", [this](const http::Request& request) {
      return handlers.Render({request, core::ProductId(0)}, gateway::CanvasKind::kInitialize);
    });
    server.Route("POST", "/intercom/canvas/submit", [this](const http::Request& request) {
      return handlers.Render({request, core::ProductId(0)}, gateway::CanvasKind::kSubmit);
    });
  }

  telemetry::Telemetry telemetry{"fixed-canvas", "warn"};
  gateway::FakeConnections connections;
  FixedWidget widget;
  core::SystemClock clock;
  gateway::Metrics metrics{telemetry.metrics()};
  gateway::AppSecrets secrets{connections, clock, {}, telemetry.logger()};
  gateway::CanvasHandlers handlers{secrets, widget, {}, metrics, telemetry.logger()};
  http::Server server{{.address = {"127.0.0.1", 0}}, "fixed-canvas", telemetry};
};

FixedCanvas::FixedCanvas(const std::string& client_secret, std::string canvas)
    : implementation_(std::make_unique<Implementation>(client_secret, std::move(canvas))) {
  implementation_->server.Start();
}

FixedCanvas::~FixedCanvas() { implementation_->server.Stop(); }

core::HostPort FixedCanvas::address() const { return implementation_->server.address(); }

}  // namespace accoil::load
