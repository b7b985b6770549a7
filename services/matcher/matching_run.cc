#include "services/matcher/matching_run.h"

#include "libs/intercom/client.h"
#include "services/matcher/matching_plan.h"

namespace accoil::matcher {
namespace {

// What was read longer ago is not built upon by a run that goes on: it would be older than what a
// new run of the default interval reads.
constexpr std::chrono::hours kResumeWithin{6};
// While so many pages are still to be read, users who changed are not kept waiting for them …
constexpr std::int64_t kLongReading = 100;
// … but looked at after every so many.
constexpr std::int64_t kPagesBetweenRounds = 20;

// Long work looks so often whether Intercom notified of something.
constexpr std::chrono::milliseconds kBetweenDoubts{500};

constexpr const char* kPaging = "paging";
constexpr const char* kSearch = "search";

}  // namespace

void MatchingRun::Execute() {
  AnswerDoubts();
  if (claim_.run) {
    ExecuteRun(*claim_.run);
  } else if (claim_.settled) {
    ExecuteRound(core::TimePoint(), true);
  }
}

void MatchingRun::AnswerDoubts() {
  doubts_answered_.reset();
  if (const auto settled = DoubtSettling(bench_).Settle()) {
    // Those of this very moment are meant as well; the database keeps microseconds.
    ExecuteRound(settled->since - std::chrono::milliseconds(1), false, settled);
  }
  doubts_answered_ = bench_.Now();
}

void MatchingRun::AnswerNewDoubts() {
  if (doubts_answered_ && bench_.Now() - *doubts_answered_ >= kBetweenDoubts) AnswerDoubts();
}

WorkspaceFacts MatchingRun::Facts() {
  return bench_.Transact([&](postgres::Transaction& tx) {
    return bench_.store().LoadWorkspace(tx, bench_.workspace(),
                                        bench_.Now() - bench_.config().fresh);
  });
}

std::int64_t MatchingRun::Searches(std::int64_t users) const {
  const std::int64_t batch = bench_.config().search_batch;
  // Whom no external_id finds is searched by email as well: the most it can be.
  const int fields = bench_.connection().match_by_external_id ? 2 : 1;
  return fields * ((users + batch - 1) / batch);
}

void MatchingRun::Save(postgres::Transaction& tx, const Run& run) {
  bench_.store().SaveRun(tx, run);
}

void MatchingRun::ExecuteRun(Run& run) {
  calls_before_ = run.calls;
  run.state = "running";
  if (!run.started_at) run.started_at = bench_.Now();
  const bool stale = run.read_since && *run.read_since < bench_.Now() - kResumeWithin;
  if (run.method.empty() || stale) PlanRun(run);
  bench_.Transact([&](postgres::Transaction& tx) { Save(tx, run); });
  if (run.method == kPaging && !run.contacts_read) ReadContacts(run);
  method_ = run.method;
  DecideAllUsers(run);
  // Every account, not only those of users that changed: a run mends whatever was missed.
  bench_.Transact([&](postgres::Transaction& tx) {
    bench_.store().MarkAllAccountsDue(tx, bench_.product(), bench_.Now());
  });
  AccountMatching accounts(bench_);
  accounts_ = accounts.ProcessDue();
  run.state = "finished";
  run.finished_at = bench_.Now();
  run.calls = calls_before_ + bench_.calls();
  bench_.Transact([&](postgres::Transaction& tx) { Save(tx, run); });
}

void MatchingRun::PlanRun(Run& run) {
  const auto users = bench_.Transact([&](postgres::Transaction& tx) {
    return bench_.store().CountUsers(tx, bench_.product(),
                                     bench_.connection().match_by_external_id);
  });
  const auto facts = Facts();
  const auto method = ChooseContactMethod({.searches = Searches(users),
                                           .contacts = facts.contacts,
                                           .searches_before = 0,
                                           .streaming = false,
                                           .read_lately = false},
                                          intercom::Client::kContactsPerPage);
  run.method = method == ContactMethod::kSearch ? kSearch : kPaging;
  run.read_since.reset();
  run.cursor.clear();
  run.contacts_read = false;
  run.position.clear();
  run.users = 0;
  run.matched = 0;
  // With the size unknown the first page tells it, and may turn the choice.
  if (method != ContactMethod::kProbe) return;
  ContactReading reading(bench_);
  ContactReading::Progress progress;
  const auto searches = Searches(users);
  const bool complete = reading.ReadAll(
      progress, [](postgres::Transaction&, const auto&) {}, [](const auto&) { return false; });
  run.calls = calls_before_ + bench_.calls();
  if (!complete && searches < progress.pages_left) {
    run.method = kSearch;
    return;
  }
  run.read_since = progress.since;
  run.cursor = progress.cursor;
  run.contacts_read = complete;
}

void MatchingRun::ReadContacts(Run& run) {
  ContactReading reading(bench_);
  ContactReading::Progress progress;
  progress.cursor = run.cursor;
  if (run.read_since) progress.since = *run.read_since;
  std::int64_t pages = 0;
  reading.ReadAll(
      progress,
      [&](postgres::Transaction& tx, const ContactReading::Progress& now) {
        run.read_since = now.since;
        run.cursor = now.cursor;
        run.contacts_read = now.complete;
        run.calls = calls_before_ + bench_.calls();
        Save(tx, run);
      },
      [&](const ContactReading::Progress& now) {
        // Users who were there when the reading began are decided after it.
        if (++pages % kPagesBetweenRounds == 0 && now.pages_left > kLongReading) {
          ExecuteRound(now.since, false);
        }
        return true;
      });
}

void MatchingRun::DecideAllUsers(Run& run) {
  const bool paged = run.method == kPaging;
  UserMatching matching(bench_,
                        {.paged_at = paged ? run.read_since : std::nullopt,
                         .search = !paged,
                         .settled = std::nullopt,
                         // A scheduled run comes again; users who are new are due on their own.
                         .look_again = run.trigger != "scheduled"});
  while (true) {
    auto tasks = bench_.Transact([&](postgres::Transaction& tx) {
      return bench_.store().NextUsers(tx, bench_.product(), core::SubjectId(run.position),
                                      bench_.config().users_per_step);
    });
    if (tasks.empty()) break;
    run.position = tasks.back().id.value();
    if (!paged) {
      // Searching was chosen for those who were there: who came since gets a round with a plan of
      // its own.
      std::erase_if(tasks, [&](const UserTask& task) {
        return task.mark && task.asked_at > *run.started_at && task.asked_at <= bench_.Now();
      });
    }
    const auto users = run.users;
    const auto matched = run.matched;
    matching.Process(tasks, [&](postgres::Transaction& tx, const UserMatching::Counts& counts) {
      run.users = users + counts.users;
      run.matched = matched + counts.matched;
      run.calls = calls_before_ + bench_.calls();
      Save(tx, run);
    });
    bench_.Breathe();
  }
  users_ = run.users;
  matched_ = run.matched;
}

bool MatchingRun::PageForRound(core::TimePoint asked_after, const WorkspaceFacts& facts,
                               std::optional<core::TimePoint> fresh) {
  const auto unanswered = bench_.Transact([&](postgres::Transaction& tx) {
    return bench_.store().CountUnanswered(tx, bench_.connection(), bench_.Now(), asked_after,
                                          fresh);
  });
  const auto searches = Searches(unanswered);
  const auto method = ChooseContactMethod({.searches = searches,
                                           .contacts = facts.contacts,
                                           .searches_before = facts.searches,
                                           .streaming = claim_.streaming,
                                           .read_lately = fresh.has_value()},
                                          intercom::Client::kContactsPerPage);
  if (method == ContactMethod::kSearch) return false;
  ContactReading reading(bench_);
  ContactReading::Progress progress;
  return reading.ReadAll(
      progress, [](postgres::Transaction&, const auto&) {},
      [&](const ContactReading::Progress& now) {
        if (method != ContactMethod::kProbe) return true;
        return ChooseContactMethod({.searches = searches,
                                    .contacts = now.pages_left * intercom::Client::kContactsPerPage,
                                    .searches_before = facts.searches,
                                    .streaming = claim_.streaming,
                                    .read_lately = false},
                                   intercom::Client::kContactsPerPage) == ContactMethod::kPaging;
      });
}

void MatchingRun::ExecuteRound(core::TimePoint asked_after, bool may_page,
                               const std::optional<Settlement>& settled) {
  auto facts = Facts();
  std::optional<core::TimePoint> fresh = facts.paged_at;
  if (fresh && *fresh < bench_.Now() - bench_.config().fresh) fresh.reset();
  std::string method = kSearch;
  if (may_page && PageForRound(asked_after, facts, fresh)) {
    method = kPaging;
    fresh = Facts().paged_at;
  }
  UserMatching matching(
      bench_, {.paged_at = fresh, .search = true, .settled = settled, .look_again = false});
  core::SubjectId after;
  while (true) {
    const auto tasks = bench_.Transact([&](postgres::Transaction& tx) {
      return bench_.store().NextDueUsers(tx, bench_.product(), bench_.Now(), asked_after, after,
                                         bench_.config().users_per_step);
    });
    if (tasks.empty()) break;
    after = tasks.back().id;
    const auto counts =
        matching.Process(tasks, [](postgres::Transaction&, const UserMatching::Counts&) {});
    users_ += counts.users;
    matched_ += counts.matched;
  }
  AccountMatching accounts(bench_);
  // A round within a run leaves the accounts to it that were due before.
  accounts_ += accounts.ProcessDue(asked_after);
  if (may_page && users_ > 0) method_ = method;
}

}  // namespace accoil::matcher
