#include "services/matcher/user_matching.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "libs/core/text.h"
#include "libs/telemetry/trace.h"
#include "services/matcher/match_events.h"

namespace accoil::matcher {
namespace {

// A contact that goes from one user to the next can concern a chain of users. Real ones have a link
// or two; what a longer one leaves over becomes due and is decided next.
constexpr int kLongestChain = 10;
// A contact that was read so lately is there, whatever search shows: another product of the
// workspace may have asked for what Intercom notified of.
constexpr std::chrono::seconds kJustRead{10};

/// The contact that a user has in this workspace until now; empty when none.
core::ContactId PresentContact(const User& user, const core::WorkspaceId& workspace) {
  if (!user.standing || user.standing->workspace != workspace) return {};
  return core::ContactId(user.standing->target);
}

std::vector<core::SubjectId> IdsOf(const std::vector<UserTask>& tasks) {
  std::vector<core::SubjectId> ids;
  ids.reserve(tasks.size());
  for (const auto& task : tasks) ids.push_back(task.id);
  return ids;
}

/// What contacts are looked for by.
struct Properties {
  void Add(const User& user, const Connection& connection) {
    if (user.removed) return;
    if (!user.email.empty()) emails.push_back(user.email);
    if (connection.match_by_external_id) external_ids.push_back(user.id.value());
    auto present = PresentContact(user, connection.workspace);
    if (!present.value().empty()) contacts.push_back(std::move(present));
  }

  std::vector<std::string> emails;
  std::vector<std::string> external_ids;
  std::vector<core::ContactId> contacts;
};

/// By which of their properties contacts are known.
class KnownContacts {
 public:
  KnownContacts() = default;
  explicit KnownContacts(const std::vector<intercom::Contact>& contacts) {
    for (const auto& contact : contacts) {
      if (!contact.email.empty()) emails_.insert(contact.email);
      if (!contact.external_id.empty()) external_ids_.insert(contact.external_id);
    }
  }
  /// Whether one of them may be the user's.
  bool Show(const User& user, const Connection& connection) const {
    return emails_.contains(user.email) ||
           (connection.match_by_external_id && external_ids_.contains(user.id.value()));
  }

