#pragma once

#include <atomic>
#include <functional>
#include <stdexcept>
#include <utility>

#include "libs/core/clock.h"
#include "libs/postgres/database.h"
#include "libs/telemetry/log.h"
#include "services/matcher/config.h"
#include "services/matcher/contact_source.h"
#include "services/matcher/metrics.h"
#include "services/matcher/store.h"

namespace accoil::matcher {

/// What all matching works with. Everything outlives the work.
struct Tools {
  postgres::Database& database;
  Store& store;
  const MatchingConfig& config;
  const core::Clock& clock;
  Metrics& metrics;
  const telemetry::Logger& logger;
  /// Set when the service stops: work puts itself off at the next step.
  const std::atomic<bool>& stopping;
};

/// The product is no longer ours to work for: its connection changed, or another replica took over
/// what we seemed to have left.
class Superseded : public std::runtime_error {
 public:
  Superseded() : std::runtime_error("the claim on the product was lost") {}
};

/// The place where one claimed product is worked for: its source and its right to write. Belongs to
/// one thread and lives for one piece of work.
class Workbench {
 public:
  Workbench(const Tools& tools, const Claim& claim, ContactSource& source)
      : tools_(tools), claim_(claim), source_(source), held_at_(tools.clock.Now()) {}

  /// Runs `work` in a transaction that holds the claim: it commits only while the product is ours
  /// and connected as it was. Throws Superseded or Postponed.
  template <typename Work>
  auto Transact(Work&& work) {
    if (tools_.stopping) throw Postponed("the service stops");
    held_at_ = Now();
    return tools_.database.Transact([&](postgres::Transaction& tx) {
      if (!tools_.store.Hold(tx, claim_, tools_.config.claim, held_at_)) throw Superseded();
      return work(tx);
    });
  }

  /// For one call: the claim is renewed first if that was not done for a while, so that calls which
  /// wait for their permits do not lose it.
  ContactSource& source() {
    if (Now() - held_at_ > tools_.config.claim / 4) {
      Transact([](postgres::Transaction&) {});
    }
    return source_;
  }
  int calls() const { return source_.calls(); }

  /// What long work is to let in between its steps.
  void LetIn(std::function<void()> urgent) { urgent_ = std::move(urgent); }
  /// For long work, between two steps and outside of a transaction: does what cannot wait until all
  /// of them are done. What was read before it may have changed.
  void Breathe() {
    if (urgent_) urgent_();
  }

  core::TimePoint Now() const { return tools_.clock.Now(); }
  const Connection& connection() const { return claim_.connection; }
  core::ProductId product() const { return claim_.connection.product; }
  const core::WorkspaceId& workspace() const { return claim_.connection.workspace; }
  Store& store() { return tools_.store; }
  const MatchingConfig& config() const { return tools_.config; }
  Metrics& metrics() { return tools_.metrics; }
  const telemetry::Logger& logger() const { return tools_.logger; }

 private:
  const Tools& tools_;
  const Claim& claim_;
  ContactSource& source_;
  std::function<void()> urgent_;
  /// When the claim was last renewed.
  core::TimePoint held_at_;
};

}  // namespace accoil::matcher
