#include "tests/intercom-simulator/inbox.h"

#include <condition_variable>
#include <deque>
#include <set>

#include "tests/intercom-simulator/signature.h"
#include "tests/intercom-simulator/test_bed.h"

namespace accoil::simulator {
namespace {

constexpr const char* kCanvas =
    R"({"canvas":{"content":{"components":[{"type":"text","text":"Hello"}]},)"
    R"("stored_data":{"tab":"user"}}})";

/// Stands in for the app: keeps what it is asked and answers as it is told.
class FakeApp {
 public:
  FakeApp() {
    for (const char* path : {"/canvas/initialize", "/canvas/submit"}) {
      server_.Route("POST", path, [this](const http::Request& request) { return Take(request); });
    }
    server_.Start();
  }
  ~FakeApp() {
    Release();
    server_.Stop();
  }

  std::string url() { return "http://" + server_.address().ToString() + "/canvas"; }
  void Answer(int status, std::string body) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    body_ = std::move(body);
  }
  /// Answers nothing until Release.
  void Hold() {
    const std::lock_guard lock(mutex_);
    hold_ = true;
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    hold_ = false;
    released_.notify_all();
  }
  http::Request last() {
    const std::lock_guard lock(mutex_);
    REQUIRE(!requests_.empty());
    return requests_.back();
  }

 private:
  http::Response Take(const http::Request& request) {
    std::unique_lock lock(mutex_);
    requests_.push_back(request);
    released_.wait(lock, [&] { return !hold_; });
    http::Response response;
    response.status = status_;
    response.body = body_;
    return response;
  }

  telemetry::Telemetry telemetry_{"app", "error"};
  http::Server server_{{.address = {"127.0.0.1", 0}, .threads = 4}, "app", telemetry_};
  std::mutex mutex_;
  std::condition_variable released_;
  std::deque<http::Request> requests_;
  int status_ = 200;
  std::string body_ = kCanvas;
  bool hold_ = false;
};

/// A simulator whose app has a place in the Inbox.
struct InboxBed : TestBed {
  InboxBed() { CHECK(Control("PUT", "app", json{{"canvas_url", app.url()}}.dump()).status == 200); }
  simulator::Answer Initialize(const json& changes = json::object()) {
    json question = {{"workspace", "demo-ws"}, {"contact", ids[0]}};
    question.update(changes);
    return Control("POST", "inbox/initialize", question.dump());
  }
  simulator::Answer Submit(const json& changes) {
    json question = {{"workspace", "demo-ws"}, {"contact", ids[0]}};
    question.update(changes);
    return Control("POST", "inbox/submit", question.dump());
  }
  /// The ids of the contacts in the list of conversations.
  std::set<std::string> Listed(const std::string& query) {
    std::set<std::string> listed;
    const auto found = Control("GET", "inbox/conversations" + query).body;
    for (const auto& conversation : found.at("conversations")) {
      listed.insert(conversation["contact"]["id"].get<std::string>());
    }
    return listed;
  }

