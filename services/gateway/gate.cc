#include "services/gateway/gate.h"

#include "libs/core/text.h"

namespace accoil::gateway {
namespace {

using ApiScope = connections::v1::Scope;

/// The credential of "Authorization: Bearer …", empty when there is none.
std::string BearerOf(const http::Request& request) {
  constexpr std::string_view kBearer = "bearer ";
  const auto header = request.Header("Authorization");
  if (core::ToLower(header.substr(0, kBearer.size())) != kBearer) return {};
  return std::string(core::Trim(header.substr(kBearer.size())));
}

/// The scope of API keys that opens a route, if one does.
std::optional<ApiScope> ApiScopeFor(Scope scope) {
  switch (scope) {
    case Scope::kIngest:
      return ApiScope::INGEST;
    case Scope::kRead:
      return ApiScope::READ;
    case Scope::kAdmin:
    case Scope::kOperatorOrAdmin:
      return ApiScope::ADMIN;
    case Scope::kPublic:
    case Scope::kIntercomSignature:
    case Scope::kKeyInForm:
    case Scope::kOperator:
      return std::nullopt;
  }
  return std::nullopt;
}

/// Whether a route lets everybody through to its handler.
bool IsOpen(Scope scope) {
  return scope == Scope::kPublic || scope == Scope::kIntercomSignature ||
         scope == Scope::kKeyInForm;
}

bool OpensToOperator(Scope scope) {
  return scope == Scope::kOperator || scope == Scope::kOperatorOrAdmin;
}

http::Response Unauthenticated(bool had_credential) {
  auto response =
      http::Problem(401, had_credential ? "this key is not known, or it was revoked"
                                        : "send an API key as \"Authorization: Bearer KEY\"");
  // RFC 6750, section 3: an error code only when there was a credential.
  response.headers["WWW-Authenticate"] = had_credential
                                             ? "Bearer realm=\"accoil\", error=\"invalid_token\""
                                             : "Bearer realm=\"accoil\"";
  return response;
}

http::Response Forbidden(Scope scope) {
  const auto name = std::string(NameOf(scope));
  auto response = http::Problem(403, "this needs the scope " + name);
  response.headers["WWW-Authenticate"] =
      "Bearer realm=\"accoil\", error=\"insufficient_scope\", scope=\"" + name + "\"";
  return response;
}

http::Response OverRate(std::chrono::seconds delay) {
  auto response = http::Problem(429, "this key sends too many requests; wait as Retry-After says");
  response.headers["Retry-After"] = std::to_string(delay.count());
  return response;
}

/// The path's product: nothing when what stands there is no product id.
std::optional<core::ProductId> ProductOf(const http::Request& request) {
  const auto at = request.parameters.find("product");
  if (at == request.parameters.end()) return core::ProductId(0);
  const auto id = core::ParseInteger<std::int64_t>(at->second);
  if (!id || *id <= 0) return std::nullopt;
  return core::ProductId(*id);
}

http::Response NoSuchProduct() { return http::Problem(404, "no such product for this key"); }

}  // namespace

std::string_view NameOf(Scope scope) {
  switch (scope) {
    case Scope::kPublic:
      return "public";
    case Scope::kIntercomSignature:
      return "signature of Intercom";
    case Scope::kKeyInForm:
      return "admin, by a key in the form";
    case Scope::kIngest:
      return "ingest";
    case Scope::kRead:
      return "read";
    case Scope::kAdmin:
      return "admin";
    case Scope::kOperator:
      return "operator";
    case Scope::kOperatorOrAdmin:
      return "operator or admin";
  }
  return "operator";
}

Gate::Gate(Callers& callers, telemetry::Logger logger)
    : callers_(callers), logger_(std::move(logger)) {}

http::Handler Gate::Guard(Route route) {
  return [this, route = std::move(route)](const http::Request& request) {
    return Answer(route, request);
  };
}

http::Response Gate::Answer(const Route& route, const http::Request& request) {
  if (IsOpen(route.scope)) return route.handler({request, core::ProductId(0)});
  const auto credential = BearerOf(request);
  const auto caller = callers_.Find(credential);
  if (!caller) return Unauthenticated(!credential.empty());
  if (const auto delay = callers_.Delay(*caller)) return OverRate(*delay);
  const auto product = ProductOf(request);
  if (!product) return NoSuchProduct();
  if (caller->is_operator()) {
    if (!OpensToOperator(route.scope)) return Forbidden(route.scope);
  } else {
    const bool names_product = product->value() != 0;
    if (names_product && caller->api_key->product != *product) return NoSuchProduct();
    const auto needed = ApiScopeFor(route.scope);
    if (!needed || !caller->api_key->scopes.contains(*needed)) return Forbidden(route.scope);
  }
  auto response = route.handler({request, *product, caller->api_key_id()});
  LogChange(route, *caller, *product, response.status);
  return response;
}

void Gate::LogChange(const Route& route, const Caller& caller, core::ProductId product,
                     int status) const {
  if (route.scope == Scope::kIngest || route.scope == Scope::kRead || route.method == "GET") return;
  logger_.Info("changed over REST", {{"method", route.method},
                                     {"route", route.path},
                                     {"product_id", product.value()},
                                     {"status", status},
                                     {"operator", caller.is_operator()},
                                     {"api_key_id", caller.api_key_id()}});
}

}  // namespace accoil::gateway
