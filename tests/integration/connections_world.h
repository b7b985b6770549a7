#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "accoil/connections/v1/connections.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/events/consumer.h"
#include "libs/events/event.h"
#include "libs/rpc/call.h"
#include "libs/rpc/server.h"
#include "services/connections/service.h"
#include "services/connections/token_doubts.h"
#include "services/connections/uninstalls.h"
#include "tests/catch.h"
#include "tests/integration/postgres_fixture.h"

/// The service connections over gRPC on a real PostgreSQL, with an Intercom that answers as told.
namespace accoil::connections::test {

using namespace std::chrono_literals;
using Stub = v1::Connections::Stub;

/// The real time and what a test adds to it; any thread.
class MovableClock final : public core::Clock {
 public:
  core::TimePoint Now() const override {
    return std::chrono::system_clock::now() + std::chrono::seconds(ahead_.load());
  }
  void Advance(std::chrono::seconds by) { ahead_ += by.count(); }

 private:
  std::atomic<std::int64_t> ahead_{0};
};

/// Tokens that begin with "good" open workspace ws1, or the one behind their '@'. A code works once
/// and stands for the token "good-" + code. Any thread.
class FakeIntercom {
 public:
  IntercomCalls Calls() {
    return {.ask = [this](const std::string&, const std::string& token) { return Me(token); },
            .exchange = [this](const std::string& url,
                               const std::string& code) { return Exchange(url, code); },
            .uninstall = [this](const std::string&,
                                const std::string& token) { return Uninstall(token); }};
  }

  void Kill(const std::string& token) {
    const std::lock_guard lock(mutex_);
    dead_.insert(token);
  }
  std::vector<std::string> uninstalled() const {
    const std::lock_guard lock(mutex_);
    return uninstalled_;
  }

  /// Answers 503 to everything.
  std::atomic<bool> down = false;
  /// Answers 503 to GET /me alone.
  std::atomic<bool> me_down = false;
  std::atomic<int> asked = 0;
  std::atomic<int> exchanged = 0;

 private:
  using Kind = intercom::Failure::Kind;

  static intercom::Failure Failed(Kind kind, int status) {
    intercom::Failure failure;
    failure.kind = kind;
    failure.status = status;
    return failure;
  }
  static core::WorkspaceId WorkspaceOf(const std::string& token) {
    const auto at = token.find('@');
    return core::WorkspaceId(at == std::string::npos ? "ws1" : token.substr(at + 1));
  }

  intercom::Outcome<intercom::Workspace> Me(const std::string& token) {
    ++asked;
    const std::lock_guard lock(mutex_);
    if (down || me_down || token.starts_with("down")) {
      return {Failed(Kind::kServer, 503), std::nullopt};
    }
    if (!token.starts_with("good") || dead_.contains(token)) {
      return {Failed(Kind::kUnauthorized, 401), std::nullopt};
    }
    const auto reset = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch() + 10s);
    return {intercom::Workspace{WorkspaceOf(token), "Workspace", "EU"},
            intercom::RateLimit{1'666, 1'600, reset.count()}};
  }

  intercom::Outcome<std::string> Exchange(const std::string& url, const std::string& code) {
    ++exchanged;
    const std::lock_guard lock(mutex_);
    if (down || url != "http://intercom.test") return {Failed(Kind::kServer, 503), std::nullopt};
    if (!code.starts_with("code") || !used_codes_.insert(code).second) {
      return {Failed(Kind::kRefused, 400), std::nullopt};
    }
    return {"good-" + code, std::nullopt};
  }

  intercom::Outcome<intercom::Done> Uninstall(const std::string& token) {
    const std::lock_guard lock(mutex_);
    if (down) return {Failed(Kind::kServer, 503), std::nullopt};
    if (dead_.contains(token)) return {Failed(Kind::kUnauthorized, 401), std::nullopt};
    uninstalled_.push_back(token);
    dead_.insert(token);
    return {intercom::Done{}, std::nullopt};
  }

  mutable std::mutex mutex_;
  // All below guarded by mutex_.
  std::set<std::string> dead_;
  std::set<std::string> used_codes_;
  std::vector<std::string> uninstalled_;
};

/// The service without Kafka and without its loops: what it would publish stays in the outbox, and
/// a test takes the loops' steps itself.
struct World {
  explicit World(OAuth::Settings oauth_settings = Configured())
      : oauth(tools, workspaces, calls, std::move(oauth_settings)) {
    server.Start();
    stub = v1::Connections::NewStub(rpc::MakeChannel(server.address()));
  }
  ~World() { server.Stop(); }

  static OAuth::Settings Configured() {
    return {{"the-app", "own-client-secret"},
            "http://intercom.test/oauth",
            "https://connect.test",
            "http://intercom.test"};
  }