  FakeApp app;
};

TEST_CASE("opening a conversation asks the app what Intercom asks, signed over the raw body") {
  InboxBed bed;
  const auto answer = bed.Initialize();
  CHECK(answer.status == 200);
  const auto request = bed.app.last();
  CHECK(request.path == "/canvas/initialize");
  CHECK(request.Header("Content-Type") == "application/json");
  CHECK(request.Header("X-Body-Signature") == BodySignature("secret", request.body));

  const auto body = json::parse(request.body);
  CHECK(body["workspace_id"] == "demo-ws");
  CHECK(body["workspace_region"] == "US");
  CHECK(body["admin"]["type"] == "admin");
  CHECK(body["admin"]["id"] == "991267459");
  CHECK(body["admin"]["email"] == "sam@support.example");
  CHECK(body["context"]["location"] == "conversation");
  CHECK(body["context"]["locale"] == "en");
  CHECK(body["conversation"]["type"] == "conversation");
  CHECK(std::to_string(body["context"]["conversation_id"].get<std::int64_t>()) ==
        body["conversation"]["id"]);
  CHECK(body["conversation"]["contacts"]["contacts"][0]["id"] == bed.ids[0]);
  const auto& contact = body["contact"];
  CHECK(contact["type"] == "contact");
  CHECK(contact["id"] == bed.ids[0]);
  CHECK(contact["external_id"] == "1");
  CHECK(contact["email"] == "ada@b.c");
  CHECK(contact["role"] == "user");
  CHECK(contact["companies"]["data"][0]["id"] == bed.company);
  for (const char* name : {"component_id", "input_values", "current_canvas", "customer"}) {
    CAPTURE(name);
    CHECK(!body.contains(name));
  }
}

TEST_CASE(
    "a click sends what was clicked, what is filled in, and the canvas with its stored data") {
  InboxBed bed;
  const json canvas = json::parse(kCanvas)["canvas"];
  const json values = {{"tab", "account"}, {"boxes", {"a", "b"}}};
  CHECK(bed.Submit({{"component_id", "tab"},
                    {"input_values", values},
                    {"current_canvas", canvas},
                    {"teammate", "991267460"}})
            .status == 200);
  const auto request = bed.app.last();
  CHECK(request.path == "/canvas/submit");
  CHECK(request.Header("X-Body-Signature") == BodySignature("secret", request.body));
  const auto body = json::parse(request.body);
  CHECK(body["component_id"] == "tab");
  CHECK(body["input_values"] == values);
  CHECK(body["current_canvas"] == canvas);
  CHECK(body["admin"]["id"] == "991267460");
  CHECK(body["contact"]["id"] == bed.ids[0]);
  CHECK(body["workspace_id"] == "demo-ws");
}

TEST_CASE("a conversation names its company once a teammate has said which one it is about") {
  InboxBed bed;
  bed.Initialize();
  CHECK(!json::parse(bed.app.last().body)["conversation"].contains("company"));
  CHECK(bed.Initialize({{"company", bed.company}}).status == 200);
  const auto company = json::parse(bed.app.last().body)["conversation"]["company"];
  CHECK(company["type"] == "company");
  CHECK(company["id"] == bed.company);
  CHECK(bed.Initialize({{"company", "none"}}).status == 404);
  // Bob is in no company.
  CHECK(bed.Initialize({{"company", bed.company}, {"contact", bed.ids[2]}}).status == 404);
}

TEST_CASE("the page is given the request as it was sent and the answer as it came") {
  InboxBed bed;
  const auto exchange = bed.Initialize().body;
  CHECK(exchange["status"] == 200);
  CHECK(exchange["answer"] == kCanvas);
  CHECK(exchange["problems"].empty());
  CHECK(exchange["duration_ms"].is_number_integer());
  const auto request = bed.app.last();
  CHECK(exchange["request"]["url"] == bed.app.url() + "/initialize");
  CHECK(exchange["request"]["body"] == request.body);
  CHECK(exchange["request"]["headers"]["X-Body-Signature"] == request.Header("X-Body-Signature"));
}

TEST_CASE("an answer that Intercom would refuse is not shown but said to be wrong") {
  InboxBed bed;
  const auto problem = [&](int status, const std::string& body) {
    bed.app.Answer(status, body);
    const auto exchange = bed.Initialize().body;
    CHECK(exchange["status"] == status);
    CHECK(exchange["answer"] == body);
    return exchange["problems"].empty() ? std::string()
                                        : exchange["problems"][0].get<std::string>();
  };
  CHECK(problem(500, "oops") == "The app answered 500, not 200.");
  CHECK(problem(201, kCanvas) == "The app answered 201, not 200.");
  CHECK(problem(200, "no JSON") == "answer: must be JSON");
  CHECK(problem(200, R"({"canvas":{"content":{"components":[{"type":"text"}]}}})") ==
        "canvas.content.components[0].text: must be text that is not empty");
  CHECK(problem(200, kCanvas).empty());
}

TEST_CASE("an answer that comes too late, or not at all, is an error") {
  InboxBed bed;
  bed.Set({{"canvas_timeout", "100ms"}});
  bed.app.Hold();
  auto exchange = bed.Initialize().body;
  CHECK(exchange["status"] == 0);
  CHECK(exchange["problems"] == json{"No whole answer came within 100 ms."});
  bed.app.Release();

  // Nobody listens on port 1.
  bed.Control("PUT", "app", R"({"canvas_url":"http://127.0.0.1:1/canvas"})");
  bed.Set({{"canvas_timeout", "10s"}});
  exchange = bed.Initialize().body;
  CHECK(exchange["status"] == 0);
  CHECK(exchange["problems"].size() == 1);
}

TEST_CASE("what the page asks wrongly is refused, and the app is not asked") {
  InboxBed bed;
  CHECK(bed.Initialize({{"workspace", "none"}}).status == 404);
  CHECK(bed.Initialize({{"contact", "none"}}).status == 404);
  CHECK(bed.Initialize({{"teammate", "none"}}).status == 404);
  CHECK(bed.Submit({{"input_values", json::object()}}).status == 400);
  CHECK(bed.Submit({{"component_id", "a"}, {"input_values", "text"}}).status == 400);
  CHECK(bed.Control("POST", "inbox/initialize", "[]").status == 400);
  bed.Control("PUT", "app", R"({"canvas_url":""})");
  CHECK(bed.Initialize().status == 409);
  CHECK(bed.Control("PUT", "app", R"({"canvas_url":"ftp://a"})").status == 400);
}

TEST_CASE("conversations are the workspace's contacts, the same each time, and can be searched") {
  InboxBed bed;
  const auto first = bed.Control("GET", "inbox/conversations").body;
  CHECK(first == bed.Control("GET", "inbox/conversations?workspace=demo-ws").body);
  CHECK(first["contacts"] == 3);
  CHECK(bed.Listed("") == std::set<std::string>{bed.ids.begin(), bed.ids.end()});
  for (const auto& conversation : first["conversations"]) {
    CHECK(!conversation["lines"].empty());
    if (conversation["contact"]["id"] != bed.ids[0]) continue;
    CHECK(conversation["contact"]["name"] == "Ada");
    CHECK(conversation["companies"][0]["name"] == "Acme");
  }
  CHECK(bed.Listed("?words=ADA") == std::set<std::string>{bed.ids[0], bed.ids[1]});
  CHECK(bed.Listed("?words=bob%40") == std::set<std::string>{bed.ids[2]});
  CHECK(bed.Listed("?words=nobody").empty());
  CHECK(bed.Control("GET", "inbox/conversations?workspace=none").status == 404);
}

TEST_CASE("of many contacts a few dozen are listed, of every kind some") {
  InboxBed bed;
  std::string seed;
  const auto add = [&](json contact) {
    contact["type"] = "contact";
    seed += contact.dump() + "\n";
  };
  for (int i = 0; i < 300; ++i) {
    const auto n = std::to_string(i);
    add({{"role", "user"}, {"email", "one" + n + "@b.c"}, {"companies", {"c" + n}}});
    add({{"role", "user"}, {"email", "two" + n + "@b.c"}, {"companies", {"c" + n, "d" + n}}});
    add({{"role", "user"}, {"email", "none" + n + "@b.c"}});
    add({{"role", "lead"}, {"email", "lead" + n + "@b.c"}});
    add({{"role", "lead"}, {"email", "shared" + n + "@b.c"}});
    add({{"role", "user"}, {"email", "shared" + n + "@b.c"}});
  }
  CHECK(bed.Control("POST", "seed", seed).status == 200);
  const auto conversations = bed.Control("GET", "inbox/conversations").body["conversations"];
  CHECK(conversations.size() == 40);
  std::map<std::string, int> kinds;
  for (const auto& conversation : conversations) {
    const auto email = conversation["contact"]["email"].get<std::string>();
    ++kinds[email.substr(0, email.find_first_of("0123456789"))];
  }
  CHECK(kinds == std::map<std::string, int>{
                     {"one", 14}, {"two", 6}, {"none", 8}, {"lead", 8}, {"shared", 4}});
}

TEST_CASE("the page and its files are served, and nothing else may run on it") {
  InboxBed bed;
  const auto page = bed.Send("GET", "/inbox", {}, "");
  CHECK(page.status == 200);
  CHECK(page.headers.at("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.headers.at("Content-Security-Policy").find("script-src 'self';") != std::string::npos);
  CHECK(bed.Send("GET", "/", {}, "").text.find("href=\"/inbox\"") != std::string::npos);
  CHECK(InboxFiles().size() > 4);
  for (const auto& file : InboxFiles()) {
    CAPTURE(file.name);
    const auto served = bed.Send(
        "GET", file.name == "page.html" ? "/inbox" : "/inbox/" + std::string(file.name), {}, "");
    CHECK(served.status == 200);
    CHECK(served.text == file.content);
  }
  CHECK(bed.Send("GET", "/inbox/other.js", {}, "").status == 404);
  const auto overview = bed.Control("GET", "inbox").body;
  CHECK(overview["workspaces"][0]["id_code"] == "demo-ws");
  CHECK(overview["teammates"].size() == 2);
  CHECK(overview["app"]["canvas_url"] == bed.app.url());
}

}  // namespace
}  // namespace accoil::simulator
