// The gRPC face on a real PostgreSQL.

#include "libs/core/errors.h"
#include "libs/rpc/call.h"
#include "libs/rpc/server.h"
#include "services/trait-sync/service.h"
#include "tests/catch.h"
#include "tests/integration/traitsync_world.h"

namespace accoil::test {
namespace {

namespace v1 = traitsync::v1;
using Stub = v1::TraitSync::Stub;
using namespace std::chrono_literals;

constexpr auto kScore = "Accoil_TrialUsers_Score";

class ServedWorld : public TraitSyncWorld {
 public:
  ServedWorld() {
    server.Start();
    stub = v1::TraitSync::NewStub(rpc::MakeChannel(server.address()));
  }
  ~ServedWorld() { server.Stop(); }

  template <typename Request, typename Response>
  Response Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    return rpc::Call(*stub, method, request, 10s, "the call");
  }
  /// A request about the world's product.
  template <typename Request>
  static Request Of() {
    Request request;
    request.set_product_id(kProduct);
    return request;
  }

  std::atomic<int> sweeps{0};
  std::atomic<int> woken{0};
  traitsync::ReportStore reports{*database};
  traitsync::Service service{
      store, reports, config, postgres.telemetry(), [this] { ++sweeps; }, [this] { ++woken; }};
  rpc::Server server{{.address = {"127.0.0.1", 0}}, {&service}, postgres.telemetry()};
  std::unique_ptr<Stub> stub;
};

v1::PreviewProfileRequest Preview(events::v1::SyncMode mode) {
  auto request = ServedWorld::Of<v1::PreviewProfileRequest>();
  request.set_profile_id("trial");
  request.set_name("Trial Users");
  *request.add_catalogue() = TraitSyncWorld::Trait("Score", events::v1::INTEGER);
  request.set_sync_mode(mode);
  return request;
}

}  // namespace

TEST_CASE("reports are answered over gRPC") {
  ServedWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 5);
  world.SetTrait("u1", "Rate", "fast");
  world.DeliverAll();

  const auto attributes =
      world.Call(&Stub::ListAttributes, ServedWorld::Of<v1::ListAttributesRequest>());
  REQUIRE(attributes.attributes_size() == 1);
  CHECK(attributes.attributes(0).name() == kScore);
  CHECK(attributes.attributes(0).model() == "contact");
  CHECK(attributes.attributes(0).state() == "present");
  CHECK(attributes.attributes(0).ours());
  CHECK(attributes.attributes(0).has_checked_at());
  CHECK(!attributes.attributes(0).has_retry_at());

  v1::ExplainSubjectRequest explain;
  *explain.mutable_subject() = world.SubjectOf("u1", SubjectKind::kUser);
  const auto explained = world.Call(&Stub::ExplainSubject, explain);
  CHECK(explained.target_id() == "c1");
  CHECK(explained.attributes_size() == 5);

  const auto preview = world.Call(&Stub::PreviewProfile, Preview(events::v1::SEGMENTS_ONLY));
  REQUIRE(preview.attributes_size() == 1);
  CHECK(preview.attributes(0).name() == kScore);
  CHECK(preview.attributes(0).change() == "archive");
  CHECK(preview.attributes(0).subjects() == 1);
  CHECK(preview.contacts_losing() == 1);
  CHECK(preview.contacts_written() == 0);

  const auto problems = world.Call(&Stub::ListProblems, ServedWorld::Of<v1::ListProblemsRequest>());
  REQUIRE(problems.groups_size() == 1);
  CHECK(problems.groups(0).reason_class() == "value_unfit");
  REQUIRE(problems.groups(0).examples_size() == 1);
  CHECK(problems.groups(0).examples(0).subject_id() == "u1");
  CHECK(problems.groups(0).examples(0).product_id() == TraitSyncWorld::kProduct);

  auto retry = ServedWorld::Of<v1::RetryProblemRequest>();
  retry.set_key(problems.groups(0).key());
  CHECK(world.Call(&Stub::RetryProblem, retry).subjects() == 1);
  CHECK(world.woken == 1);
  retry.set_key("failing:503");
  CHECK_THROWS_AS(world.Call(&Stub::RetryProblem, retry), core::NotFound);

  const auto runs = world.Call(&Stub::ListRuns, ServedWorld::Of<v1::ListRunsRequest>());
  REQUIRE(runs.runs_size() >= 1);
  CHECK(runs.runs(0).kind() == "sweep");
  CHECK(runs.runs(0).has_started_at());
  CHECK(!world.Call(&Stub::GetSummary, ServedWorld::Of<v1::GetSummaryRequest>()).paused());
}

TEST_CASE("requests that can never be right are refused with their field") {
  ServedWorld world;
  world.Begin();
  CHECK_THROWS_AS(world.Call(&Stub::ListProblems, v1::ListProblemsRequest()),
                  core::InvalidArgument);
  v1::ExplainSubjectRequest explain;
  *explain.mutable_subject() = world.SubjectOf("", SubjectKind::kUser);
  CHECK_THROWS_AS(world.Call(&Stub::ExplainSubject, explain), core::InvalidArgument);
  explain.mutable_subject()->set_subject_id("u1");
  explain.mutable_subject()->clear_kind();
  CHECK_THROWS_AS(world.Call(&Stub::ExplainSubject, explain), core::InvalidArgument);
  auto preview = Preview(events::v1::ALL_TRAITS);
  preview.clear_name();
  CHECK_THROWS_AS(world.Call(&Stub::PreviewProfile, preview), core::InvalidArgument);
  CHECK_THROWS_AS(world.Call(&Stub::PreviewProfile, Preview(events::v1::SYNC_MODE_UNSPECIFIED)),
                  core::InvalidArgument);
  // One that is removed needs no more than its id.
  preview.set_removed(true);
  CHECK_NOTHROW(world.Call(&Stub::PreviewProfile, preview));
  auto retry = ServedWorld::Of<v1::RetryProblemRequest>();
  CHECK_THROWS_AS(world.Call(&Stub::RetryProblem, retry), core::InvalidArgument);
  retry.set_key(std::string(201, 'k'));
  CHECK_THROWS_AS(world.Call(&Stub::RetryProblem, retry), core::InvalidArgument);
}

}  // namespace accoil::test
