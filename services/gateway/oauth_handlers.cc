#include "services/gateway/oauth_handlers.h"

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/json_message.h"
#include "services/gateway/pages.h"

namespace accoil::gateway {
namespace {

// As FinishConnectRequest has it.
constexpr std::size_t kLongestParameter = 512;

std::string Parameter(const http::Request& request, const std::string& name) {
  const auto at = request.query.find(name);
  return at == request.query.end() ? std::string() : at->second;
}

http::Response Denied() {
  return ProblemPage({403, "Access was denied",
                      "Intercom's page was answered with a no, so nothing was connected.",
                      "If that was a mistake, start again and choose to authorize access."});
}

http::Response Incomplete() {
  return ProblemPage({400, "This link is incomplete",
                      "It does not carry what Intercom sends along. Nothing was connected.",
                      "Start again where you chose to connect Intercom, or in Intercom's App "
                      "Store."});
}

http::Response IntercomRefused(const std::string& error) {
  constexpr std::size_t kMostShown = 64;
  const auto code =
      core::IsPlainText(error) ? std::string(core::CutUtf8(error, kMostShown)) : "unknown";
  return ProblemPage(
      {400, "Intercom did not go on",
       "Intercom's page ended with the error \"" + code + "\". Nothing was connected.",
       "Start again. If it ends like this once more, ask whoever runs this "
       "installation to look at the app's settings in Intercom."});
}

http::Response AskAgain(int status, const InstallationForm& form, std::string problem) {
  return InstallationPage(
      status, {form.installation, {}, std::to_string(form.product.value()), std::move(problem)});
}

}  // namespace

OauthHandlers::OauthHandlers(ConnectionsApi& connections, Callers& callers, Metrics& metrics,
                             telemetry::Logger logger)
    : connections_(connections), callers_(callers), metrics_(metrics), logger_(std::move(logger)) {}

http::Response OauthHandlers::Callback(const Call& call) {
  const auto error = Parameter(call.request, "error");
  if (!error.empty()) {
    metrics_.ConnectEnded("denied");
    return error == "access_denied" ? Denied() : IntercomRefused(error);
  }
  connections::v1::FinishConnectRequest request;
  request.set_code(Parameter(call.request, "code"));
  request.set_state(Parameter(call.request, "state"));
  if (request.code().empty() || request.code().size() > kLongestParameter ||
      request.state().size() > kLongestParameter || !core::IsPlainText(request.code()) ||
      !core::IsPlainText(request.state())) {
    metrics_.ConnectEnded("malformed");
    return Incomplete();
  }
  try {
    return Finish(request);
  } catch (const core::InvalidArgument&) {
    metrics_.ConnectEnded("malformed");
    return Incomplete();
  } catch (const core::Unavailable& unavailable) {
    return Failed(unavailable, 503);
  } catch (const core::DeadlineExceeded& late) {
    return Failed(late, 504);
  } catch (const std::exception& defect) {
    return Failed(defect, 500);
  }
}

http::Response OauthHandlers::Finish(const connections::v1::FinishConnectRequest& request) {
  const auto answer = connections_.FinishConnect(request);
  metrics_.ConnectEnded(EnumToJson(answer.outcome()));
  switch (answer.outcome()) {
    case connections::v1::CONNECT_DONE:
      logger_.Info("connected by OAuth", {{"product_id", answer.connection().product_id()},
                                          {"workspace_id", answer.connection().workspace_id()}});
      return ConnectedPage(answer.connection());
    case connections::v1::CONNECT_NEEDS_PRODUCT:
      return InstallationPage(200, {answer.installation(), answer.workspace_name(), {}, {}});
    default:
      logger_.Info("connecting by OAuth ended without a connection",
                   {{"outcome", EnumToJson(answer.outcome())}});
      return ProblemPage(ProblemOf(answer.outcome(), answer.detail()));
  }
}

http::Response OauthHandlers::Claim(const Call& call) {
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  if (auto media_type = CheckMediaType(call.request, {kForm}); media_type.refusal) {
    return *std::move(media_type.refusal);
  }
  InstallationForm form;
  try {
    form = ReadInstallationForm(call.request.body);
  } catch (const core::InvalidArgument& error) {
    const auto& field = error.field();
    return ProblemPage(
        {400, "The form is incomplete",
         field.empty() ? error.problem() : "The field " + field + " " + error.problem() + ".",
         "Go back and fill it in again."});
  }
  try {
    return ClaimWith(form);
  } catch (const core::Unavailable& unavailable) {
    return Failed(unavailable, 503);
  } catch (const core::DeadlineExceeded& late) {
    return Failed(late, 504);
  } catch (const std::exception& defect) {
    return Failed(defect, 500);
  }
}

http::Response OauthHandlers::ClaimWith(const InstallationForm& form) {
  // The key comes first: without one nobody gets to try installations.
  const auto caller = callers_.Find(form.api_key);
  if (!caller) return AskAgain(401, form, "This key is not known, or it was revoked.");
  if (const auto delay = callers_.Delay(*caller)) {
    auto response = AskAgain(429, form, "This key sends too many requests. Wait a moment.");
    response.headers["Retry-After"] = std::to_string(delay->count());
    return response;
  }
  if (!caller->is_operator()) {
    if (caller->api_key->product != form.product) {
      return AskAgain(404, form, "This key knows no such product.");
    }
    if (!caller->api_key->scopes.contains(connections::v1::ADMIN)) {
      return AskAgain(403, form, "This key does not have the scope admin.");
    }
  }
  return Connect(form, *caller);
}

http::Response OauthHandlers::Connect(const InstallationForm& form, const Caller& caller) {
  connections::v1::ClaimInstallationRequest request;
  request.set_installation(form.installation);
  request.set_product_id(form.product.value());
  try {
    const auto connection = connections_.ClaimInstallation(request);
    metrics_.ConnectEnded("installation_claimed");
    logger_.Info("an installation was claimed", {{"product_id", connection.product_id()},
                                                 {"workspace_id", connection.workspace_id()},
                                                 {"operator", caller.is_operator()},
                                                 {"api_key_id", caller.api_key_id()}});
    return ConnectedPage(connection);
  } catch (const core::NotFound& error) {
    metrics_.ConnectEnded("installation_unknown");
    return ProblemPage({404, "There is nothing to connect any more",
                        std::string("The answer was: ") + error.what() + ".",
                        "Look at the product's number, or install the app again in Intercom's App "
                        "Store."});
  } catch (const core::InvalidArgument& error) {
    metrics_.ConnectEnded("malformed");
    return AskAgain(400, form, std::string("That cannot be: ") + error.what() + ".");
  } catch (const core::FailedPrecondition& error) {
    metrics_.ConnectEnded("installation_refused");
    return ProblemPage({409, "Intercom could not be connected",
                        std::string("The answer was: ") + error.what() + ".",
                        "Install the app again in Intercom's App Store."});
  }
}

http::Response OauthHandlers::Failed(const std::exception& error, int status) {
  metrics_.ConnectEnded("failed");
  logger_.Warn("a page of connecting cannot be answered",
               {{"status", status}, {"error", error.what()}});
  if (status == 500) {
    return ProblemPage({status, "Something went wrong", "The cause is in the log of this service.",
                        "Look whether Intercom is connected. If it is not, start again."});
  }
  return ProblemPage({status, "We cannot answer right now",
                      "A part of this service does not answer. Nothing is known to be connected.",
                      "Load this page again in a minute."});
}

}  // namespace accoil::gateway
