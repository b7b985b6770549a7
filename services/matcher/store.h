#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "libs/postgres/database.h"
#include "libs/postgres/migrations.h"
#include "services/matcher/match_decision.h"
#include "services/matcher/types.h"

namespace accoil::matcher {

/// The service's own migrations, compiled in from migrations/.
std::vector<postgres::Migration> Migrations();

/// A user to be looked at.
struct UserTask {
  core::SubjectId id;
  /// The request that is answered; nothing when the user was not due but a run comes by.
  std::optional<std::int64_t> mark;
  /// When it was last asked for, how many looks found nothing, whether its match is in doubt. Only
  /// with a mark.
  core::TimePoint asked_at;
  /// Since when it waits; before asked_at when it was asked for several times.
  core::TimePoint due_at;
  int attempt = 0;
  bool forced = false;
};

/// An account to be decided.
struct AccountTask {
  core::SubjectId id;
  std::int64_t mark = 0;
  bool forced = false;
};

/// An account with what speaks for its companies.
struct Account {
  AccountSeeker seeker;
  std::optional<Standing> standing;
};

/// What a batch of subjects changed.
struct SubjectChanges {
  std::vector<SubjectKey> users_due;
  std::vector<SubjectKey> accounts_due;
  std::vector<SubjectKey> removed;
};

/// Contacts whose known state a reading changed.
struct ContactChanges {
  /// Email, external_id or role.
  std::vector<core::ContactId> identity;
  std::vector<core::ContactId> companies;
};

/// A decision that was written and has to be told.
struct Written {
  core::SubjectId subject;
  std::int64_t version = 0;
};

/// A run over all users of a product.
struct Run {
  std::int64_t id = 0;
  core::ProductId product;
  std::string trigger;
  /// waiting, running, finished or failed.
  std::string state;
  std::optional<core::TimePoint> started_at;
  std::optional<core::TimePoint> finished_at;
  std::int64_t users = 0;
  std::int64_t matched = 0;
  std::int64_t calls = 0;
  /// paging or search; empty while it is not chosen.
  std::string method;
  std::string error;
  /// Where to go on after an interruption.
  std::optional<core::TimePoint> read_since;
  std::string cursor;
  bool contacts_read = false;
  std::string position;
};

/// The right to work for a product, for as long as it is renewed.
struct Claim {
  Connection connection;
  std::string owner;
  /// Failures in a row before this.
  int failures = 0;
  /// Its run that is waiting or was interrupted.
  std::optional<Run> run;
  /// What is due has settled, or waited long enough; if not, only doubts are to be answered.
  bool settled = true;
  /// Users kept coming until the longest wait had passed.
  bool streaming = false;
};

/// A contact as a notification names it; email and external id may be empty.
struct NotifiedContact {
  core::WorkspaceId workspace;
  core::ContactId contact;
  std::string email;
  std::string external_id;
  friend auto operator<=>(const NotifiedContact&, const NotifiedContact&) = default;
};

/// A contact that Intercom notified of, to be asked for.
struct Doubt {
  core::ContactId contact;
  std::int64_t mark = 0;
};

/// A subject's match for those who ask.
struct MatchView {
  SubjectKey key;
  std::optional<Standing> standing;
  std::optional<core::TimePoint> decided_at;
  bool removed = false;
  bool connected = false;
  std::optional<core::TimePoint> due_at;
  std::string email;
  std::string name;
  /// Of a user.
  std::vector<std::string> account_ids;
  /// Of an account: its users, and those of them who are matched.
  std::int64_t users = 0;
  std::int64_t matched_users = 0;
};

/// Subjects that are not matched for one reason.
struct UnmatchedGroup {
  Kind kind = Kind::USER;
  Decision decision = Decision::MATCH_DECISION_UNSPECIFIED;
  std::int64_t subjects = 0;
  core::TimePoint since;
  /// The first of them by their ids, with the reason in words.
  std::vector<std::pair<core::SubjectId, std::string>> examples;
};

struct DecisionCount {
  Kind kind = Kind::USER;
  Decision decision = Decision::MATCH_DECISION_UNSPECIFIED;
  std::int64_t subjects = 0;
};

/// How many subjects of a connected workspace are decided in one way.
struct WorkspaceMatches {
  core::WorkspaceId workspace;
  Kind kind = Kind::USER;
  Decision decision = Decision::MATCH_DECISION_UNSPECIFIED;
  std::int64_t subjects = 0;
};

/// All SQL of the service. Stateless; methods run in the caller's transaction and write their rows
/// in key order. Times are handed in, so that they come from one clock.
///
/// Rows that are known by key are looked up one by one in LATERAL subqueries that end in LIMIT or
/// OFFSET 0, which keeps the planner from turning them into joins. Tables that were just filled
/// have no statistics, and without them it takes a product's million rows for one, and joins
/// accordingly: quadratically, in the very minute in which all the work is to be done.
class Store {
 public:
  // Subjects: store_subjects.cc

