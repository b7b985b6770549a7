#pragma once

#include <functional>

#include "libs/core/clock.h"
#include "libs/postgres/database.h"
#include "libs/telemetry/log.h"
#include "services/connections/budget_store.h"
#include "services/connections/metrics.h"
#include "services/connections/secret_cipher.h"
#include "services/connections/store.h"

namespace accoil::connections {

/// What everything that deals with connections works with, by reference: outlives it. Any thread.
struct Tools {
  postgres::Database& database;
  const Store& store;
  BudgetStore& budgets;
  const SecretCipher& cipher;
  const core::Clock& clock;
  Metrics& metrics;
  const telemetry::Logger& logger;
  /// Called after each commit that put something into the outbox.
  std::function<void()> published;
};

}  // namespace accoil::connections
