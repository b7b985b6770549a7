#include <grpcpp/grpcpp.h>

#include "accoil/matcher/v1/matcher.grpc.pb.h"
#include "libs/rpc/call.h"
#include "libs/rpc/server.h"
#include "services/matcher/service.h"
#include "tests/catch.h"
#include "tests/integration/matcher_bed.h"

namespace accoil::test {
namespace {

using std::chrono::seconds;

std::string Padded(int number) {
  const auto digits = std::to_string(number);
  return std::string(5 - digits.size(), '0') + digits;
}

/// 4,600 contacts in 600 companies, some under leads, twice, or with many companies.
void FillWorkspace(FakeWorkspace& workspace) {
  for (int i = 0; i < 600; ++i) {
    workspace.AddCompany("k" + Padded(i), "account-" + Padded(i), "Company " + std::to_string(i));
  }
  for (int i = 0; i < 4'600; ++i) {
    auto& contact = workspace.Add("c" + Padded(i), "person-" + std::to_string(i) + "@x.com", {});
    contact.companies.emplace_back("k" + Padded(i % 600));
    if (i % 20 == 0) contact.role = intercom::Role::kLead;
  }
}

/// 5,000 users of whom 4,200 are contacts, a part from `begin` to `end`.
std::vector<events::v1::SubjectIdentified> Users(int begin, int end) {
  std::vector<events::v1::SubjectIdentified> users;
  for (int i = begin; i < end; ++i) {
    const auto email =
        (i < 4'200 ? "Person-" + std::to_string(i) : "nobody-" + std::to_string(i)) + "@x.com";
    users.push_back(MatcherBed::User("user-" + Padded(i),
                                     {.email = email, .accounts = {"account-" + Padded(i % 600)}}));
  }
  return users;
}

std::int64_t Matched(MatcherBed& bed, const std::string& kind) {
  return bed.postgres().Number("SELECT count(*) FROM match WHERE target_id <> '' AND kind = " +
                               kind);
}

TEST_CASE("a first match of 4,200 users takes at most 60 calls") {
  MatcherBed bed;
  FillWorkspace(bed.workspace);
  for (int i = 0; i < 5'000; i += 500) bed.Identify(Users(i, i + 500));
  bed.Connect();
  bed.Work();
  CHECK(Matched(bed, "1") == 4'200);
  CHECK(Matched(bed, "2") == 600);
  CHECK(bed.workspace.total() <= 60);
  CHECK(bed.workspace.calls["list_contacts"] == 31);
  CHECK(bed.workspace.calls["list_companies"] == 12);
  CHECK(bed.Runs().front().method == "paging");

  // And told once each.
  CHECK(bed.Published().size() == 5'600);
  bed.workspace.Forget();
  bed.RequestRun();
  bed.Work();
  CHECK(bed.Published().empty());
  CHECK(bed.workspace.total() == 31);
}

TEST_CASE("a first match stays as cheap when the users stream in while connected") {
  MatcherBed bed;
  FillWorkspace(bed.workspace);
  bed.Connect();
  bed.Work();
  // Some hundred at a time for half a minute, so that there is never quiet.
  for (int i = 0; i < 5'000; i += 50) {
    bed.Identify(Users(i, i + 50));
    bed.clock.Advance(std::chrono::milliseconds(300));
    bed.WorkOnce();
  }
  bed.Work();
  bed.Work();
  CHECK(Matched(bed, "1") == 4'200);
  CHECK(Matched(bed, "2") == 600);
  CHECK(bed.workspace.total() <= 60);
}

TEST_CASE(
    "a first match reads as much of each user when the database knows nothing of its tables") {
  MatcherBed bed;
  FillWorkspace(bed.workspace);
  // As they are until autovacuum comes by: without statistics.
  for (const auto* table : {"subject", "match", "user_account", "due_user", "due_account"}) {
    bed.postgres().Run("ALTER TABLE " + std::string(table) + " SET (autovacuum_enabled = off)");
  }
  bed.Connect();
  bed.Work();
  for (int i = 0; i < 4'000; i += 500) bed.Identify(Users(i, i + 500));
  const auto subjects = bed.BlocksRead("subject");
  const auto matches = bed.BlocksRead("match");
  bed.Work();
  CHECK(Matched(bed, "1") == 4'000);
  CHECK(Matched(bed, "2") == 600);
  // Some lookups by primary key, of two or three blocks each; any of them by another index would
  // read dozens.
  CHECK((bed.BlocksRead("subject") - subjects) / 4'000 < 20);
  CHECK((bed.BlocksRead("match") - matches) / 4'000 < 40);
}

TEST_CASE("users who come while the first run is under way do not make it dear") {
  MatcherBed bed;
  FillWorkspace(bed.workspace);
  bed.Identify(Users(0, 100));
  bool first = true;
  bed.workspace.before_call = [&](const std::string&) {
    if (!std::exchange(first, false)) return;
    bed.clock.Advance(std::chrono::milliseconds(1));
    for (int i = 100; i < 5'000; i += 700) bed.Identify(Users(i, i + 700));
  };
  bed.Connect();
  bed.Work();
  bed.Work();
  CHECK(Matched(bed, "1") == 4'200);
  CHECK(Matched(bed, "2") == 600);
  CHECK(bed.workspace.total() <= 60);
}

TEST_CASE("a few users among many contacts are searched, not paged for") {
  MatcherBed bed;
  FillWorkspace(bed.workspace);
  bed.Identify(Users(0, 150));
  bed.Connect();
  bed.Work();
  CHECK(Matched(bed, "1") == 150);
  CHECK(bed.workspace.calls["search_contacts"] == 2);
  CHECK(bed.workspace.calls["list_contacts"] == 0);
  CHECK(bed.Runs().front().method == "search");
}

TEST_CASE("runs come every interval, and on request; a request joins the run that is open") {
  MatcherBed bed;
  bed.Identify(Users(0, 1));
  bed.Connect();
  const auto first = bed.RequestRun();
  CHECK(first.trigger == "connected");
  CHECK(bed.RequestRun().id == first.id);
  bed.Work();

  bed.clock.Advance(bed.config.interval);
  bed.Work();
  const auto requested = bed.RequestRun();
  CHECK(requested.trigger == "requested");
  bed.Work();
  std::vector<std::string> triggers;
  for (const auto& run : bed.Runs()) triggers.push_back(run.trigger + " " + run.state);
  CHECK(triggers ==
        std::vector<std::string>{"requested finished", "scheduled finished", "connected finished"});
}

TEST_CASE("the history keeps the newest hundred runs") {
  MatcherBed bed;
  bed.Connect();
  for (int i = 0; i < 103; ++i) {
    bed.Work();
    bed.RequestRun();
  }
  CHECK(bed.postgres().Number("SELECT count(*) FROM run") <= 101);
}

TEST_CASE("a run that Intercom fails says so, and another goes on where it stopped") {
  MatcherBed bed;
  FillWorkspace(bed.workspace);
  for (int i = 0; i < 5'000; i += 500) bed.Identify(Users(i, i + 500));
  bool broken = true;
  bed.workspace.before_call = [&](const std::string& method) {
    if (broken && method == "list_contacts" && bed.workspace.calls[method] == 20) {
      throw matcher::SourceFailed("503 service_unavailable", true);
    }
  };
  bed.Connect();
  bed.Work();
  auto runs = bed.Runs();
  REQUIRE(runs.size() == 2);
  CHECK(runs[1].state == "failed");
  CHECK(runs[1].error == "503 service_unavailable");
  CHECK(runs[0].state == "waiting");
  CHECK(bed.workspace.total() == 20);

  // It rests before it tries again.
  CHECK_FALSE(bed.WorkOnce());
  broken = false;
  bed.clock.Advance(bed.config.backoff.first);
  bed.Work();
  CHECK(bed.Runs().front().state == "finished");
  CHECK(Matched(bed, "1") == 4'200);
  CHECK(bed.workspace.calls["list_contacts"] == 32);
}

TEST_CASE("a cursor that is no longer known begins the reading anew") {
  MatcherBed bed;
  FillWorkspace(bed.workspace);
  for (int i = 0; i < 5'000; i += 500) bed.Identify(Users(i, i + 500));
  bed.workspace.before_call = [&](const std::string& method) {
    if (method == "list_contacts" && bed.workspace.calls[method] == 20) {
      throw matcher::SourceFailed("400 parameter_invalid: starting_after", false);
    }
  };
  bed.Connect();
  bed.Work();
  bed.clock.Advance(bed.config.backoff.first);
  bed.Work();
  CHECK(bed.Runs().front().state == "finished");
  CHECK(Matched(bed, "1") == 4'200);
  CHECK(bed.workspace.calls["list_contacts"] == 20 + 31);
}

TEST_CASE("while Intercom fails, changed users stay due and are matched when it is back") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.Connect();
  bed.Work();
  bool broken = true;
  bed.workspace.before_call = [&](const std::string&) {
    if (broken) throw matcher::SourceFailed("502 bad gateway", true);
  };
  bed.Identify({bed.User("u1", {.email = "ada@x.com", .accounts = {"a"}})});
  int tries = 0;
  for (int i = 0; i < 30; ++i) {
    bed.clock.Advance(seconds(1));
    if (bed.WorkOnce()) ++tries;
  }
  // Ever more seldom: after 1, 2, 4, 8, 16 s at most.
  CHECK(tries >= 4);
  CHECK(tries <= 8);
  CHECK(bed.MatchOf("u1").empty());

  broken = false;
  bed.clock.Advance(bed.config.backoff.longest);
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.AccountMatchOf("a") == "NO_COMPANY");
  CHECK(bed.Due() == 0);
}

TEST_CASE("work that gets no calls is put off, not failed") {
  MatcherBed bed;
  bed.Identify(Users(0, 1));
  bool short_of_calls = true;
  bed.workspace.before_call = [&](const std::string&) {
    if (short_of_calls) throw matcher::Postponed("no call was granted");
  };
  bed.Connect();
  bed.Work();
  REQUIRE(bed.Runs().size() == 1);
  CHECK(bed.Runs().front().state == "waiting");
  short_of_calls = false;
  bed.clock.Advance(seconds(1));
  bed.Work();
  CHECK(bed.Runs().front().state == "finished");
}

TEST_CASE("a connection that changes under a run ends it, and nothing more is written for it") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.Identify({bed.User("u1", {.email = "ada@x.com"})});
  bool once = true;
  bed.workspace.before_call = [&](const std::string&) {
    if (std::exchange(once, false)) bed.Disconnect();
  };
  bed.Connect();
  bed.Work();
  CHECK(bed.Runs().front().state == "failed");
  CHECK(bed.Runs().front().error == "the product was disconnected");
  CHECK(bed.Published().empty());
}

TEST_CASE("of two replicas one works for a product; what a dead one left another takes over") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.Identify({bed.User("u1", {.email = "ada@x.com"})});
  bool looked = false;
  bool other_worked = true;
  bed.workspace.before_call = [&](const std::string&) {
    if (std::exchange(looked, true)) return;
    other_worked = bed.WorkOnce("replica-2");
  };
  bed.Connect();
  bed.Work();
  CHECK(looked);
  CHECK_FALSE(other_worked);

  // A replica that died within a run: its claim stands and its run seems to be under way.
  bed.RequestRun();
  bed.postgres().Run("UPDATE run SET state = 'running' WHERE state = 'waiting'");
  bed.postgres().Run("UPDATE connection SET claim_owner = 'dead', claim_until = 'infinity'");
  CHECK_FALSE(bed.WorkOnce("replica-2"));
  bed.postgres().Run("UPDATE connection SET claim_until = '1970-01-01'");
  CHECK(bed.WorkOnce("replica-2"));
  CHECK(bed.Runs().front().state == "finished");
}

TEST_CASE("a service that stops leaves its run to another, which goes on from the same page") {
  MatcherBed bed;
  FillWorkspace(bed.workspace);
  for (int i = 0; i < 5'000; i += 500) bed.Identify(Users(i, i + 500));
  bed.workspace.before_call = [&](const std::string& method) {
    if (method == "list_contacts" && bed.workspace.calls[method] == 5) bed.runs().Stop();
  };
  bed.Connect();
  bed.Work();
  CHECK(bed.Runs().front().state == "waiting");
  CHECK(bed.workspace.total() == 5);

  bed.workspace.before_call = [](const std::string&) {};
  bed.Replace();
  bed.Work();
  REQUIRE(bed.Runs().size() == 1);
  CHECK(bed.Runs().front().state == "finished");
  // The page that was under way was not kept.
  CHECK(bed.workspace.calls["list_contacts"] == 32);
  CHECK(bed.Runs().front().calls == bed.workspace.total());
}

TEST_CASE("users who change during a long reading are not kept waiting for its end") {
  MatcherBed bed;
  for (int i = 0; i < 20'000; ++i) {
    bed.workspace.Add("c" + Padded(i), std::to_string(i) + "@x.com");
  }
  std::vector<events::v1::SubjectIdentified> users;
  for (int i = 0; i < 200; ++i) {
    users.push_back(bed.User("user-" + Padded(i), {.email = std::to_string(i) + "@x.com"}));
  }
  bed.Identify(users);
  // So that 134 pages are the cheaper way.
  bed.config.search_batch = 1;
  std::string seen;
  bed.workspace.before_call = [&](const std::string& method) {
    if (method != "list_contacts") return;
    bed.clock.Advance(seconds(1));
    if (bed.workspace.calls[method] == 10) {
      bed.Identify({bed.User("new", {.email = "19999@x.com"})});
    }
    if (bed.workspace.calls[method] == 60) seen = bed.MatchOf("new");
  };
  bed.Connect();
  bed.Work();
  CHECK(bed.Runs().front().method == "paging");
  CHECK(seen == "MATCHED_BY_EMAIL c19999");
  CHECK(Matched(bed, "1") == 201);
}

TEST_CASE("others ask over gRPC: runs, matches, the summary, another look") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  int woken = 0;
  auto database = bed.postgres().Open({events::Migrations(), matcher::Migrations()});
  matcher::Service service(*database, bed.store, bed.clock, bed.postgres().telemetry().logger(),
                           [&] { ++woken; });
  rpc::Server server({.address = {.host = "127.0.0.1", .port = 0}}, {service.grpc()},
                     bed.postgres().telemetry());
  server.Start();
  namespace v1 = matcher::v1;
  using Stub = v1::Matcher::Stub;
  const auto stub = v1::Matcher::NewStub(rpc::MakeChannel(server.address()));
  const auto call = [&](auto method, const auto& request) {
    return rpc::Call(*stub, method, request, seconds(5), "the call");
  };
  v1::StartRunRequest start;
  start.set_product_id(MatcherBed::kProduct);
  CHECK_THROWS_AS(call(&Stub::StartRun, start), core::FailedPrecondition);

  v1::GetMatchRequest get;
  get.mutable_subject()->set_product_id(MatcherBed::kProduct);
  get.mutable_subject()->set_kind(events::v1::USER);
  get.mutable_subject()->set_subject_id("u1");
  CHECK_THROWS_AS(call(&Stub::GetMatch, get), core::NotFound);
  bed.Identify({bed.User("u1", {.email = "ada@x.com"}), bed.User("u2", {})});
  CHECK(call(&Stub::GetMatch, get).decision() == events::v1::NOT_CONNECTED);

  bed.Connect();
  bed.Work();
  const auto match = call(&Stub::GetMatch, get);
  CHECK(match.decision() == events::v1::MATCHED_BY_EMAIL);
  CHECK(match.target_id() == "c1");
  CHECK(match.workspace_id() == "workspace-1");
  CHECK_FALSE(match.reason().empty());
  CHECK(match.decided_at().seconds() > 0);

  const auto run = call(&Stub::StartRun, start);
  CHECK(run.state() == "waiting");
  CHECK(run.trigger() == "requested");
  CHECK(call(&Stub::StartRun, start).run_id() == run.run_id());
  CHECK(woken == 2);
  bed.Work();
  v1::GetRunRequest get_run;
  get_run.set_product_id(MatcherBed::kProduct);
  get_run.set_run_id(run.run_id());
  CHECK(call(&Stub::GetRun, get_run).state() == "finished");
  get_run.set_product_id(99);
  CHECK_THROWS_AS(call(&Stub::GetRun, get_run), core::NotFound);
  v1::ListRunsRequest list;
  list.set_product_id(MatcherBed::kProduct);
  CHECK(call(&Stub::ListRuns, list).runs_size() == 2);

  v1::GetSummaryRequest summary;
  summary.set_product_id(MatcherBed::kProduct);
  CHECK(call(&Stub::GetSummary, summary).counts_size() == 2);
  CHECK(call(&Stub::GetSummary, summary).due() == 0);

  v1::RequestMatchRequest again;
  *again.add_subjects() = get.subject();
  *again.add_subjects() = get.subject();
  *again.add_subjects() = get.subject();
  again.mutable_subjects(2)->set_subject_id("never heard of");
  call(&Stub::RequestMatch, again);
  CHECK(call(&Stub::GetSummary, summary).due() == 1);
  bed.workspace.contacts.clear();
  bed.Work();
  CHECK(call(&Stub::GetMatch, get).decision() == events::v1::NO_CONTACT);

  v1::ListProblemsRequest problems;
  problems.set_product_id(MatcherBed::kProduct);
  const auto groups = call(&Stub::ListProblems, problems);
  REQUIRE(groups.groups_size() == 2);
  CHECK(groups.groups(0).decision() == events::v1::NO_EMAIL);
  CHECK(groups.groups(1).decision() == events::v1::NO_CONTACT);
  CHECK(groups.groups(1).kind() == events::v1::USER);
  CHECK(groups.groups(1).subjects() == 1);
  REQUIRE(groups.groups(1).examples_size() == 1);
  CHECK(groups.groups(1).examples(0).subject_id() == "u1");
  CHECK_FALSE(groups.groups(1).examples(0).reason().empty());
  CHECK(groups.groups(1).since().seconds() > 0);

  bed.workspace.Add("c1", "ada@x.com");
  v1::RetryProblemRequest retry;
  retry.set_product_id(MatcherBed::kProduct);
  retry.set_kind(events::v1::USER);
  retry.set_decision(events::v1::MATCHED_BY_EMAIL);
  CHECK_THROWS_AS(call(&Stub::RetryProblem, retry), core::InvalidArgument);
  retry.set_decision(events::v1::NO_CONTACT);
  CHECK(call(&Stub::RetryProblem, retry).subjects() == 1);
  CHECK(call(&Stub::GetMatch, get).due_at().seconds() > 0);
  bed.Work();
  CHECK(call(&Stub::GetMatch, get).decision() == events::v1::MATCHED_BY_EMAIL);

  bed.Identify({bed.User("u1", {.email = "Ada@x.com", .accounts = {"a2", "a1"}}),
                bed.User("u3", {.email = "eve@x.com", .accounts = {"a1"}}),
                bed.Account("a1", "Acme")});
  bed.Work();
  const auto user = call(&Stub::GetMatch, get);
  CHECK(user.email() == "ada@x.com");
  CHECK(std::vector<std::string>(user.account_ids().begin(), user.account_ids().end()) ==
        std::vector<std::string>{"a1", "a2"});
  get.mutable_subject()->set_kind(events::v1::ACCOUNT);
  get.mutable_subject()->set_subject_id("a1");
  const auto account = call(&Stub::GetMatch, get);
  CHECK(account.name() == "Acme");
  CHECK(account.users() == 2);
  CHECK(account.matched_users() == 1);
  bed.Disconnect();
  CHECK(call(&Stub::ListProblems, problems).groups_size() == 0);
  CHECK_THROWS_AS(call(&Stub::RetryProblem, retry), core::FailedPrecondition);

  again.mutable_subjects(1)->set_kind(events::v1::SUBJECT_KIND_UNSPECIFIED);
  CHECK_THROWS_AS(call(&Stub::RequestMatch, again), core::InvalidArgument);
  server.Stop();
}

}  // namespace
}  // namespace accoil::test