  /// Takes over what is newer than what is known. `subjects` has each key once.
  SubjectChanges UpsertSubjects(postgres::Transaction& tx, std::vector<Subject> subjects);
  /// Users who may have to be searched: not removed, and with an email unless `without_email`.
  std::int64_t CountUsers(postgres::Transaction& tx, core::ProductId product, bool without_email);
  std::vector<User> LoadUsers(postgres::Transaction& tx, core::ProductId product,
                              const std::vector<core::SubjectId>& ids);
  /// Accounts with the companies of their users' contacts.
  std::vector<Account> LoadAccounts(postgres::Transaction& tx, const Connection& connection,
                                    const std::vector<core::SubjectId>& ids);

  // What is due: store_due.cc

  /// Users that were never identified are passed over. A request begins its looks anew.
  void MarkUsersDue(postgres::Transaction& tx, std::vector<SubjectKey> users, core::TimePoint now,
                    bool forced);
  void MarkAccountsDue(postgres::Transaction& tx, std::vector<SubjectKey> accounts,
                       core::TimePoint now, bool forced);
  /// Every account that was identified or has a user.
  void MarkAllAccountsDue(postgres::Transaction& tx, core::ProductId product, core::TimePoint now);
  /// The accounts of these users.
  void MarkAccountsOfUsersDue(postgres::Transaction& tx, core::ProductId product,
                              const std::vector<core::SubjectId>& users, core::TimePoint now);
  /// Users were told in a request that is followed: keeps its traceparent until they are decided.
  void NoteTraces(postgres::Transaction& tx, const std::map<SubjectKey, std::string>& traces);
  /// The traceparents that were kept of these users; they are forgotten.
  std::map<core::SubjectId, std::string> TakeTraces(postgres::Transaction& tx,
                                                    core::ProductId product,
                                                    const std::vector<core::SubjectId>& users);
  /// Users in order of their ids after `after`.
  std::vector<UserTask> NextUsers(postgres::Transaction& tx, core::ProductId product,
                                  const core::SubjectId& after, int limit);
  /// The due among them, asked for after `asked_after`.
  std::vector<UserTask> NextDueUsers(postgres::Transaction& tx, core::ProductId product,
                                     core::TimePoint now, core::TimePoint asked_after,
                                     const core::SubjectId& after, int limit);
  std::int64_t CountDueUsers(postgres::Transaction& tx, core::ProductId product,
                             core::TimePoint now, core::TimePoint asked_after);
  /// Due users whom a reading of all contacts at `paged_at` does not answer: asked for after it and
  /// not found by it. Without one, all who may have to be searched.
  std::int64_t CountUnanswered(postgres::Transaction& tx, const Connection& connection,
                               core::TimePoint now, core::TimePoint asked_after,
                               std::optional<core::TimePoint> paged_at);
  /// Their requests are answered.
  void FinishUsers(postgres::Transaction& tx, core::ProductId product,
                   const std::vector<UserTask>& tasks);
  /// Users to be looked at again at the time given, as if asked for then, with the attempt of their
  /// task.
  void LookAgain(postgres::Transaction& tx, core::ProductId product,
                 const std::vector<std::pair<UserTask, core::TimePoint>>& tasks);
  /// The due accounts, those that became due after `due_after`, in order of their ids.
  std::vector<AccountTask> NextDueAccounts(postgres::Transaction& tx, core::ProductId product,
                                           core::TimePoint now, core::TimePoint due_after,
                                           const core::SubjectId& after, int limit);
  void FinishAccounts(postgres::Transaction& tx, core::ProductId product,
                      const std::vector<AccountTask>& tasks);
  /// Users and accounts of connected products that are due now.
  std::pair<std::int64_t, std::int64_t> CountDue(postgres::Transaction& tx, core::TimePoint now);

