#pragma once

#include <functional>
#include <string>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/core/clock.h"
#include "libs/core/ids.h"
#include "libs/postgres/database.h"
#include "libs/telemetry/log.h"
#include "services/connections/budget_store.h"
#include "services/connections/metrics.h"
#include "services/connections/store.h"
#include "services/connections/token_cipher.h"
#include "services/connections/workspace_finder.h"

namespace accoil::connections {

/// The connections of products to workspaces. Every change is published as connection-changed by
/// the transaction that makes it. Tokens leave it only through Access. Any thread; what it is made
/// of outlives it.
class Workspaces {
 public:
  /// What it works with, by reference: outlives it.
  struct Parts {
    postgres::Database& database;
    const Store& store;
    BudgetStore& budgets;
    const TokenCipher& cipher;
    const core::Clock& clock;
    Metrics& metrics;
    const telemetry::Logger& logger;
  };
  /// `base_url` overrides the regions' when not empty; `published` is called after each commit that
  /// put something into the outbox.
  Workspaces(const Parts& parts, AskWho ask, std::string base_url, std::function<void()> published)
      : parts_(parts),
        ask_(std::move(ask)),
        base_url_(std::move(base_url)),
        published_(std::move(published)) {}

  /// Checks the token at Intercom, then connects. Throws core::InvalidArgument, core::NotFound (no
  /// such product), core::FailedPrecondition (token refused), core::Unavailable.
  v1::Connection Put(const v1::PutConnectionRequest& request);
  /// Throws core::NotFound when the product was never connected.
  v1::Connection Get(core::ProductId product);
  /// Throws core::NotFound (no such product), core::FailedPrecondition (not connected).
  v1::WorkspaceAccess Access(core::ProductId product);
  /// Disconnects the connections of the workspace that use this very token.
  void TokenWasRefused(const core::WorkspaceId& workspace, const std::string& token);

 private:
  void Save(postgres::Transaction& tx, StoredConnection& connection);
  void KeepUnderCurrentKey(const StoredConnection& connection, const std::string& token);

  Parts parts_;
  AskWho ask_;
  std::string base_url_;
  std::function<void()> published_;
};

}  // namespace accoil::connections
