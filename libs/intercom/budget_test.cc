#include "libs/intercom/budget.h"

#include <grpcpp/grpcpp.h>

#include <mutex>
#include <vector>

#include "accoil/connections/v1/connections.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/rpc/server.h"
#include "libs/telemetry/telemetry.h"
#include "tests/catch.h"

namespace accoil::intercom {
namespace {

using connections::v1::LeaseCallsRequest;
using connections::v1::LeaseCallsResponse;
using std::chrono::milliseconds;

constexpr std::int64_t kWindow = 1'700'000'010;
const core::WorkspaceId kWorkspace("ws1");

/// Takes in every request; the answers to the next `lost` of them never arrive.
class Authority final : public connections::v1::CallBudget::Service {
 public:
  grpc::Status LeaseCalls(grpc::ServerContext*, const LeaseCallsRequest* request,
                          LeaseCallsResponse* response) override {
    const std::lock_guard lock(mutex_);
    taken_.push_back(*request);
    if (lost > 0) {
      --lost;
      return {grpc::StatusCode::UNAVAILABLE, "the connection broke"};
    }
    response->set_granted(request->wanted());
    response->set_window_id(kWindow);
    response->mutable_valid_for()->set_seconds(3);
    return grpc::Status::OK;
  }

  std::vector<LeaseCallsRequest> taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  /// Of all reports that were taken in.
  int ended() const {
    int ended = 0;
    for (const auto& request : taken()) {
      for (const auto& report : request.reports()) ended += report.ended();
    }
    return ended;
  }

  std::atomic<int> lost = 0;

 private:
  mutable std::mutex mutex_;
  std::vector<LeaseCallsRequest> taken_;
};

struct Fixture {
  Fixture() {
    server.Start();
    budget.emplace(rpc::Target{server.address(), {}}, telemetry);
  }
  Grant Lease(int wanted = 1) { return budget->Lease(kWorkspace, connections::v1::TRAITS, wanted); }
  void End(int calls, int remaining) {
    for (int i = 0; i < calls; ++i) {
      budget->Ended(kWorkspace, kWindow, RateLimit{1'000, remaining, kWindow}, false);
    }
  }

  telemetry::Telemetry telemetry{"budget-test", "error"};
  Authority authority;
  rpc::Server server{
      {.address = {"127.0.0.1", 0}, .grace = milliseconds(100)}, {&authority}, telemetry};
  std::optional<Budget> budget;
};

TEST_CASE("calls that ended are reported with the next lease, once") {
  Fixture fixture;
  CHECK(fixture.Lease(5).calls == 5);
  fixture.End(3, 900);
  fixture.Lease();
  fixture.Lease();
  const auto taken = fixture.authority.taken();
  REQUIRE(taken.size() == 3);
  REQUIRE(taken[1].reports_size() == 1);
  CHECK(taken[1].reports(0).ended() == 3);
  CHECK(taken[1].reports(0).rate_limit().remaining() == 900);
  CHECK(taken[2].reports().empty());
}

TEST_CASE("calls that were reported are not reported again when the answer is lost") {
  Fixture fixture;
  fixture.End(3, 900);
  fixture.budget->Unused(kWorkspace, kWindow, 2);
  fixture.authority.lost = 1;
  CHECK(fixture.Lease(5).calls == 5);
  fixture.Lease();
  CHECK(fixture.authority.ended() == 3);
  int unused = 0;
  for (const auto& request : fixture.authority.taken()) {
    for (const auto& report : request.reports()) unused += report.unused();
  }
  CHECK(unused == 2);
}

TEST_CASE("what Intercom said of its limit is told again when the answer is lost") {
  Fixture fixture;
  fixture.End(1, 900);
  fixture.budget->Ended(kWorkspace, kWindow, RateLimit{1'000, 0, kWindow}, true);
  constexpr int kEvery = 100;
  fixture.authority.lost = kEvery;
  CHECK_THROWS_AS(fixture.Lease(), core::Unavailable);
  fixture.authority.lost = 0;
  fixture.Lease();
  const auto last = fixture.authority.taken().back();
  REQUIRE(last.reports_size() == 1);
  CHECK(last.reports(0).ended() == 0);
  CHECK(last.reports(0).throttled());
  CHECK(last.reports(0).rate_limit().limit() == 1'000);
  CHECK(last.reports(0).rate_limit().remaining() == 0);
}

}  // namespace
}  // namespace accoil::intercom
