#include <condition_variable>

#include "tests/intercom-simulator/signature.h"
#include "tests/intercom-simulator/test_bed.h"

namespace accoil::simulator {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

/// Stands in for the app: keeps what it is sent.
class Receiver {
 public:
  Receiver() {
    for (const char* path : {"/hooks", "/uninstalled"}) {
      server_.Route("POST", path, [this](const http::Request& request) { return Take(request); });
    }
    server_.Start();
  }
  ~Receiver() { server_.Stop(); }

  std::string Url(const std::string& path) {
    return "http://" + server_.address().ToString() + path;
  }
  /// Answers the next requests so, one after the other; what comes after them with 200.
  void Answer(std::vector<int> statuses) {
    const std::lock_guard lock(mutex_);
    statuses_ = {statuses.begin(), statuses.end()};
  }
  /// The first `count` requests, when they have arrived.
  std::vector<http::Request> Await(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(arrived_.wait_for(lock, 10s, [&] { return requests_.size() >= count; }));
    return requests_;
  }

 private:
  http::Response Take(const http::Request& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    arrived_.notify_all();
    http::Response response;
    if (!statuses_.empty()) {
      response.status = statuses_.front();
      statuses_.pop_front();
    }
    return response;
  }

  telemetry::Telemetry telemetry_{"receiver", "error"};
  http::Server server_{{.address = {"127.0.0.1", 0}, .threads = 4}, "receiver", telemetry_};
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<http::Request> requests_;
  std::deque<int> statuses_;
};

/// A simulator whose app is installed with the token "a" and has a receiver.
struct WebhookBed {
  WebhookBed() {
    ChangeApp({{"webhook_url", receiver.Url("/hooks")}});
    CHECK(bed.Control("POST", "workspaces", R"({"id_code":"demo-ws","app_tokens":["a"]})").status ==
          200);
  }
  void ChangeApp(const json& changes) {
    CHECK(bed.Control("PUT", "app", changes.dump()).status == 200);
  }
  /// The bodies of the first `count` notifications.
  std::vector<json> Notifications(std::size_t count) {
    std::vector<json> bodies;
    for (const auto& request : receiver.Await(count)) bodies.push_back(json::parse(request.body));
    return bodies;
  }
  /// By topic, of the first `count`.
  std::map<std::string, json> ByTopic(std::size_t count) {
    std::map<std::string, json> by_topic;
    for (auto& body : Notifications(count)) by_topic[body["topic"]] = body["data"]["item"];
    return by_topic;
  }
  /// Waits until nothing is left to send. Answers the totals.
  json AwaitQuiet() {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < deadline) {
      auto totals = bed.Control("GET", "webhooks/totals").body;
      if (totals["pending"] == 0) return totals;
    }
    FAIL("webhooks are still pending");
    return {};
  }

  std::vector<json> Sent(const std::string& path) { return bed.Control("GET", path).body; }

  // Outlives the bed, which may still be sending.
  Receiver receiver;
  TestBed bed;
};

TEST_CASE("a notification has Intercom's form and is signed over its raw bytes") {
  WebhookBed hooks;
  const auto id = hooks.bed.ids[2];
  CHECK(hooks.bed.Call("PUT", "/contacts/" + id, {{"email", "New@b.c"}}).status == 200);
  const auto request = hooks.receiver.Await(1)[0];
  CHECK(request.Header("X-Hub-Signature") == HubSignature("secret", request.body));
  CHECK(request.Header("Content-Type") == "application/json");
  const auto body = json::parse(request.body);
  CHECK(body["type"] == "notification_event");
  CHECK(body["app_id"] == "demo-ws");
  CHECK(body["topic"] == "contact.email.updated");
  CHECK(body["id"].get<std::string>().starts_with("notif_"));
  CHECK(body["created_at"] == 1734537240);
  CHECK(body["delivery_attempts"] == 1);
  CHECK(body["data"]["type"] == "notification_event_data");
  const auto& item = body["data"]["item"];
  CHECK(item["type"] == "contact");
  CHECK(item["id"] == id);
  CHECK(item["email"] == "new@b.c");
  CHECK(item["updated_at"] == "2024-12-18T15:54:00.000+00:00");
}

