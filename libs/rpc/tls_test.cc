#include "libs/rpc/tls.h"

#include <grpcpp/grpcpp.h>

#include <fstream>

#include "accoil/matcher/v1/matcher.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/rpc/answer.h"
#include "libs/rpc/call.h"
#include "libs/rpc/server.h"
#include "libs/rpc/test_certificates.h"
#include "tests/catch.h"

namespace accoil::rpc {
namespace {

using std::chrono::milliseconds;
using Matcher = matcher::v1::Matcher;

/// Any service of ours will do to carry calls.
class Answering final : public Matcher::Service {
 public:
  grpc::Status GetRun(grpc::ServerContext* context, const matcher::v1::GetRunRequest*,
                      matcher::v1::Run*) override {
    return Answer(*context, telemetry::Logger::Silent(), [] {});
  }
};

struct Running {
  explicit Running(Tls tls)
      : server({.address = {"127.0.0.1", 0}, .tls = std::move(tls)}, {&service}, telemetry) {
    server.Start();
  }
  telemetry::Telemetry telemetry{"rpc-test", "error"};
  Answering service;
  Server server;
};

// Nothing here is about time: on a busy machine, instrumented, a call may take long.
constexpr milliseconds kPatience(30'000);

void CallOver(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = Matcher::NewStub(channel);
  Call(*stub, &Matcher::Stub::GetRun, matcher::v1::GetRunRequest(), kPatience, "GetRun");
}

bool Succeeds(const std::shared_ptr<grpc::Channel>& channel) {
  try {
    CallOver(channel);
    return true;
  } catch (const core::Unavailable&) {
    return false;
  }
}

std::vector<std::string> Problems(const Tls& tls) {
  core::Environment environment([&](const std::string& name) -> std::optional<std::string> {
    if (name == "ACCOIL_TLS_CERTIFICATE_FILE") return tls.certificate_file;
    if (name == "ACCOIL_TLS_KEY_FILE") return tls.key_file;
    if (name == "ACCOIL_TLS_CA_FILE") return tls.authority_file;
    if (name == "TARGET") return "host:1";
    return std::nullopt;
  });
  const auto target = Target::FromEnvironment(environment, "TARGET");
  Tls::FromEnvironment(environment);
  if (environment.problems().empty()) {
    CHECK(target.address.host == "host");
    CHECK(target.tls.certificate_file == tls.certificate_file);
    CHECK(target.tls.key_file == tls.key_file);
    CHECK(target.tls.authority_file == tls.authority_file);
  }
  return environment.problems();
}

}  // namespace

TEST_CASE("services with certificates of one authority talk to one another") {
  const TestFolder folder;
  const TestAuthority authority;
  Running running(authority.Issue(folder, "server", "DNS:localhost,IP:127.0.0.1"));
  const auto tls = authority.Issue(folder, "client", "DNS:client");
  const auto port = running.server.address().port;
  CallOver(MakeChannel({{"127.0.0.1", port}, tls}));
  CallOver(MakeChannel({{"localhost", port}, tls}));
}

TEST_CASE("a client without a certificate of the authority is refused") {
  const TestFolder folder;
  const TestAuthority authority;
  const auto server_files = authority.Issue(folder, "server");
  Running running(server_files);
  const auto address = running.server.address();

  SECTION("no TLS at all") { CHECK_FALSE(Succeeds(MakeChannel(address))); }
  SECTION("TLS, but no certificate") {
    std::ifstream file(server_files.authority_file);
    const std::string root{std::istreambuf_iterator<char>(file), {}};
    const auto credentials = grpc::SslCredentials({root, "", ""});
    CHECK_FALSE(Succeeds(grpc::CreateChannel(address.ToString(), credentials)));
  }
  SECTION("a certificate of another authority") {
    auto files = TestAuthority().Issue(folder, "stranger");
    // It knows the server; the server must not know it.
    files.authority_file = server_files.authority_file;
    CHECK_FALSE(Succeeds(MakeChannel({address, files})));
  }
  // The server is well, and serves those it knows.
  CallOver(MakeChannel({address, authority.Issue(folder, "client")}));
}

TEST_CASE("a server that cannot prove who it is is not talked to") {
  const TestFolder folder;
  const TestAuthority authority;
  const auto client = authority.Issue(folder, "client");

  SECTION("a certificate of another authority") {
    auto files = TestAuthority().Issue(folder, "impostor");
    files.authority_file = client.authority_file;
    const Running impostor(files);
    CHECK_FALSE(Succeeds(MakeChannel({impostor.server.address(), client})));
  }
  SECTION("a certificate with another name") {
    const Running other(authority.Issue(folder, "other", "DNS:other.example,IP:127.0.0.2"));
    CHECK_FALSE(Succeeds(MakeChannel({other.server.address(), client})));
    CHECK_FALSE(Succeeds(MakeChannel({{"localhost", other.server.address().port}, client})));
  }
  SECTION("no TLS at all") {
    const Running plain(Tls{});
    CHECK_FALSE(Succeeds(MakeChannel({plain.server.address(), client})));
  }
}

TEST_CASE("files that are replaced are read again") {
  const TestFolder folder;
  const TestAuthority before;
  auto files = before.Issue(folder, "server");
  files.refresh = std::chrono::seconds(1);
  Running running(files);
  const auto address = running.server.address();
  CallOver(MakeChannel({address, before.Issue(folder, "client")}));

  const TestAuthority after;
  after.Issue(folder, "server");
  const auto client = after.Issue(folder, "new-client");
  // A channel tries again by itself.
  const auto channel = MakeChannel({address, client});
  REQUIRE(channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20)));
  CallOver(channel);
}

TEST_CASE("the three files are set together, can be read and belong together") {
  const TestFolder folder;
  const TestAuthority authority;
  const auto good = authority.Issue(folder, "one");
  const auto other = authority.Issue(folder, "two");
  using Lines = std::vector<std::string>;
  CHECK(Problems({}).empty());
  CHECK(Problems(good).empty());

  auto tls = good;
  tls.key_file = "";
  CHECK(Problems(tls) ==
        Lines{"ACCOIL_TLS_KEY_FILE: is required when one of ACCOIL_TLS_CERTIFICATE_FILE, "
              "ACCOIL_TLS_KEY_FILE and ACCOIL_TLS_CA_FILE is set"});
  tls.key_file = other.key_file;
  CHECK(Problems(tls) ==
        Lines{"ACCOIL_TLS_KEY_FILE: must be the key of ACCOIL_TLS_CERTIFICATE_FILE"});
  tls = good;
  tls.certificate_file = "/nowhere";
  tls.authority_file = good.key_file;
  CHECK(Problems(tls) == Lines{"ACCOIL_TLS_CERTIFICATE_FILE: names a file that cannot be read",
                               "ACCOIL_TLS_CA_FILE: must name a PEM file of a certificate"});
}

}  // namespace accoil::rpc
