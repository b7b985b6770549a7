#include <grpcpp/grpcpp.h>

#include <atomic>
#include <thread>

#include "accoil/matcher/v1/matcher.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/rpc/answer.h"
#include "libs/rpc/call.h"
#include "libs/rpc/server.h"
#include "libs/telemetry/trace.h"
#include "tests/catch.h"

namespace accoil::rpc {
namespace {

using std::chrono::milliseconds;

// Nothing here is about time: on a busy machine, instrumented, a call may take long.
constexpr milliseconds kPatience(30'000);

/// Any service of ours will do to carry calls.
class Matcher final : public matcher::v1::Matcher::Service {
 public:
  grpc::Status GetRun(grpc::ServerContext* context, const matcher::v1::GetRunRequest*,
                      matcher::v1::Run* response) override {
    return Answer(*context, telemetry::Logger::Silent(), [&] {
      if (body) body(*response);
    });
  }
  std::function<void(matcher::v1::Run&)> body;
};

struct Running {
  Running() : server({{"127.0.0.1", 0}}, {&service}, telemetry) {
    server.Start();
    stub = matcher::v1::Matcher::NewStub(MakeChannel(server.address()));
  }
  matcher::v1::Run GetRun(milliseconds timeout = kPatience) {
    return Call(*stub, &matcher::v1::Matcher::Stub::GetRun, matcher::v1::GetRunRequest(), timeout,
                "GetRun");
  }

  telemetry::Telemetry telemetry{"rpc-test", "error"};
  Matcher service;
  Server server;
  std::unique_ptr<matcher::v1::Matcher::Stub> stub;
};

template <typename Error>
void CheckTravels(Running& running, const Error& thrown) {
  running.service.body = [&](matcher::v1::Run&) { throw thrown; };
  CHECK_THROWS_AS(running.GetRun(), Error);
}

}  // namespace

TEST_CASE("errors arrive at the caller as what they were") {
  Running running;
  CheckTravels(running, core::NotFound("no such run"));
  CheckTravels(running, core::FailedPrecondition("connect first"));
  CheckTravels(running, core::Conflict("taken"));
  CheckTravels(running, core::Unauthenticated("who?"));
  CheckTravels(running, core::PermissionDenied("no"));
  CheckTravels(running, core::Unavailable("later"));
  CheckTravels(running, core::DeadlineExceeded("late"));
  running.service.body = [](matcher::v1::Run&) {
    throw core::InvalidArgument("catalogue[3].type", "must be a type");
  };
  try {
    running.GetRun();
    FAIL("nothing was thrown");
  } catch (const core::InvalidArgument& error) {
    CHECK(error.field() == "catalogue[3].type");
    CHECK(error.problem() == "must be a type");
  }
}

TEST_CASE("a defect's text stays with the service") {
  Running running;
  running.service.body = [](matcher::v1::Run&) { throw std::logic_error("password=secret"); };
  try {
    running.GetRun();
    FAIL("nothing was thrown");
  } catch (const std::runtime_error& error) {
    CHECK(std::string(error.what()) == "GetRun: internal error");
  }
}

TEST_CASE("a call without a deadline is refused") {
  Running running;
  grpc::ClientContext context;
  matcher::v1::Run response;
  const auto status = running.stub->GetRun(&context, {}, &response);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("calls are counted by method and code") {
  Running running;
  running.service.body = [](auto&) {};
  running.GetRun();
  running.service.body = [](auto&) { throw core::NotFound("no such run"); };
  CHECK_THROWS_AS(running.GetRun(), core::NotFound);
  const auto exposed = running.telemetry.metrics().Expose();
  for (
      const char* line :
      {R"(accoil_rpc_requests_total{code="OK",method="accoil.matcher.v1.Matcher/GetRun"} 1)",
       R"(accoil_rpc_requests_total{code="NOT_FOUND",method="accoil.matcher.v1.Matcher/GetRun"} 1)",
       R"(accoil_rpc_request_duration_seconds_count{method="accoil.matcher.v1.Matcher/GetRun"} 2)"}) {
    CAPTURE(exposed);
    CHECK(exposed.find(line) != std::string::npos);
  }
}

TEST_CASE("the caller's trace is the service's") {
  Running running;
  std::string seen;
  running.service.body = [&](matcher::v1::Run&) {
    seen = telemetry::CurrentTrace().value().trace_id;
  };
  const auto trace = telemetry::NewTrace();
  const telemetry::TraceScope scope(trace);
  running.GetRun();
  CHECK(seen == trace.trace_id);
}

TEST_CASE("a server that is gone is Unavailable, and is found again when it is back") {
  Running running;
  const auto address = running.server.address();
  running.GetRun();
  running.server.Stop();
  CHECK_THROWS_AS(running.GetRun(milliseconds(1'000)), core::Unavailable);
  Server again({address}, {&running.service}, running.telemetry);
  again.Start();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  bool answered = false;
  while (!answered && std::chrono::steady_clock::now() < give_up) {
    try {
      running.GetRun();
      answered = true;
    } catch (const core::Error&) {
      // Still reconnecting: the condition is waited for.
    }
  }
  CHECK(answered);
}

TEST_CASE("a call that was lost is made again, unless it would do something twice") {
  Running running;
  running.service.body = [](auto&) {};
  running.GetRun();
  const auto address = running.server.address();
  running.server.Stop();
  const auto call = [&](Lost lost) {
    return Call(*running.stub, &matcher::v1::Matcher::Stub::GetRun, matcher::v1::GetRunRequest(),
                milliseconds(5'000), "GetRun", lost);
  };
  CHECK_THROWS_AS(call(Lost::kFails), core::Unavailable);
  Server again({address}, {&running.service}, running.telemetry);
  again.Start();
  CHECK_NOTHROW(call(Lost::kAgain));
}

TEST_CASE("what a service answers is not asked for again") {
  Running running;
  std::atomic<int> calls = 0;
  running.service.body = [&](auto&) {
    ++calls;
    throw core::Unavailable("the database is away");
  };
  CHECK_THROWS_AS(running.GetRun(), core::Unavailable);
  CHECK(calls == 1);
}

TEST_CASE("retries end with the timeout, and after a few") {
  const grpc::Status lost(grpc::StatusCode::UNAVAILABLE, "connection refused");
  Retries patient(Lost::kAgain, milliseconds(60'000));
  int made = 0;
  while (patient.Next(lost)) ++made;
  CHECK(made == 3);
  CHECK_FALSE(Retries(Lost::kAgain, milliseconds(20)).Next(lost));
  CHECK_FALSE(Retries(Lost::kAgain, milliseconds(60'000))
                  .Next({grpc::StatusCode::DEADLINE_EXCEEDED, "late"}));
}

TEST_CASE("calls that come while a server stops are answered by its successor") {
  Running running;
  running.service.body = [](auto&) {};
  running.GetRun();
  const auto address = running.server.address();
  std::atomic<bool> done = false;
  std::atomic<int> answered = 0;
  std::atomic<bool> failed = false;
  // The caller's alone until it has ended.
  std::string failure;
  std::thread caller([&] {
    while (!done && !failed) {
      try {
        running.GetRun();
        ++answered;
      } catch (const std::exception& error) {
        failure = error.what();
        failed = true;
      }
    }
  });
  std::unique_ptr<Server> next;
  for (int round = 0; round < 5; ++round) {
    (next ? *next : running.server).Stop();
    next = std::make_unique<Server>(
        ServerConfig{address}, std::vector<grpc::Service*>{&running.service}, running.telemetry);
    next->Start();
    const int before = answered;
    while (answered < before + 3 && !failed) std::this_thread::yield();
  }
  done = true;
  caller.join();
  CHECK(failure == "");
}

TEST_CASE("two servers cannot share an address") {
  Running running;
  Server second({running.server.address()}, {&running.service}, running.telemetry);
  CHECK_THROWS_AS(second.Start(), core::Unavailable);
}

}  // namespace accoil::rpc
