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
      batches_(widget, config.batches),
      config_(config),
      metrics_(metrics),
      logger_(std::move(logger)) {}

http::Response CanvasHandlers::Render(const Call& call, CanvasKind kind) {
  const auto began = std::chrono::steady_clock::now();
  const auto& request = call.request;
  constexpr auto kForm = SignatureForm::kBody;
  const auto ended = [&](const char* outcome, http::Response response) {
    metrics_.CanvasEnded(NameOf(kind), outcome, std::chrono::steady_clock::now() - began);
    return response;
  };
  if (request.Header(HeaderOf(kForm)).empty()) return ended("unsigned", RefuseUnsigned(kForm));
  std::optional<Signer> signer;
  try {
    signer = signers_.Find(request, kForm);
  } catch (const core::Error& error) {
    logger_.Warn("the secrets of the apps are not known",
                 {{"request", NameOf(kind)}, {"error", error.what()}});
    return ended("unavailable", Canvas(kNotNow));
  }
  if (!signer) return ended("wrong_signature", RefuseWrongSignature(kForm));
  widget::v1::RenderRequest wanted;
  try {
    wanted = ReadCanvasRequest(request.body, kind);
  } catch (const core::InvalidArgument& error) {
    logger_.Warn("a signed canvas request cannot be read", {{"error", error.what()}});
    ended("malformed", {});
    throw;
  }
  if (!signer->MaySpeakOf(wanted.workspace_id())) {
    return ended("wrong_signature", RefuseWrongSignature(kForm));
  }
  try {
    return ended("rendered", Canvas(batches_.Render(wanted, began + config_.timeout)));
  } catch (const std::exception& error) {
    // Whatever it is, a person waits for it: they are told, and so is the log.
    logger_.Warn("a canvas could not be rendered",
                 {{"workspace_id", wanted.workspace_id()}, {"error", error.what()}});
    return ended("unavailable", Canvas(kNotNow));
  }
}

}  // namespace accoil::gateway