TEST_CASE("created contacts are told by role") {
  WebhookBed hooks;
  const auto user = hooks.bed.Call("POST", "/contacts", {{"email", "u@b.c"}, {"role", "user"}});
  auto told = hooks.ByTopic(2);
  CHECK(told.at("contact.created")["id"] == user.body["id"]);
  CHECK(told.at("contact.user.created")["id"] == user.body["id"]);
  const auto lead = hooks.bed.Call("POST", "/contacts", {{"role", "lead"}, {"name", "L"}});
  told = hooks.ByTopic(4);
  CHECK(told.at("contact.lead.created")["id"] == lead.body["id"]);
  hooks.bed.Call("PUT", "/contacts/" + lead.body["id"].get<std::string>(),
                 {{"email", "l@b.c"}, {"role", "user"}});
  told = hooks.ByTopic(6);
  CHECK(told.contains("contact.email.updated"));
  CHECK(told.at("contact.lead.signed_up")["role"] == "user");
}

TEST_CASE("archived, deleted and merged contacts are told as far as Intercom tells") {
  WebhookBed hooks;
  const auto& ids = hooks.bed.ids;
  hooks.bed.Call("POST", "/contacts/" + ids[2] + "/archive");
  hooks.bed.Call("POST", "/contacts/" + ids[2] + "/unarchive");
  hooks.bed.Call("DELETE", "/contacts/" + ids[2]);
  hooks.bed.Call("POST", "/contacts/merge", {{"from", ids[1]}, {"into", ids[0]}});
  const auto told = hooks.ByTopic(4);
  CHECK(told.at("contact.archived") ==
        json{{"type", "contact"}, {"id", ids[2]}, {"external_id", "2"}, {"archived", true}});
  CHECK(told.at("contact.unarchived")["email"] == "bob@b.c");
  CHECK(told.at("contact.deleted") == json{{"type", "contact"}, {"id", ids[2]}, {"deleted", true}});
  CHECK(told.at("contact.merged")["id"] == ids[0]);
  CHECK(told.at("contact.merged")["merged_from"] == json{{"type", "contact"}, {"id", ids[1]}});
}

TEST_CASE("who was merged can be kept silent") {
  WebhookBed hooks;
  hooks.bed.Set({{"merged_from_told", false}});
  hooks.bed.Call("POST", "/contacts/merge",
                 {{"from", hooks.bed.ids[1]}, {"into", hooks.bed.ids[0]}});
  CHECK_FALSE(hooks.ByTopic(1).at("contact.merged").contains("merged_from"));
}

TEST_CASE("companies are told when they are made, changed, attached, detached and deleted") {
  WebhookBed hooks;
  const auto company =
      hooks.bed.Call("POST", "/companies", {{"company_id", "c1"}, {"name", "C"}}).body["id"];
  const auto path = "/contacts/" + hooks.bed.ids[2] + "/companies";
  hooks.bed.Call("POST", path, {{"id", company}});
  hooks.bed.Call("POST", path, {{"id", company}});
  hooks.bed.Call("PUT", "/companies/" + company.get<std::string>(), {{"name", "D"}});
  hooks.bed.Call("DELETE", path + "/" + company.get<std::string>());
  hooks.bed.Call("DELETE", "/companies/" + hooks.bed.company);
  const auto told = hooks.ByTopic(5);
  CHECK(told.at("company.created")["company_id"] == "c1");
  CHECK(told.at("company.updated")["name"] == "D");
  CHECK(told.at("company.contact.attached")["company"]["id"] == company);
  CHECK(told.at("company.contact.attached")["contact"]["id"] == hooks.bed.ids[2]);
  CHECK(told.at("company.contact.detached")["contact"]["id"] == hooks.bed.ids[2]);
  CHECK(told.at("company.deleted") ==
        json{{"type", "company"}, {"id", hooks.bed.company}, {"deleted", true}});
  CHECK(hooks.AwaitQuiet()["delivered"] == 5);
}