  // What is known of workspaces: store_contacts.cc

  WorkspaceFacts LoadWorkspace(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                               core::TimePoint counted_since);
  void RememberContacts(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                        std::int64_t contacts, core::TimePoint now);
  /// All contacts were read, beginning at `since`.
  void RememberPaging(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                      core::TimePoint since);
  void CountSearches(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                     std::int64_t searches, core::TimePoint counted_since, core::TimePoint now);
  ContactChanges UpsertContacts(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                                std::vector<intercom::Contact> contacts, core::TimePoint now);
  void ForgetContacts(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                      const std::vector<core::ContactId>& ids);
  /// Makes due, in every product of the workspace but `except`, the users who have or want these.
  void MarkUsersOfContactsDue(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                              const std::vector<core::ContactId>& contacts,
                              std::optional<core::ProductId> except, core::TimePoint now,
                              bool forced = false);
  /// Makes due the accounts, of every product of the workspace, of the users matched with these.
  void MarkAccountsOfContactsDue(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                                 const std::vector<core::ContactId>& contacts, core::TimePoint now);
  /// Contacts with one of the emails or external ids that were seen since then, and those of `ids`
  /// whenever they were seen.
  std::vector<intercom::Contact> FindContacts(postgres::Transaction& tx,
                                              const core::WorkspaceId& workspace,
                                              const std::vector<std::string>& emails,
                                              const std::vector<std::string>& external_ids,
                                              const std::vector<core::ContactId>& ids,
                                              core::TimePoint seen_since);
  /// Those of `ids` that were not seen since then.
  std::vector<core::ContactId> UnseenContacts(postgres::Transaction& tx,
                                              const core::WorkspaceId& workspace,
                                              const std::vector<core::ContactId>& ids,
                                              core::TimePoint seen_since);

  // What Intercom notified of: store_webhooks.cc

  /// Notes which of the contacts concern a user of a product that is connected to their workspace:
  /// one has or wants the contact, or has its email or external id. Answers how many.
  std::int64_t DoubtContacts(postgres::Transaction& tx, std::vector<NotifiedContact> contacts,
                             core::TimePoint now);
  /// Remembers those of the contacts that are not doubted and were notified of for nobody, and
  /// forgets those that were so before `forget_before`.
  void RememberUnclaimed(postgres::Transaction& tx, std::vector<NotifiedContact> contacts,
                         core::TimePoint now, core::TimePoint forget_before);
  /// Takes out the remembered that may have one of the emails or external ids.
  std::vector<core::ContactId> ClaimUnclaimed(postgres::Transaction& tx,
                                              const core::WorkspaceId& workspace,
                                              const std::vector<std::string>& emails,
                                              const std::vector<std::string>& external_ids);
  /// Doubts that came until then, in order of their contacts after `after`.
  std::vector<Doubt> NextDoubts(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                                core::TimePoint until, const core::ContactId& after, int limit);
  std::int64_t CountDoubts(postgres::Transaction& tx, const core::WorkspaceId& workspace);
  /// They are answered, unless they were doubted again meanwhile.
  void SettleDoubts(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                    const std::vector<Doubt>& doubts);
  /// All companies of these are to be read again before they are built upon.
  void DoubtAllCompanies(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                         const std::vector<core::ContactId>& contacts);
  /// Makes due, in every product that is connected to the workspace, the users with the email or
  /// the external id of one of these.
  void MarkUsersOfEmailsDue(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                            const std::vector<intercom::Contact>& contacts, core::TimePoint now);
  /// Has the accounts that have or want one of these ask for it.
  void DoubtCompanies(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                      const std::vector<core::CompanyId>& companies, core::TimePoint now);
  /// Those that were found to be gone are asked for again by the next who wants them.
  void CompaniesMayBeBack(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                          const std::vector<core::CompanyId>& companies);

