#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/core/errors.h"
#include "libs/events/consumer.h"
#include "libs/events/event.h"
#include "libs/rpc/call.h"
#include "libs/rpc/server.h"
#include "services/tagging-automation/consumer.h"
#include "services/tagging-automation/jobs/selector.h"
#include "services/tagging-automation/jobs/tag_job_worker.h"
#include "services/tagging-automation/rules/settling.h"
#include "services/tagging-automation/service.h"
#include "tests/integration/postgres_fixture.h"

namespace accoil::test {

/// tagging-automation as the gateway reaches it: over gRPC, with its tables behind it and events
/// given to its handler. Nothing goes to Intercom, and what works by itself does so when asked to.
class ServedTagging {
 public:
  using Stub = tagging::v1::Tagging::Stub;
  static constexpr std::int64_t kProduct = 7;

  ServedTagging() : database(postgres.Open({events::Migrations(), tagging::Migrations()})) {
    server_.Start();
    stub_ = tagging::v1::Tagging::NewStub(rpc::MakeChannel(server_.address()));
  }
  ~ServedTagging() { server_.Stop(); }

  template <typename Request, typename Response>
  Response Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    return rpc::Call(*stub_, method, request, std::chrono::seconds(10), "the call");
  }
  /// A request about the product.
  template <typename Request>
  static Request Of() {
    Request request;
    request.set_product_id(kProduct);
    return request;
  }
  /// The field that a call is refused for.
  template <typename Request, typename Response>
  std::string Refused(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
    try {
      Call(method, request);
    } catch (const core::InvalidArgument& error) {
      return error.field();
    }
    return "nothing";
  }

  // ---- what happens ----

  template <typename Message>
  void Tell(Message event) {
    if constexpr (requires { event.set_version(1); }) event.set_version(++version_);
    events::SetTime(clock.Now(), *event.mutable_occurred_at());
    events::Batch batch;
    batch.Add<Message>({.event = event,
                        .key = events::KeyOf(event),
                        .traceparent = {},
                        .published_at = clock.Now()});
    batch.Seal();
    database->Transact([&](postgres::Transaction& tx) { handler_.Apply(tx, batch); });
  }

  static events::v1::Subject User(const std::string& id, std::int64_t product = kProduct) {
    events::v1::Subject subject;
    subject.set_product_id(product);
    subject.set_kind(events::v1::USER);
    subject.set_subject_id(id);
    return subject;
  }
  void Identify(const std::string& id, std::int64_t product = kProduct) {
    events::v1::SubjectIdentified event;
    *event.mutable_subject() = User(id, product);
    event.set_name(id + " Lovelace");
    Tell(event);
  }
  void Match(const std::string& id, const std::string& contact) {
    events::v1::UserMatched event;
    *event.mutable_subject() = User(id);
    event.set_workspace_id("ws-1");
    event.set_target_id(contact);
    Tell(event);
  }
  void Score(const std::string& id, double score) {
    events::v1::TraitChanged event;
    *event.mutable_subject() = User(id);
    event.set_profile_id("trial");
    event.set_trait("Score");
    event.mutable_value()->set_number_value(score);
    Tell(event);
  }
  void Profile(const std::string& trait = "Score") {
    events::v1::ProfileChanged event;
    event.set_product_id(kProduct);
    event.set_profile_id("trial");
    event.set_name("Trial Users");
    event.set_sync_mode(events::v1::ALL_TRAITS);
    auto& score = *event.add_catalogue();
    score.set_name(trait);
    score.set_type(events::v1::INTEGER);
    score.add_on(events::v1::USER);
    score.add_on(events::v1::ACCOUNT);
    Tell(event);
  }
  /// A connected product with a profile and two users, of whom ada is matched.
  void Begin() {
    events::v1::ConnectionChanged connection;
    connection.set_product_id(kProduct);
    connection.set_workspace_id("ws-1");
    connection.set_state(events::v1::CONNECTED);
    Tell(connection);
    Profile();
    Identify("ada");
    Identify("bob");
    Match("ada", "c1");
    Score("ada", 30);
    Score("bob", 60);
  }
  void SettleRules() {
    while (settling.Step()) {
    }
  }

  /// "at-risk" for users whose score is below 40.
  static tagging::v1::CreateRuleRequest AtRisk() {
    tagging::v1::CreateRuleRequest request;
    auto& rule = *request.mutable_rule();
    rule.set_product_id(kProduct);
    rule.set_name("At risk");
    rule.set_profile_id("trial");
    rule.set_kind(events::v1::USER);
    rule.mutable_trigger()->mutable_custom()->set_condition("Score < 40");
    rule.set_state(tagging::v1::RULE_ACTIVE);
    auto& action = *rule.add_actions();
    action.set_tag("at-risk");
    action.set_target(tagging::v1::TAG_USER);
    return request;
  }
  static tagging::v1::CreateTagJobRequest Vip(const std::string& key = "key") {
    auto request = Of<tagging::v1::CreateTagJobRequest>();
    request.set_tag("vip");
    request.set_target(tagging::v1::TAG_USER);
    request.set_kind(events::v1::USER);
    request.set_idempotency_key(key);
    request.set_api_key_id(3);
    request.set_requested_by("Ann");
    return request;
  }

  PostgresFixture postgres;
  std::unique_ptr<postgres::Database> database;
  core::SystemClock clock;
  std::atomic<int> woken{0};
  std::atomic<int> due{0};

 private:
  tagging::Wishes wishes_{std::chrono::milliseconds(0)};
  tagging::Directory directory_{wishes_};
  tagging::RuleSets sets_;
  tagging::RuleMetrics rule_metrics_{postgres.telemetry()};
  tagging::Evaluation evaluation_{sets_, wishes_, rule_metrics_, std::chrono::minutes(1)};
  tagging::RuleFacts facts_{evaluation_, clock};
  tagging::FactHandler handler_{directory_, facts_};
  tagging::FactSelector selector_{clock};
  tagging::TagJobStore job_store_;
  tagging::JobMetrics job_metrics_{postgres.telemetry()};

 public:
  tagging::Settling settling{*database, evaluation_, clock, postgres.telemetry()};
  tagging::TagJobWorker worker{{*database, job_store_, selector_, wishes_, job_metrics_,
                                postgres.telemetry().logger(), [] { return 0.5; },
                                std::chrono::hours(24)}};

 private:
  tagging::Rules rules_{*database, wishes_, clock, {}, [this] { ++woken; }};
  tagging::TagJobs jobs_{*database, job_store_,   selector_,
                         wishes_,   job_metrics_, [this] { ++woken; }};
  tagging::Audit audit_{*database, job_store_, [this] { ++due; }};
  tagging::Service service_{rules_, jobs_, audit_, postgres.telemetry().logger()};
  rpc::Server server_{{.address = {"127.0.0.1", 0}}, {&service_}, postgres.telemetry()};
  std::unique_ptr<Stub> stub_;
  std::int64_t version_ = 0;
};

}  // namespace accoil::test