TEST_CASE("seeds, attribute values and calls that are refused tell nothing of contacts") {
  WebhookBed hooks;
  hooks.bed.Define("score", "integer", "contact");
  const auto path = "/contacts/" + hooks.bed.ids[0];
  hooks.bed.Call("PUT", path, {{"custom_attributes", {{"score", 5}}}});
  hooks.bed.Call("PUT", path, {{"email", "x@y.z"}, {"custom_attributes", {{"unknown", 5}}}});
  hooks.bed.AddFault({{"kind", "status-500"}, {"count", 1}});
  hooks.bed.Call("DELETE", path);
  hooks.bed.Control("POST", "seed?append=true", kSeed);
  CHECK(hooks.AwaitQuiet() ==
        json{{"pending", 0}, {"delivered", 0}, {"failed", 0}, {"dropped", 0}});
}

TEST_CASE("nothing is sent without an installation, a URL or a subscription") {
  WebhookBed hooks;
  const auto path = "/contacts/" + hooks.bed.ids[0];
  hooks.ChangeApp({{"topics", {"contact.archived"}}});
  hooks.bed.Call("PUT", path, {{"email", "1@b.c"}});
  hooks.ChangeApp({{"topics", {"contact.email.updated"}}, {"webhook_url", ""}});
  hooks.bed.Call("PUT", path, {{"email", "2@b.c"}});
  hooks.ChangeApp({{"webhook_url", hooks.receiver.Url("/hooks")}});
  hooks.bed.Control("POST", "uninstall");
  hooks.bed.Call("PUT", path, {{"email", "3@b.c"}});
  CHECK(hooks.AwaitQuiet()["delivered"] == 0);
}

TEST_CASE("what fails is sent once again, with its attempts counted") {
  WebhookBed hooks;
  hooks.bed.Set({{"webhook_retry", "20ms"}});
  hooks.receiver.Answer({500});
  hooks.bed.Call("PUT", "/contacts/" + hooks.bed.ids[0], {{"email", "1@b.c"}});
  const auto sent = hooks.Notifications(2);
  CHECK(sent[0]["id"] == sent[1]["id"]);
  CHECK(sent[0]["delivery_attempts"] == 1);
  CHECK(sent[1]["delivery_attempts"] == 2);
  CHECK(sent[1]["delivery_status"] == "retry");

  hooks.receiver.Answer({503, 503});
  hooks.bed.Call("PUT", "/contacts/" + hooks.bed.ids[0], {{"email", "2@b.c"}});
  CHECK(hooks.AwaitQuiet() ==
        json{{"pending", 0}, {"delivered", 1}, {"failed", 3}, {"dropped", 0}});
  CHECK(hooks.Notifications(4).size() == 4);
}

TEST_CASE("a receiver that is not there counts as a failure and is waited for") {
  WebhookBed hooks;
  hooks.bed.Set({{"webhook_retry", "50ms"}});
  hooks.ChangeApp({{"webhook_url", "http://127.0.0.1:1/nobody-listens-here"}});
  hooks.bed.Call("PUT", "/contacts/" + hooks.bed.ids[0], {{"email", "1@b.c"}});
  CHECK(hooks.AwaitQuiet()["failed"] == 2);
  const auto sent = hooks.Sent("webhooks");
  REQUIRE(sent.size() == 2);
  CHECK(sent[0]["status"] == 0);
  CHECK_FALSE(sent[0]["error"].get<std::string>().empty());
  CHECK(sent[1]["attempt"] == 2);
}

TEST_CASE("what waits to be sent once again is listed as waiting") {
  WebhookBed hooks;
  hooks.bed.Set({{"webhook_retry", "1h"}});
  hooks.receiver.Answer({500});
  hooks.bed.Call("PUT", "/contacts/" + hooks.bed.ids[0], {{"email", "1@b.c"}});
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (hooks.bed.Control("GET", "webhooks/totals").body["failed"] == 0) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
  }
  const auto sent = hooks.Sent("webhooks");
  REQUIRE(sent.size() == 2);
  CHECK(sent[0]["state"] == "failed");
  CHECK(sent[1]["state"] == "waiting");
  CHECK(sent[1]["id"] == sent[0]["id"]);
  CHECK(sent[1]["attempt"] == 2);
}

