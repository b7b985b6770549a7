#include "libs/core/errors.h"
#include "libs/core/run.h"
#include "libs/events/consumer.h"
#include "libs/events/outbox.h"
#include "libs/events/topics.h"
#include "libs/http/admin_server.h"
#include "libs/rpc/server.h"
#include "libs/service/program.h"
#include "services/tagging-automation/config.h"
#include "services/tagging-automation/consumer.h"
#include "services/tagging-automation/delivery/dispatcher.h"
#include "services/tagging-automation/delivery/live_intercom.h"
#include "services/tagging-automation/delivery/tag_keeper.h"
#include "services/tagging-automation/jobs/selector.h"
#include "services/tagging-automation/jobs/tag_job_worker.h"
#include "services/tagging-automation/rules/rule_clock.h"
#include "services/tagging-automation/rules/settling.h"
#include "services/tagging-automation/service.h"

namespace accoil::tagging {

namespace {

std::vector<std::vector<postgres::Migration>> AllMigrations() {
  return {events::Migrations(), Migrations()};
}

int Run(const Config& config, telemetry::Telemetry& telemetry) {
  postgres::Database database(config.database, AllMigrations(), telemetry);
  events::EnsureTopics(config.consumer.kafka, telemetry.logger());

  const core::SystemClock clock;
  const auto random = core::SystemRandom();
  Wishes wishes(config.delivery.window);

  intercom::Transport transport(config.intercom, telemetry);
  intercom::Budget budget(config.connections, telemetry);
  intercom::Directory connections(config.connections);
  LiveIntercom intercom(transport, budget, connections);
  DeliveryStore deliveries(database);
  TagMetrics tag_metrics(telemetry);
  TagTools tools{deliveries, intercom,    config.delivery,   clock,
                 random,     tag_metrics, telemetry.logger()};
  Dispatcher dispatcher(tools);
  TagKeeper keeper(deliveries, config.delivery, tag_metrics, telemetry.logger());

  RuleMetrics rule_metrics(telemetry);
  RuleSets sets;
  Evaluation evaluation(sets, wishes, rule_metrics, config.rules.filter_patience);
  Settling settling(database, evaluation, clock, telemetry);
  RuleClock rule_clock(database, evaluation, clock, config.rules.clock, telemetry);
  Rules rules(database, wishes, clock, config.rules, [&] { settling.Wake(); });

  JobMetrics job_metrics(telemetry);
  FactSelector selector(clock);
  TagJobStore job_store;
  TagJobWorker job_worker({database, job_store, selector, wishes, job_metrics, telemetry.logger(),
                           random, config.delivery.history});
  TagJobs jobs(database, job_store, selector, wishes, job_metrics, [&] { job_worker.Wake(); });
  Audit audit(database, job_store, [&] { dispatcher.Wake(); });

  Directory directory(wishes,
                      {[&] { dispatcher.Wake(); },
                       [&](core::ProductId product) { dispatcher.ConnectionChanged(product); }});
  RuleFacts rule_facts(evaluation, clock);
  FactHandler handler(directory, rule_facts);
  events::Consumer consumer(config.consumer, FactHandler::Topics(), handler, database, telemetry);
  events::OutboxRelay relay(config.consumer.kafka, database, telemetry);

  Service service(rules, jobs, audit, telemetry.logger());
  rpc::Server server(config.rpc, {&service}, telemetry);
  http::AdminServer admin(config.admin, telemetry);
  admin.AddCheck("database", [&] { return database.Problem(); });
  admin.AddCheck("kafka", [&] { return consumer.Problem(); });
  admin.OnScrape([&] {
    try {
      const auto backlog = deliveries.CountBacklog();
      tag_metrics.SetBacklog(static_cast<double>(backlog.due),
                             std::chrono::duration<double>(backlog.oldest).count(),
                             static_cast<double>(backlog.waiting));
      job_metrics.SetOpen(static_cast<double>(
          database.Transact([&](postgres::Transaction& tx) { return job_store.CountOpen(tx); })));
    } catch (const core::Unavailable& error) {
      telemetry.logger().Warn("what is due cannot be counted", {{"problem", error.what()}});
    }
  });
  return core::RunUntilSignalled(config.drain, admin, relay, budget, dispatcher, keeper, settling,
                                 rule_clock, job_worker, consumer, server);
}

int Serve() {
  const auto config = Config::FromEnvironment();
  telemetry::Telemetry telemetry("tagging-automation", config.log_level);
  try {
    return Run(config, telemetry);
  } catch (const std::exception& error) {
    telemetry.logger().Error("cannot start", {{"problem", error.what()}});
    return 1;
  }
}

}  // namespace
}  // namespace accoil::tagging

int main(int argc, char** argv) {
  using namespace accoil;
  return service::Run({"tagging-automation",
                       "Tags contacts and companies in Intercom by rules and by hand.",
                       [](core::Environment& environment) { tagging::Config::Read(environment); },
                       tagging::Serve,
                       service::Schema{"tagging", tagging::AllMigrations()},
                       {}},
                      argc, argv);
}
