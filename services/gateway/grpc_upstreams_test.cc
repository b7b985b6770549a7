#include "services/gateway/grpc_upstreams.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include "accoil/connections/v1/connections.grpc.pb.h"
#include "accoil/matcher/v1/matcher.grpc.pb.h"
#include "accoil/tagging/v1/tagging.grpc.pb.h"
#include "accoil/traitsync/v1/traitsync.grpc.pb.h"
#include "accoil/widget/v1/widget.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/rpc/server.h"
#include "libs/telemetry/telemetry.h"
#include "libs/telemetry/trace.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using namespace std::chrono_literals;

/// Answers with what shows that the request arrived, or waits when the name says so.
class ConnectionsService final : public connections::v1::Connections::Service {
 public:
  grpc::Status CreateProduct(grpc::ServerContext* context,
                             const connections::v1::CreateProductRequest* request,
                             connections::v1::Product* response) override {
    const auto& metadata = context->client_metadata();
    const auto at = metadata.find("traceparent");
    if (at != metadata.end()) response->set_name({at->second.data(), at->second.size()});
    response->set_product_id(static_cast<std::int64_t>(request->name().size()));
    return grpc::Status::OK;
  }
  grpc::Status GetProduct(grpc::ServerContext*, const connections::v1::GetProductRequest*,
                          connections::v1::Product*) override {
    return {grpc::StatusCode::NOT_FOUND, "no such product"};
  }
  grpc::Status PutProfile(grpc::ServerContext*, const connections::v1::PutProfileRequest*,
                          connections::v1::Profile*) override {
    return {grpc::StatusCode::INVALID_ARGUMENT, "must be unique", "field:name"};
  }
  grpc::Status ListProducts(grpc::ServerContext*, const connections::v1::ListProductsRequest*,
                            connections::v1::ListProductsResponse*) override {
    released_.wait();
    return grpc::Status::OK;
  }
  /// Lets the calls of ListProducts return.
  void Release() { release_.set_value(); }

 private:
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
};

class MatcherService final : public matcher::v1::Matcher::Service {
 public:
  grpc::Status StartRun(grpc::ServerContext*, const matcher::v1::StartRunRequest* request,
                        matcher::v1::Run* response) override {
    response->set_product_id(request->product_id());
    return grpc::Status::OK;
  }
};

class TraitSyncService final : public traitsync::v1::TraitSync::Service {
 public:
  grpc::Status GetSummary(grpc::ServerContext*, const traitsync::v1::GetSummaryRequest* request,
                          traitsync::v1::Summary* response) override {
    response->set_due(request->product_id());
    return grpc::Status::OK;
  }
};

/// Renders the workspace's id, but for "slow" only once the gateway has given up. Remembers by when
/// the last call had to be answered.
class WidgetService final : public widget::v1::Widget::Service {
 public:
  grpc::Status Render(grpc::ServerContext* context, const widget::v1::RenderBatch* request,
                      widget::v1::RenderedBatch* response) override {
    deadline_ = context->deadline();
    for (const auto& one : request->requests()) {
      if (one.workspace_id() == "slow") released_.wait();
      response->add_rendered()->set_body(one.workspace_id());
    }
    return grpc::Status::OK;
  }
  grpc::Status ListSubjects(grpc::ServerContext*, const widget::v1::ListSubjectsRequest* request,
                            widget::v1::ListSubjectsResponse* response) override {
    response->set_profile_id(request->profile_id());
    return grpc::Status::OK;
  }
  /// Lets the slow calls return.
  void Release() { release_.set_value(); }
  std::chrono::system_clock::time_point deadline() const { return deadline_; }

 private:
  std::atomic<std::chrono::system_clock::time_point> deadline_;
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
};

class TaggingService final : public tagging::v1::Tagging::Service {
 public:
  grpc::Status GetRule(grpc::ServerContext*, const tagging::v1::GetRuleRequest* request,
                       tagging::v1::Rule* response) override {
    response->set_rule_id(request->rule_id());
    return grpc::Status::OK;
  }
  grpc::Status CreateTagJob(grpc::ServerContext*, const tagging::v1::CreateTagJobRequest*,
                            tagging::v1::TagJob*) override {
    return {grpc::StatusCode::ALREADY_EXISTS, "the key was used for another request"};
  }
};

