#include <atomic>

#include "libs/core/run.h"
#include "libs/events/consumer.h"
#include "libs/events/outbox.h"
#include "libs/events/topics.h"
#include "libs/http/admin_server.h"
#include "libs/intercom/session.h"
#include "libs/rpc/server.h"
#include "libs/service/program.h"
#include "libs/telemetry/costly_count.h"
#include "services/matcher/config.h"
#include "services/matcher/consumer.h"
#include "services/matcher/intercom_source.h"
#include "services/matcher/matching_runs.h"
#include "services/matcher/service.h"

namespace {

using namespace accoil;  // NOLINT(google-build-using-namespace): main only composes

std::vector<std::vector<postgres::Migration>> AllMigrations() {
  return {events::Migrations(), matcher::Migrations()};
}

int Serve() {
  const auto config = matcher::Config::FromEnvironment();
  telemetry::Telemetry telemetry("matcher", config.log_level);
  try {
    postgres::Database database(config.database, AllMigrations(), telemetry);
    events::EnsureTopics(config.consumer.kafka, telemetry.logger());

    const core::SystemClock clock;
    matcher::Metrics metrics(telemetry);
    matcher::Store store;
    std::atomic<bool> stopping{false};

    intercom::Transport transport(config.intercom, telemetry);
    intercom::Budget budget(config.connections_address, telemetry);
    intercom::Directory directory(config.connections_address);
    matcher::IntercomSources sources(transport, budget, directory, metrics, stopping);

    const matcher::Tools tools{database,           store,   config.matching, clock, metrics,
                               telemetry.logger(), stopping};
    matcher::MatchingRuns runs(tools, sources, stopping, core::SystemRandom());

    matcher::DirectoryConsumer handler(
        store, config.matching, clock, metrics,
        {.connection_changed = [&](core::ProductId product) { directory.Forget(product); },
         .work = [&] { runs.Wake(); }});
    events::Consumer consumer(config.consumer, matcher::Topics(), handler, database, telemetry);
    events::OutboxRelay relay(config.consumer.kafka, database, telemetry);

    matcher::Service service(database, store, clock, telemetry.logger(), [&] { runs.Wake(); });
    rpc::Server server(config.rpc, {service.grpc()}, telemetry);

    http::AdminServer admin(config.admin_address, telemetry);
    admin.AddCheck("database", [&] { return database.Problem(); });
    admin.AddCheck("kafka", [&] { return consumer.Problem(); });
    telemetry::CostlyCount standing(std::chrono::seconds(15), [&] {
      metrics.Standing(
          database.Transact([&](postgres::Transaction& tx) { return store.CountStanding(tx); }));
    });
    admin.OnScrape([&] {
      try {
        standing.IfDue();
        const auto [users, accounts] = database.Transact(
            [&](postgres::Transaction& tx) { return store.CountDue(tx, clock.Now()); });
        metrics.Waiting(users, accounts);
      } catch (const core::Unavailable& error) {
        telemetry.logger().Warn("what is due and what is matched cannot be counted",
                                {{"error", error.what()}});
      }
    });

    return core::RunUntilSignalled(config.drain, admin, relay, budget, runs, consumer, server);
  } catch (const std::exception& error) {
    telemetry.logger().Error("cannot start", {{"error", error.what()}});
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  return service::Run({"matcher",
                       "Finds out which contact and company in Intercom is which user and account.",
                       [](core::Environment& environment) { matcher::Config::Read(environment); },
                       Serve,
                       service::Schema{"matcher", AllMigrations()},
                       {}},
                      argc, argv);
}