  template <typename Request, typename Response>
  Response Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    return rpc::Call(*stub, method, request, 10s, "the call");
  }

  core::ProductId MakeProduct(const std::string& name = "Product") {
    v1::CreateProductRequest request;
    request.set_name(name);
    return core::ProductId(Call(&Stub::CreateProduct, request).product_id());
  }
  v1::CreateApiKeyResponse MakeKey(core::ProductId product, const std::string& label = "key") {
    v1::CreateApiKeyRequest request;
    request.set_product_id(product.value());
    request.set_label(label);
    request.add_scopes(v1::ADMIN);
    return Call(&Stub::CreateApiKey, request);
  }

  v1::Connection Connect(core::ProductId product, const std::string& token,
                         const std::string& client_secret = "") {
    v1::PutConnectionRequest request;
    request.set_product_id(product.value());
    request.set_access_token(token);
    request.set_client_secret(client_secret);
    return Call(&Stub::PutConnection, request);
  }
  v1::Connection GetConnection(core::ProductId product) {
    v1::GetConnectionRequest request;
    request.set_product_id(product.value());
    return Call(&Stub::GetConnection, request);
  }
  v1::WorkspaceAccess Access(core::ProductId product, bool while_disconnecting = false) {
    v1::GetWorkspaceAccessRequest request;
    request.set_product_id(product.value());
    request.set_while_disconnecting(while_disconnecting);
    return Call(&Stub::GetWorkspaceAccess, request);
  }
  void Refused(const std::string& token) {
    v1::ReportUnauthorizedRequest request;
    request.set_workspace_id("ws1");
    request.set_access_token(token);
    Call(&Stub::ReportUnauthorized, request);
  }
  v1::Connection Disconnect(core::ProductId product) {
    v1::DisconnectRequest request;
    request.set_product_id(product.value());
    return Call(&Stub::Disconnect, request);
  }
  void FinishDisconnect(core::ProductId product, std::int64_t version,
                        const std::string& left_behind = "") {
    v1::FinishDisconnectRequest request;
    request.set_product_id(product.value());
    request.set_version(version);
    request.set_left_behind(left_behind);
    Call(&Stub::FinishDisconnect, request);
  }

  /// The state in the URL that the product's connecting begins with.
  std::string StartConnect(core::ProductId product, std::int64_t api_key_id = 0) {
    v1::StartConnectRequest request;
    request.set_product_id(product.value());
    request.set_api_key_id(api_key_id);
    const auto url = Call(&Stub::StartConnect, request).authorize_url();
    return url.substr(url.find("state=") + 6);
  }
  v1::FinishConnectResponse FinishConnect(const std::string& code, const std::string& state) {
    v1::FinishConnectRequest request;
    request.set_code(code);
    request.set_state(state);
    return Call(&Stub::FinishConnect, request);
  }
  v1::Connection ConnectByOAuth(core::ProductId product, const std::string& code) {
    const auto finished = FinishConnect(code, StartConnect(product));
    REQUIRE(finished.outcome() == v1::CONNECT_DONE);
    return finished.connection();
  }

  /// The events of a type in the outbox, oldest first.
  template <typename Message>
  std::vector<Message> Published() {
    std::vector<Message> messages;
    const std::string topic(events::TopicOf<Message>());
    for (const auto& hex : postgres.Texts(
             "SELECT encode(value, 'hex') FROM outbox WHERE topic = '" + topic + "' ORDER BY id")) {
      std::string bytes;
      for (std::size_t place = 0; place < hex.size(); place += 2) {
        bytes += static_cast<char>(std::stoi(hex.substr(place, 2), nullptr, 16));
      }
      Message message;
      REQUIRE(message.ParseFromString(bytes));
      events::Validate(message);
      messages.push_back(message);
    }
    return messages;
  }
  /// The last connection-changed of a product.
  events::v1::ConnectionChanged Last(core::ProductId product) {
    events::v1::ConnectionChanged last;
    for (const auto& event : Published<events::v1::ConnectionChanged>()) {
      if (event.product_id() == product.value()) last = event;
    }
    return last;
  }

  /// How many rows of how many tables show a text, in whatever column: readable, or as bytes.
  std::int64_t RowsWith(const std::string& text) {
    std::int64_t rows = 0;
    for (const auto& table :
         postgres.Texts("SELECT table_name FROM information_schema.tables WHERE table_schema = "
                        "current_schema()")) {
      rows += postgres.Number("SELECT count(*) FROM \"" + table + "\" AS r WHERE r::text LIKE '%" +
                              text + "%' OR r::text LIKE '%' || encode('" + text +
                              "'::bytea, 'hex') || '%'");
    }
    return rows;
  }

  accoil::test::PostgresFixture postgres;
  std::unique_ptr<postgres::Database> database =
      postgres.Open({events::Migrations(), Migrations()});
  telemetry::Telemetry& telemetry = postgres.telemetry();
  FakeIntercom intercom;
  IntercomCalls calls = intercom.Calls();
  std::atomic<int> woken = 0;
  MovableClock clock;
  const Store store{};
  const SecretCipher cipher{{{"k1", std::string(32, 'a')}}};
  Metrics metrics{telemetry};
  BudgetStore budgets{*database, {}, metrics};
  const Tools tools{*database,          store, budgets, cipher, clock, metrics, telemetry.logger(),
                    [this] { ++woken; }};
  Profiles profiles{*database, store, clock, metrics, tools.published};
  Workspaces workspaces{tools, calls.ask, "http://intercom.test"};
  OAuth oauth;
  std::atomic<int> uninstalls_due = 0;
  Disconnects disconnects{tools, {.patience = 15min}, [this] { ++uninstalls_due; }};
  const core::Backoff backoff{1s, 8s};
  Uninstalls uninstalls{tools, calls, backoff, [] { return 0.0; }};
  TokenDoubts doubts{tools, workspaces, calls, backoff, [] { return 0.0; }};
  ApiKeys api_keys{*database, store, clock, metrics, std::string(32, 's')};
  Service service{{tools, profiles, workspaces, oauth, disconnects, api_keys}, "own-client-secret"};
  rpc::Server server{{.address = {"127.0.0.1", 0}}, service.faces(), telemetry};
  std::unique_ptr<v1::Connections::Stub> stub;
};

}  // namespace accoil::connections::test
