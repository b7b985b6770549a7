#include "services/gateway/canvas_handlers.h"

#include "libs/core/errors.h"
#include "services/gateway/json_message.h"

namespace accoil::gateway {
namespace {

/// What is shown while the widget does not answer.
constexpr const char* kNotNow =
    R"json({"canvas":{"content":{"components":[)json"
    R"json({"type":"text","text":"**Accoil cannot be loaded now**","style":"paragraph"},)json"
    R"json({"type":"text","text":"Nothing is lost. Try again in a moment.","style":"muted"},)json"
    R"json({"type":"button","id":"reload","label":"Try again","style":"secondary",)json"
    R"json("action":{"type":"submit"}}]},"stored_data":{}}})json";

http::Response Canvas(std::string body) {
  http::Response response;
  response.body = std::move(body);
  // It is of one person's data, and of this moment.
  response.headers["Cache-Control"] = "no-store";
  return response;
}

}  // namespace

CanvasHandlers::CanvasHandlers(AppSecrets& app_secrets, WidgetApi& widget, CanvasConfig config,
                               Metrics& metrics, telemetry::Logger logger)
    : signers_(app_secrets),
      config_(config),
      metrics_(metrics),
      logger_(std::move(logger)),
      batches_(widget, config.batches) {}

http::Response CanvasHandlers::Render(const Call& call, CanvasKind kind) {
  const auto began = std::chrono::steady_clock::now();
  const auto& request = call.request;
  constexpr auto kForm = SignatureForm::kBody;
  if (request.Header(HeaderOf(kForm)).empty()) {
    return Ended(kind, began, "unsigned", RefuseUnsigned(kForm));
  }
  std::optional<Signer> signer;
  try {
    signer = signers_.Find(request, kForm);
  } catch (const core::Error& error) {
    logger_.Warn("the secrets of the apps are not known",
                 {{"request", NameOf(kind)}, {"error", error.what()}});
    return Ended(kind, began, "unavailable", Canvas(kNotNow));
  }
  if (!signer) return Ended(kind, began, "wrong_signature", RefuseWrongSignature(kForm));
  widget::v1::RenderRequest wanted;
  try {
    wanted = ReadCanvasRequest(request.body, kind);
  } catch (const core::InvalidArgument& error) {
    logger_.Warn("a signed canvas request cannot be read", {{"error", error.what()}});
    Ended(kind, began, "malformed", {});
    throw;
  }
  if (!signer->MaySpeakOf(wanted.workspace_id())) {
    return Ended(kind, began, "wrong_signature", RefuseWrongSignature(kForm));
  }
  http::Response response;
  response.later = [this, kind, began, wanted = std::move(wanted)](auto answer) mutable {
    auto workspace = wanted.workspace_id();
    batches_.Render(
        std::move(wanted), began + config_.timeout,
        [this, kind, began, workspace = std::move(workspace), answer = std::move(answer)](
            auto outcome) { answer(Rendered(kind, began, workspace, std::move(outcome))); });
  };
  return response;
}

http::Response CanvasHandlers::Rendered(CanvasKind kind, Time began, const std::string& workspace,
                                        CanvasBatches::Outcome outcome) {
  if (!outcome.failure) return Ended(kind, began, "rendered", Canvas(std::move(outcome.body)));
  try {
    std::rethrow_exception(outcome.failure);
  } catch (const std::exception& error) {
    // Whatever it is, a person waits for it: they are told, and so is the log.
    logger_.Warn("a canvas could not be rendered",
                 {{"workspace_id", workspace}, {"error", error.what()}});
    return Ended(kind, began, "unavailable", Canvas(kNotNow));
  }
}

http::Response CanvasHandlers::Ended(CanvasKind kind, Time began, const char* outcome,
                                     http::Response response) {
  metrics_.CanvasEnded(NameOf(kind), outcome, std::chrono::steady_clock::now() - began);
  return response;
}

}  // namespace accoil::gateway