  // Companies: store_companies.cc

  /// Which companies have another name than was known.
  std::vector<core::CompanyId> UpsertCompanies(postgres::Transaction& tx,
                                               const core::WorkspaceId& workspace,
                                               std::vector<intercom::Company> companies,
                                               core::TimePoint now);
  void CompaniesGone(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                     const std::vector<core::CompanyId>& ids, core::TimePoint now);
  void RememberCompanies(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                         std::int64_t companies, std::optional<std::int64_t> per_page,
                         core::TimePoint now);
  /// The whole list of companies was read, beginning at `since`.
  void RememberListing(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                       core::TimePoint since);
  void CountCompanyReads(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                         std::int64_t reads, core::TimePoint counted_since, core::TimePoint now);
  /// Those that are there; the gone ones of `ids` are passed over.
  Companies LoadCompanies(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                          const std::vector<core::CompanyId>& ids);
  /// Those of `ids` whose details were not seen since `seen_since`, and that were not found to be
  /// gone since `gone_since`.
  std::vector<core::CompanyId> UnknownCompanies(postgres::Transaction& tx,
                                                const core::WorkspaceId& workspace,
                                                const std::vector<core::CompanyId>& ids,
                                                core::TimePoint seen_since,
                                                core::TimePoint gone_since);
  /// Companies of which nothing is known, as UnknownCompanies, among those of the accounts that
  /// NextDueAccounts goes through; at most so many.
  std::vector<core::CompanyId> UnknownCompaniesOfDue(postgres::Transaction& tx,
                                                     const Connection& connection,
                                                     core::TimePoint now, core::TimePoint due_after,
                                                     core::TimePoint seen_since,
                                                     core::TimePoint gone_since,
                                                     std::int64_t limit);
  /// Makes due the accounts, of every product of the workspace, that a company's name may concern.
  void MarkAccountsOfCompaniesDue(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                                  const std::vector<core::CompanyId>& companies,
                                  core::TimePoint now);
  /// Contacts of the accounts' users who have more companies than they list, unless all of them
  /// were read since then.
  std::vector<core::ContactId> ContactsToComplete(postgres::Transaction& tx,
                                                  const Connection& connection,
                                                  const std::vector<core::SubjectId>& accounts,
                                                  core::TimePoint read_since);
  /// All companies of a contact. Whether they differ from what was known.
  bool SetAllCompanies(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                       const core::ContactId& contact, std::vector<core::CompanyId> companies,
                       core::TimePoint now);

  // Decisions: store_matches.cc