/// The five services on one port, and the gateway's clients of them.
struct Fixture {
  ConnectionsService connections_service;
  MatcherService matcher_service;
  TraitSyncService trait_sync_service;
  WidgetService widget_service;
  TaggingService tagging_service;
  telemetry::Telemetry telemetry{"test", "error"};
  rpc::Server server{{.address = {"127.0.0.1", 0}, .grace = 100ms},
                     {&connections_service, &matcher_service, &trait_sync_service, &widget_service,
                      &tagging_service},
                     telemetry};
  std::optional<GrpcUpstreams> upstreams;

  Fixture() {
    server.Start();
    const auto address = server.address();
    upstreams.emplace(UpstreamAddresses{address, address, address, address, address},
                      RpcTimeouts{.ordinary = 500ms}, telemetry::Logger::Silent());
  }
};

TEST_CASE("calls reach their service with the trace of the request") {
  Fixture fixture;
  const auto trace = telemetry::NewTrace();
  const telemetry::TraceScope scope(trace);
  connections::v1::CreateProductRequest create;
  create.set_name("four");
  const auto product = fixture.upstreams->connections().CreateProduct(create);
  CHECK(product.product_id() == 4);
  CHECK(product.name().find(trace.trace_id) != std::string::npos);

  matcher::v1::StartRunRequest run;
  run.set_product_id(7);
  CHECK(fixture.upstreams->matcher().StartRun(run).product_id() == 7);
  traitsync::v1::GetSummaryRequest summary;
  summary.set_product_id(9);
  CHECK(fixture.upstreams->trait_sync().GetSummary(summary).due() == 9);
  tagging::v1::GetRuleRequest rule;
  rule.set_rule_id(3);
  CHECK(fixture.upstreams->tagging().GetRule(rule).rule_id() == 3);
  widget::v1::ListSubjectsRequest list;
  list.set_profile_id("trial");
  CHECK(fixture.upstreams->widget().ListSubjects(list).profile_id() == "trial");
}

TEST_CASE("what a service refuses is thrown as what it is") {
  Fixture fixture;
  CHECK_THROWS_AS(fixture.upstreams->connections().GetProduct({}), core::NotFound);
  CHECK_THROWS_WITH(fixture.upstreams->connections().PutProfile({}), "name: must be unique");
  CHECK_THROWS_AS(fixture.upstreams->tagging().CreateTagJob({}), core::Conflict);
}

TEST_CASE("a service that does not answer is given up at the deadline") {
  Fixture fixture;
  CHECK_THROWS_AS(fixture.upstreams->connections().ListProducts(), core::DeadlineExceeded);
  fixture.connections_service.Release();
}

TEST_CASE("a canvas that is slow is given up at a deadline of its own") {
  Fixture fixture;
  widget::v1::RenderBatch batch;
  batch.add_requests()->set_workspace_id("ws1");
  const auto began = std::chrono::system_clock::now();
  CHECK(fixture.upstreams->widget().Render(batch, 10s).rendered(0).body() == "ws1");
  // Beyond the ordinary 500 ms.
  CHECK(fixture.widget_service.deadline() > began + 5s);
  batch.add_requests()->set_workspace_id("slow");
  CHECK_THROWS_AS(fixture.upstreams->widget().Render(batch, 200ms), core::DeadlineExceeded);
  fixture.widget_service.Release();
}

TEST_CASE("a service that is away is unavailable, and a problem of readiness") {
  Fixture fixture;
  CHECK_FALSE(fixture.upstreams->ConnectionsProblem());
  const core::HostPort nobody{"127.0.0.1", 1};
  GrpcUpstreams away({nobody, nobody, nobody, nobody, nobody}, {}, telemetry::Logger::Silent());
  CHECK_THROWS_AS(away.matcher().GetSummary({}), core::Unavailable);
  CHECK_THROWS_WITH(away.trait_sync().GetSummary({}),
                    "trait-sync does not answer now; try again shortly");
  CHECK_THROWS_AS(away.widget().Render({}, 1s), core::Unavailable);
  CHECK_THROWS_WITH(away.tagging().ListRules({}),
                    "tagging-automation does not answer now; try again shortly");
  CHECK(away.ConnectionsProblem() == "connections does not answer");
}

}  // namespace
}  // namespace accoil::gateway
