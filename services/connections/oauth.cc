#include "services/connections/oauth.h"

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "services/connections/connection_changes.h"
#include "services/connections/oauth_state.h"
#include "services/connections/one_time_secret.h"
#include "services/connections/validation.h"

namespace accoil::connections {
namespace {

constexpr std::size_t kLongestCode = 512;

template <typename Request>
std::optional<std::string> PrefixOf(const Request& request) {
  if (!request.has_attribute_prefix() || request.attribute_prefix().empty()) return std::nullopt;
  return request.attribute_prefix();
}

template <typename Request>
std::optional<bool> MatchByExternalIdOf(const Request& request) {
  if (!request.has_match_by_external_id()) return std::nullopt;
  return request.match_by_external_id();
}

v1::FinishConnectResponse Ended(v1::ConnectOutcome outcome, const std::string& detail = "") {
  v1::FinishConnectResponse response;
  response.set_outcome(outcome);
  response.set_detail(detail);
  return response;
}

}  // namespace

v1::StartConnectResponse OAuth::Start(const v1::StartConnectRequest& request) {
  ValidateProductId(request.product_id());
  ValidateAttributePrefix(request.attribute_prefix());
  if (settings_.app.client_id.empty()) {
    throw core::FailedPrecondition(
        "no OAuth app is configured here (ACCOIL_INTERCOM_CLIENT_ID); connect with an access token "
        "of the workspace");
  }
  const core::ProductId product(request.product_id());
  StoredOAuthState stored;
  stored.product = product;
  stored.attribute_prefix = PrefixOf(request);
  stored.match_by_external_id = MatchByExternalIdOf(request);
  stored.expires_at = tools_.clock.Now() + kOAuthStateLife;
  if (request.api_key_id() != 0) stored.api_key_id = request.api_key_id();
  const auto state = NewOneTimeSecret();
  tools_.database.Transact([&](postgres::Transaction& tx) {
    if (!tools_.store.FindProduct(tx, product)) {
      throw core::NotFound(Named(product) + " does not exist");
    }
    if (stored.api_key_id && !tools_.store.FindApiKey(tx, product, *stored.api_key_id)) {
      throw core::InvalidArgument("api_key_id", "must be a key of the product");
    }
    tools_.store.InsertOAuthState(tx, OneTimeSecretDigest(state), stored);
  });
  v1::StartConnectResponse response;
  response.set_authorize_url(AuthorizeUrl(settings_.authorize_url, settings_.app.client_id,
                                          RedirectUri(settings_.public_url), state));
  events::SetTime(stored.expires_at, *response.mutable_expires_at());
  return response;
}

v1::FinishConnectResponse OAuth::Finish(const v1::FinishConnectRequest& request) {
  auto response = [&] {
    if (settings_.app.client_id.empty()) return Ended(v1::CONNECT_NOT_CONFIGURED);
    return request.state().empty() ? FinishInstallation(request.code())
                                   : FinishState(request.code(), request.state());
  }();
  tools_.metrics.OAuthFinished(response.outcome());
  if (response.outcome() != v1::CONNECT_DONE && response.outcome() != v1::CONNECT_NEEDS_PRODUCT) {
    tools_.logger.Warn(
        "connecting by OAuth failed",
        {{"outcome", v1::ConnectOutcome_Name(response.outcome())}, {"detail", response.detail()}});
  }
  return response;
}

v1::FinishConnectResponse OAuth::FinishState(const std::string& code, const std::string& state) {
  if (!LooksLikeOneTimeSecret(state)) return Ended(v1::CONNECT_STATE_UNKNOWN);
  const auto digest = OneTimeSecretDigest(state);
  StoredOAuthState stored;
  const auto outcome = tools_.database.Transact([&](postgres::Transaction& tx) {
    const auto used = tools_.store.UseOAuthState(tx, digest, tools_.clock.Now());
    if (!used) return WhyNotUsable(tools_.store.FindOAuthState(tx, digest));
    stored = *used;
    if (!used->api_key_id) return v1::CONNECT_DONE;
    const auto caller = tools_.store.FindApiKey(tx, used->product, *used->api_key_id);
    const bool revoked = !caller || caller->key.has_revoked_at();
    return revoked ? v1::CONNECT_CALLER_REVOKED : v1::CONNECT_DONE;
  });
  if (outcome != v1::CONNECT_DONE) return Ended(outcome);

  auto exchange = ExchangeCode(code);
  if (!exchange.arrival) {
    if (exchange.outcome == v1::CONNECT_INTERCOM_UNAVAILABLE) {
      tools_.database.Transact(
          [&](postgres::Transaction& tx) { tools_.store.ReturnOAuthState(tx, digest); });
    }
    return Ended(exchange.outcome, exchange.detail);
  }
  auto& arrival = *exchange.arrival;
  arrival.attribute_prefix = stored.attribute_prefix;
  arrival.match_by_external_id = stored.match_by_external_id;
  auto response = Ended(v1::CONNECT_DONE);
  *response.mutable_connection() = tools_.database.Transact(
      [&](postgres::Transaction& tx) { return workspaces_.Connect(tx, stored.product, arrival); });
  response.set_workspace_name(arrival.workspace.name);
  return response;
}

v1::FinishConnectResponse OAuth::FinishInstallation(const std::string& code) {
  const auto exchange = ExchangeCode(code);
  if (!exchange.arrival) return Ended(exchange.outcome, exchange.detail);
  const auto& arrival = *exchange.arrival;
  const auto installation = NewOneTimeSecret();
  const auto digest = OneTimeSecretDigest(installation);
  tools_.database.Transact([&](postgres::Transaction& tx) {
    tools_.store.InsertInstallation(
        tx, digest,
        {.workspace = arrival.workspace,
         .base_url = arrival.base_url,
         .token = tools_.cipher.Encrypt(SecretPurpose::Installation(digest), arrival.token),
         .expires_at = tools_.clock.Now() + kInstallationLife});
  });
  tools_.logger.Info("installed from the App Store; waits for a product",
                     {{"workspace", arrival.workspace.id.value()}});
  auto response = Ended(v1::CONNECT_NEEDS_PRODUCT);
  response.set_installation(installation);
  response.set_workspace_name(arrival.workspace.name);
  return response;
}

OAuth::Exchange OAuth::ExchangeCode(const std::string& code) {
  if (code.empty() || code.size() > kLongestCode) {
    return {.outcome = v1::CONNECT_CODE_REFUSED, .detail = "it is not a code of Intercom's"};
  }
  const auto exchanged = intercom_.exchange(settings_.token_base_url, code);
  if (!exchanged.ok()) {
    const auto& failure = exchanged.failure();
    return {.outcome =
                failure.retryable() ? v1::CONNECT_INTERCOM_UNAVAILABLE : v1::CONNECT_CODE_REFUSED,
            .detail = "Intercom answered the code with: " + InWords(failure)};
  }
  try {
    const auto found = workspaces_.Find(exchanged.value());
    Arrival arrival;
    arrival.workspace = found.workspace;
    arrival.base_url = found.base_url;
    arrival.token = exchanged.value();
    arrival.origin = v1::OAUTH;
    return {.arrival = std::move(arrival)};
  } catch (const core::FailedPrecondition&) {
    // It has just given the token.
    return {.outcome = v1::CONNECT_INTERCOM_UNAVAILABLE,
            .detail = "Intercom does not take the token that it gave for the code"};
  } catch (const postgres::DatabaseUnavailable&) {
    throw;
  } catch (const core::Unavailable& error) {
    return {.outcome = v1::CONNECT_INTERCOM_UNAVAILABLE, .detail = error.what()};
  }
}

v1::Connection OAuth::Claim(const v1::ClaimInstallationRequest& request) {
  ValidateProductId(request.product_id());
  ValidateAttributePrefix(request.attribute_prefix());
  const core::NotFound not_found(
      "the installation is not known: it is older than an hour or has a product already; install "
      "the app again");
  if (!LooksLikeOneTimeSecret(request.installation())) throw not_found;
  const core::ProductId product(request.product_id());
  const auto digest = OneTimeSecretDigest(request.installation());
  return tools_.database.Transact([&](postgres::Transaction& tx) {
    tools_.store.LockProduct(tx, product);
    const auto stored = tools_.store.TakeInstallation(tx, digest, tools_.clock.Now());
    if (!stored) throw not_found;
    const auto token = tools_.cipher.Decrypt(SecretPurpose::Installation(digest), stored->token);
    if (!token) {
      throw core::FailedPrecondition(
          "the token of the installation cannot be decrypted: give the "
          "key " +
          stored->token.key_id + " in ACCOIL_ENCRYPTION_KEYS or install the app again");
    }
    Arrival arrival;
    arrival.workspace = stored->workspace;
    arrival.base_url = stored->base_url;
    arrival.token = *token;
    arrival.origin = v1::OAUTH;
    arrival.attribute_prefix = PrefixOf(request);
    arrival.match_by_external_id = MatchByExternalIdOf(request);
    return workspaces_.Connect(tx, product, arrival);
  });
}

std::chrono::milliseconds OAuth::ForgetOld() {
  tools_.database.Transact([&](postgres::Transaction& tx) {
    const auto now = tools_.clock.Now();
    tools_.store.DeleteOAuthStates(tx, now - kOAuthStateMemory);
    tools_.store.DeleteInstallations(tx, now);
  });
  return std::chrono::minutes(1);
}

}  // namespace accoil::connections