 private:
  std::unordered_set<std::string> emails_;
  std::unordered_set<std::string> external_ids_;
};

}  // namespace

/// One look at some users.
struct UserMatching::Look {
  const std::vector<UserTask>& tasks;
  std::map<core::SubjectId, const UserTask*> by_id;
  /// As they were when Intercom was asked for them.
  std::map<core::SubjectId, User> users;
  /// What was seen since then is what there is.
  core::TimePoint seen_since;
  /// What was seen since then is there, and may be other than it was seen.
  core::TimePoint known_since;
  /// Those of whom it can be said that they have no contact, and those of them of whom only a
  /// search says so.
  std::set<core::SubjectId> answered;
  std::set<core::SubjectId> searched;
};

UserMatching::Counts UserMatching::Process(
    const std::vector<UserTask>& tasks,
    const std::function<void(postgres::Transaction&, const Counts&)>& and_then) {
  Look look{.tasks = tasks,
            .by_id = {},
            .users = {},
            .seen_since = std::min(policy_.paged_at.value_or(bench_.Now()),
                                   policy_.settled ? policy_.settled->since : bench_.Now()),
            .known_since = {},
            .answered = {},
            .searched = {}};
  look.known_since = std::min(look.seen_since, bench_.Now() - kJustRead);
  for (const auto& task : tasks) look.by_id.emplace(task.id, &task);
  Ask(look);
  return bench_.Transact([&](postgres::Transaction& tx) {
    const auto counts = Decide(tx, look);
    and_then(tx, counts);
    return counts;
  });
}

void UserMatching::Ask(Look& look) {
  const auto& connection = bench_.connection();
  KnownContacts paged;
  KnownContacts settled;
  bench_.Transact([&](postgres::Transaction& tx) {
    look.users.clear();
    Properties properties;
    for (auto& user : bench_.store().LoadUsers(tx, bench_.product(), IdsOf(look.tasks))) {
      properties.Add(user, connection);
      look.users.emplace(user.id, std::move(user));
    }
    const auto find = [&](core::TimePoint since) {
      return KnownContacts(bench_.store().FindContacts(tx, connection.workspace, properties.emails,
                                                       properties.external_ids, {}, since));
    };
    if (policy_.paged_at) paged = find(*policy_.paged_at);
    if (policy_.settled) settled = find(policy_.settled->since);
  });

  std::vector<const User*> searched;
  std::vector<core::ContactId> present;
  std::vector<core::ContactId> doubted;
  for (const auto& [id, user] : look.users) {
    if (user.removed || (user.email.empty() && !connection.match_by_external_id)) {
      look.answered.insert(id);
      continue;
    }
    const auto& task = *look.by_id.at(id);
    // A reading that began after the request tells all there is; an older one only what it found.
    // One that asks for later is a look to come, and no reason to wait.
    const bool covered = policy_.paged_at && (!task.mark || task.asked_at <= *policy_.paged_at ||
                                              task.asked_at > bench_.Now());
    const auto contact = PresentContact(user, connection.workspace);
    // Of a contact that was asked for and is gone no more is to be learned.
    const bool known_gone = policy_.settled && policy_.settled->gone.contains(contact);
    const bool doubts = task.forced && !known_gone;
    // Whoever was decided before, and is looked at for nothing but that his contact was just asked
    // for, has all that a search would tell, and sooner.
    if (policy_.settled && task.mark && !doubts && task.due_at >= policy_.settled->since &&
        user.standing && user.standing->workspace == connection.workspace &&
        settled.Show(user, connection)) {
      continue;
    }
    if (covered || !policy_.search) {
      if (covered) look.answered.insert(id);
    } else if (!policy_.paged_at || doubts || !paged.Show(user, connection)) {
      searched.push_back(&user);
      look.answered.insert(id);
      look.searched.insert(id);
    }
    if (contact.value().empty() || known_gone) continue;
    // A search may still show what a request to this very contact found gone.
    if (doubts && !covered) doubted.push_back(contact);
    present.push_back(contact);
  }

  SearchFor(std::move(searched));

  // Search can lag behind, and a contact's email may have changed in step with the user's: nobody
  // loses a contact that was not asked for itself.
  auto unseen = bench_.Transact([&](postgres::Transaction& tx) {
    if (policy_.settled && !look.searched.empty()) {
      bench_.store().ForgetContacts(tx, connection.workspace,
                                    {policy_.settled->gone.begin(), policy_.settled->gone.end()});
    }
    return bench_.store().UnseenContacts(tx, connection.workspace, present, look.seen_since);
  });
  unseen.insert(unseen.end(), doubted.begin(), doubted.end());
  std::ranges::sort(unseen);
  unseen.erase(std::unique(unseen.begin(), unseen.end()), unseen.end());
  // Beyond the limit what is known is believed until the next run.
  unseen.resize(std::min(unseen.size(), static_cast<std::size_t>(confirmations_left_)));
  confirmations_left_ -= static_cast<int>(unseen.size());
  reading_.Confirm(unseen);
}

void UserMatching::SearchFor(std::vector<const User*> users) {
  if (users.empty()) return;
  std::vector<std::string> ids;
  if (bench_.connection().match_by_external_id) {
    for (const auto* user : users) ids.push_back(user->id.value());
    const auto found = reading_.Search("external_id", ids);
    const auto shown = [&](const std::string& id) { return std::ranges::binary_search(found, id); };
    // A contact that carries the user's id comes first whatever has the email.
    std::erase_if(users, [&](const User* user) { return shown(user->id.value()); });
    std::erase_if(ids, shown);
  }
  std::vector<std::string> emails;
  for (const auto* user : users) {
    if (!user->email.empty()) emails.push_back(user->email);
  }
  std::ranges::sort(emails);
  emails.erase(std::unique(emails.begin(), emails.end()), emails.end());
  const auto found = reading_.Search("email", emails);
  std::erase_if(emails,
                [&](const std::string& email) { return std::ranges::binary_search(found, email); });

  // Intercom may have notified of what search does not show yet.
  const auto unclaimed = bench_.Transact([&](postgres::Transaction& tx) {
    return bench_.store().ClaimUnclaimed(tx, bench_.workspace(), emails, ids);
  });
  reading_.Confirm(unclaimed);
}

UserMatching::Counts UserMatching::Decide(postgres::Transaction& tx, const Look& look) {
  auto& store = bench_.store();
  const auto& connection = bench_.connection();
  auto users = store.LoadUsers(tx, bench_.product(), IdsOf(look.tasks));
  // Who changed since Intercom was asked is due again, and was not asked for as he is now.
  std::erase_if(users, [&](const User& user) {
    const auto asked = look.users.find(user.id);
    return asked == look.users.end() || asked->second.email != user.email ||
           asked->second.removed != user.removed;
  });

  // A contact may be wanted by users who are not looked at now: they are decided along.
  std::vector<Seeker> seekers;
  std::vector<Verdict> verdicts;
  Properties properties;
  for (int link = 0; link < kLongestChain; ++link) {
    for (std::size_t i = seekers.size(); i < users.size(); ++i) {
      const auto& user = users[i];
      properties.Add(user, connection);
      seekers.push_back({.id = user.id,
                         .email = user.email,
                         .removed = user.removed,
                         .present = PresentContact(user, connection.workspace)});
    }
    const auto contacts =
        store.FindContacts(tx, connection.workspace, properties.emails, properties.external_ids,
                           properties.contacts, look.known_since);
    verdicts = DecideUsers(seekers, contacts, connection.match_by_external_id);
    std::vector<std::string> wanted;
    for (const auto& verdict : verdicts) {
      if (!verdict.wanted.empty()) wanted.push_back(verdict.wanted);
    }
    std::set<core::SubjectId> here;
    for (const auto& user : users) here.insert(user.id);
    const auto rivals = store.Rivals(tx, connection, Kind::USER, wanted, here);
    if (rivals.empty()) break;
    for (auto& user : store.LoadUsers(tx, bench_.product(), rivals)) {
      users.push_back(std::move(user));
    }
  }
  // The last link's rivals, should there be any, are left as they are.
  users.resize(verdicts.size());

  // Who came after the reading and is not in it may have a contact all the same.
  std::vector<User> decided;
  std::vector<Verdict> final;
  Counts counts;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (look.by_id.contains(verdicts[i].subject)) {
      if (verdicts[i].decision == Decision::NO_CONTACT &&
          !look.answered.contains(verdicts[i].subject)) {
        continue;
      }
      ++counts.users;
      if (!verdicts[i].target.empty()) ++counts.matched;
    }
    decided.push_back(std::move(users[i]));
    final.push_back(std::move(verdicts[i]));
  }
  Write(tx, decided, final);
  Settle(tx, look, final);
  return counts;
}