TEST_CASE("duplicates and disorder are played as asked for") {
  WebhookBed hooks;
  hooks.bed.Set({{"webhook_duplicates", 2}, {"webhook_disorder", "20ms"}});
  hooks.bed.Call("PUT", "/contacts/" + hooks.bed.ids[0], {{"email", "1@b.c"}});
  const auto sent = hooks.Notifications(3);
  CHECK(sent[0]["id"] == sent[1]["id"]);
  CHECK(sent[1]["id"] == sent[2]["id"]);
  CHECK(sent[2]["delivery_attempts"] == 1);
}

TEST_CASE("an uninstall is told by webhook and to the uninstall URL, when the tokens are dead") {
  WebhookBed hooks;
  hooks.ChangeApp({{"uninstall_url", hooks.receiver.Url("/uninstalled")}});
  CHECK(hooks.bed.Control("POST", "uninstall?workspace=demo-ws").status == 200);
  for (const auto& request : hooks.receiver.Await(2)) {
    const auto body = json::parse(request.body);
    if (request.path == "/hooks") {
      CHECK(body["topic"] == "app.uninstalled");
      CHECK(body["app_id"] == "demo-ws");
    } else {
      CHECK(body == json{{"app_id", "demo-ws"}});
      CHECK(request.Header("X-Body-Signature") == BodySignature("secret", request.body));
    }
  }
}

TEST_CASE("an app that uninstalls itself is told of it only when asked for") {
  for (const bool notified : {false, true}) {
    WebhookBed hooks;
    hooks.bed.Set({{"own_uninstall_notified", notified}});
    auto headers = TestBed::Headers();
    headers["Authorization"] = "Bearer a";
    CHECK(hooks.bed.Send("POST", "/auth/uninstall", headers, "").status == 200);
    CHECK(hooks.AwaitQuiet()["delivered"] == (notified ? 1 : 0));
  }
}

TEST_CASE("any notification can be sent by hand") {
  WebhookBed hooks;
  CHECK(hooks.bed.Control("POST", "webhooks", R"({"topic":"ping"})").status == 202);
  CHECK(hooks.ByTopic(1).at("ping")["type"] == "ping");
  CHECK(hooks.bed.Control("POST", "webhooks", R"({"topic":"odd.topic","item":{"id":1}})").status ==
        202);
  CHECK(hooks.ByTopic(2).at("odd.topic") == json{{"id", 1}});
  CHECK(hooks.bed.Control("POST", "webhooks", "{}").body["field"] == "topic");
  hooks.ChangeApp({{"webhook_url", ""}});
  CHECK(hooks.bed.Control("POST", "webhooks", R"({"topic":"ping"})").status == 409);
}

TEST_CASE("what was sent is listed with its answers and without the secret") {
  WebhookBed hooks;
  hooks.receiver.Answer({204});
  hooks.bed.Call("PUT", "/contacts/" + hooks.bed.ids[0], {{"email", "1@b.c"}});
  hooks.AwaitQuiet();
  const auto sent = hooks.Sent("webhooks");
  REQUIRE(sent.size() == 1);
  CHECK(sent[0]["topic"] == "contact.email.updated");
  CHECK(sent[0]["workspace"] == "demo-ws");
  CHECK(sent[0]["status"] == 204);
  CHECK(sent[0]["state"] == "delivered");
  CHECK(sent[0]["attempt"] == 1);
  CHECK(sent[0]["item"]["id"] == hooks.bed.ids[0]);
  CHECK(sent[0].dump().find("secret") == std::string::npos);
  CHECK(hooks.Sent("webhooks?since=" + sent[0]["seq"].dump()).empty());
  hooks.bed.Control("DELETE", "webhooks");
  CHECK(hooks.Sent("webhooks").empty());
}

}  // namespace
}  // namespace accoil::simulator
