#pragma once

#include <optional>
#include <string>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/core/ids.h"
#include "services/connections/intercom_calls.h"
#include "services/connections/tools.h"
#include "services/connections/workspace_finder.h"

namespace accoil::connections {

/// A token that Intercom vouched for, and how a product is to be connected with it.
struct Arrival {
  intercom::Workspace workspace;
  /// Where the workspace's REST API is.
  std::string base_url;
  std::string token;
  /// Of the app that the token belongs to; empty when that is the suite's own or unknown.
  std::string client_secret;
  v1::ConnectionOrigin origin = v1::CONNECTION_ORIGIN_UNSPECIFIED;
  /// None: as the product had it before, else the default.
  std::optional<std::string> attribute_prefix;
  std::optional<bool> match_by_external_id;
};

/// The connections of products to workspaces while they stand; disconnects.h has how they end.
/// Every change is published as connection-changed by the transaction that makes it. Tokens leave
/// the service only through Access. Any thread; what it is made of outlives it.
class Workspaces {
 public:
  /// `base_url` overrides the regions' when not empty.
  Workspaces(const Tools& tools, AskWho ask, std::string base_url)
      : tools_(tools), ask_(std::move(ask)), base_url_(std::move(base_url)) {}

  /// Checks the token at Intercom, then connects. Throws core::InvalidArgument, core::NotFound (no
  /// such product), core::FailedPrecondition (token refused), core::Unavailable.
  v1::Connection Put(const v1::PutConnectionRequest& request);
  /// Whose token it is, asked of Intercom, and the budget told of it. Throws
  /// core::FailedPrecondition (token refused), core::Unavailable.
  FoundWorkspace Find(const std::string& token);
  /// Connects, whatever the connection was before; what changes nothing publishes nothing. Throws
  /// core::NotFound (no such product).
  v1::Connection Connect(postgres::Transaction& tx, core::ProductId product,
                         const Arrival& arrival);
  /// Throws core::NotFound when the product was never connected.
  v1::Connection Get(core::ProductId product);
  /// Throws core::NotFound (no such product), core::FailedPrecondition (not connected).
  v1::WorkspaceAccess Access(core::ProductId product, bool while_disconnecting);
  /// Intercom answered 401: ends the connections of the workspace that use this very token.
  void TokenWasRefused(const core::WorkspaceId& workspace, const std::string& token,
                       DisconnectCause cause);

 private:
  const Tools& tools_;
  AskWho ask_;
  std::string base_url_;
};

}  // namespace accoil::connections
