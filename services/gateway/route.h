#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "libs/core/ids.h"
#include "libs/http/message.h"

namespace accoil::gateway {

/// What a caller must have to use a route.
enum class Scope {
  /// Nothing: anybody.
  kPublic,
  /// A signature of Intercom's, which the handler checks.
  kIntercomSignature,
  /// A key with the scope admin as a field of the form, which the handler checks.
  kKeyInForm,
  /// An API key of the path's product with this scope.
  kIngest,
  kRead,
  kAdmin,
  /// The operator key.
  kOperator,
  /// Either of the two.
  kOperatorOrAdmin,
};

/// The scope as refusals name it, for example "operator or admin".
std::string_view NameOf(Scope scope);

/// A request that may be answered.
struct Call {
  const http::Request& request;
  /// The path's {product}, above 0; 0 on routes without one.
  core::ProductId product;
  /// The API key that calls; 0 for the operator and on routes that need no key.
  std::int64_t api_key_id = 0;
};

/// A request to another service that names the call's product and nothing else.
template <typename Request>
Request OfProduct(const Call& call) {
  Request request;
  request.set_product_id(call.product.value());
  return request;
}

struct Route {
  std::string method;
  /// As http::Server::Route takes it; {product} is the placeholder of the product.
  std::string path;
  Scope scope = Scope::kOperator;
  std::function<http::Response(const Call&)> handler;
  /// Bytes of a body that are taken even where the server takes less.
  std::size_t body_limit = 0;
};

}  // namespace accoil::gateway