void UserMatching::Write(postgres::Transaction& tx, const std::vector<User>& users,
                         const std::vector<Verdict>& verdicts) {
  auto& store = bench_.store();
  const auto& connection = bench_.connection();
  const auto now = bench_.Now();
  std::vector<std::pair<Verdict, bool>> changed;
  std::vector<core::SubjectId> moved;
  std::set<std::string> released;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const auto& verdict = verdicts[i];
    const auto& standing = users[i].standing;
    if (!verdict.target.empty()) taken.insert(verdict.target);
    const bool told = Changed(standing, connection.workspace, verdict);
    if (!told && standing->reason == verdict.reason) continue;
    changed.emplace_back(verdict, told);
    const auto before = PresentContact(users[i], connection.workspace).value();
    if (before == verdict.target) {
      // Losing another workspace's contact changes the accounts as well.
      if (standing && standing->workspace != connection.workspace && !standing->target.empty()) {
        moved.push_back(verdict.subject);
      }
      continue;
    }
    moved.push_back(verdict.subject);
    if (!before.empty()) released.insert(before);
  }
  std::erase_if(released, [&](const std::string& contact) { return taken.contains(contact); });

  const auto written = store.WriteMatches(tx, connection, Kind::USER, changed, now);
  const auto traces = TakeTraces(tx, verdicts);
  PublishMatches(tx, connection, Kind::USER, written, verdicts, traces, now, bench_.metrics());
  store.MarkAccountsOfUsersDue(tx, bench_.product(), moved, now);
  store.MarkRefusedDue(tx, connection.workspace, connection.product, Kind::USER,
                       {released.begin(), released.end()}, now);
}

std::map<core::SubjectId, std::string> UserMatching::TakeTraces(
    postgres::Transaction& tx, const std::vector<Verdict>& verdicts) {
  std::vector<core::SubjectId> decided;
  std::map<core::SubjectId, Decision> decisions;
  for (const auto& verdict : verdicts) {
    decided.push_back(verdict.subject);
    decisions.emplace(verdict.subject, verdict.decision);
  }
  auto traces = bench_.store().TakeTraces(tx, bench_.product(), decided);
  if (traces.empty()) return traces;
  tx.AfterCommit([this, traces, decisions] {
    for (const auto& [user, traceparent] : traces) {
      const telemetry::TraceScope trace(telemetry::ParseTraceparent(traceparent));
      bench_.logger().Step(
          "a user's match was decided",
          {{"product_id", bench_.product().value()},
           {"decision", core::ToLower(events::v1::MatchDecision_Name(decisions.at(user)))}});
    }
  });
  return traces;
}

void UserMatching::Settle(postgres::Transaction& tx, const Look& look,
                          const std::vector<Verdict>& verdicts) {
  const auto now = bench_.Now();
  const auto& waits = bench_.config().look_again;
  std::vector<UserTask> finished;
  std::vector<std::pair<UserTask, core::TimePoint>> again;
  for (const auto& verdict : verdicts) {
    const auto found = look.by_id.find(verdict.subject);
    if (found == look.by_id.end()) continue;
    auto task = *found->second;
    const auto looks = static_cast<std::size_t>(task.attempt);
    // Only search can miss what is there; paging shows all that exists.
    if (verdict.decision == Decision::NO_CONTACT && look.searched.contains(task.id) &&
        (task.mark || policy_.look_again) && looks < waits.size()) {
      ++task.attempt;
      again.emplace_back(task, now + waits[looks]);
    } else if (task.mark) {
      finished.push_back(task);
    }
  }
  bench_.store().FinishUsers(tx, bench_.product(), finished);
  bench_.store().LookAgain(tx, bench_.product(), again);
}

}  // namespace accoil::matcher