  /// Subjects of the product that have or want one of these contacts or companies, but for
  /// `except`.
  std::vector<core::SubjectId> Rivals(postgres::Transaction& tx, const Connection& connection,
                                      Kind kind, const std::vector<std::string>& wanted,
                                      const std::set<core::SubjectId>& except);
  /// Writes decisions. Those that are `told` get a new version, which is answered; the others only
  /// a new reason.
  std::vector<Written> WriteMatches(postgres::Transaction& tx, const Connection& connection,
                                    Kind kind,
                                    const std::vector<std::pair<Verdict, bool>>& verdicts,
                                    core::TimePoint now);
  /// Makes due the subjects that were refused one of these because another had it.
  void MarkRefusedDue(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                      core::ProductId product, Kind kind, const std::vector<std::string>& released,
                      core::TimePoint now);
  /// A removed subject that was matched.
  struct Withdrawn {
    SubjectKey key;
    std::int64_t version = 0;
    core::WorkspaceId workspace;
    /// What it had.
    std::string target;
    std::string reason;
  };
  /// Takes the matches of removed subjects back at once: it needs no look at Intercom.
  std::vector<Withdrawn> Withdraw(postgres::Transaction& tx, const std::vector<SubjectKey>& removed,
                                  core::TimePoint now);
  /// Nothing when the subject was never heard of.
  std::optional<MatchView> GetMatch(postgres::Transaction& tx, const SubjectKey& key);
  std::vector<DecisionCount> CountDecisions(postgres::Transaction& tx, core::ProductId product);
  /// The same of all connected products, without the subjects that were removed. Reads every match.
  std::vector<WorkspaceMatches> CountStanding(postgres::Transaction& tx);
  /// Those who are not matched and could be, the largest group first; none while the product is not
  /// connected.
  std::vector<UnmatchedGroup> ListUnmatched(postgres::Transaction& tx, core::ProductId product,
                                            int examples);
  /// Makes due all subjects of one group. Answers how many there are.
  std::int64_t MarkUnmatchedDue(postgres::Transaction& tx, core::ProductId product, Kind kind,
                                Decision decision, core::TimePoint now);

  // Connections, claims and runs: store_runs.cc

  /// Takes over a newer state. A product that becomes connected, to another workspace, or is to
  /// match otherwise, gets a run over all its users; a run of the state before ends as failed.
  void ApplyConnection(postgres::Transaction& tx, const Connection& connection,
                       std::chrono::milliseconds interval, core::TimePoint now);
  std::optional<Connection> GetConnection(postgres::Transaction& tx, core::ProductId product);
  /// Queues the runs whose time has come.
  void ScheduleRuns(postgres::Transaction& tx, std::chrono::milliseconds interval,
                    core::TimePoint now);
  /// Takes the right to work for the product that waited longest among those with a run or due
  /// subjects, once these have settled; nothing when there is none.
  std::optional<Claim> ClaimWork(postgres::Transaction& tx, const std::string& owner,
                                 std::chrono::milliseconds lease, std::chrono::milliseconds quiet,
                                 std::chrono::milliseconds longest, core::TimePoint now);
  /// Renews a claim and holds it until the transaction ends. False when it was lost, or the
  /// connection is no longer the one that was claimed.
  bool Hold(postgres::Transaction& tx, const Claim& claim, std::chrono::milliseconds lease,
            core::TimePoint now);
  /// Gives a claim back. `retry_after`: work failed or was put off, and is to rest so long.
  void Release(postgres::Transaction& tx, const Claim& claim, bool failed,
               std::optional<std::chrono::milliseconds> retry_after, core::TimePoint now);
  /// The open run of a product, made if there is none. Work that rested after a failure is tried
  /// at once.
  Run RequestRun(postgres::Transaction& tx, core::ProductId product, core::TimePoint now);
  std::optional<Run> GetRun(postgres::Transaction& tx, core::ProductId product, std::int64_t id);
  std::vector<Run> ListRuns(postgres::Transaction& tx, core::ProductId product);
  /// Writes a run's progress and state. A finished or failed one pushes the oldest out of the
  /// product's history.
  void SaveRun(postgres::Transaction& tx, const Run& run);
  /// Another try for a run that failed, going on where it stopped.
  void QueueAgain(postgres::Transaction& tx, const Run& failed, core::TimePoint now);
};

}  // namespace accoil::matcher
