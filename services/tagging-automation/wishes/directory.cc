#include "services/tagging-automation/wishes/directory.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "libs/postgres/database.h"
#include "services/tagging-automation/subjects/subject_columns.h"
#include "services/tagging-automation/wishes/rematch.h"
#include "services/tagging-automation/wishes/wish_store.h"
#include "services/tagging-automation/wishes/wishes.h"

namespace accoil::tagging {
namespace {

using events::v1::ConnectionChanged;
using events::v1::SubjectIdentified;
using events::v1::UserMatched;
using postgres::Transaction;

Subject ToSubject(const events::v1::Subject& subject) {
  return {core::ProductId(subject.product_id()), static_cast<SubjectKind>(subject.kind()),
          core::SubjectId(subject.subject_id())};
}

std::vector<core::ProductId> PutConnections(
    Transaction& tx, std::span<const events::Received<ConnectionChanged>> connections) {
  std::vector<core::ProductId> changed;
  if (connections.empty()) return changed;
  std::vector<std::int64_t> product_id;
  std::vector<std::int64_t> version;
  std::vector<std::string> workspace_id;
  std::vector<int> state;
  for (const auto& received : connections) {
    product_id.push_back(received.event.product_id());
    version.push_back(received.event.version());
    workspace_id.push_back(received.event.workspace_id());
    state.push_back(received.event.state());
  }
  const auto rows = tx.Execute(R"sql(
    INSERT INTO connection AS c (product_id, version, workspace_id, state)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::smallint[])
    ON CONFLICT (product_id) DO UPDATE
      SET version = excluded.version, workspace_id = excluded.workspace_id, state = excluded.state
      WHERE c.version < excluded.version
    RETURNING product_id
  )sql",
                               product_id, version, workspace_id, state);
  for (const auto& row : rows) changed.push_back(row.Get<core::ProductId>("product_id"));
  return changed;
}

/// Who came to which account and who left it, and who was removed.
struct AccountChanges {
  std::vector<std::pair<Subject, std::string>> joined;
  std::vector<std::pair<Subject, std::string>> left;
  std::set<Subject> removed;
};

void NoteAccounts(const Subject& user, std::vector<std::string> before,
                  std::vector<std::string> after, AccountChanges& changes) {
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  const auto note = [&](const auto& more, const auto& less, auto& list) {
    std::vector<std::string> only;
    std::set_difference(more.begin(), more.end(), less.begin(), less.end(),
                        std::back_inserter(only));
    only.erase(std::unique(only.begin(), only.end()), only.end());
    for (auto& account : only) list.emplace_back(user, std::move(account));
  };
  note(after, before, changes.joined);
  note(before, after, changes.left);
}

AccountChanges PutSubjects(Transaction& tx,
                           std::span<const events::Received<SubjectIdentified>> identified,
                           DirectoryChanges& changes) {
  AccountChanges accounts;
  if (identified.empty()) return accounts;
  SubjectColumns subjects;
  std::vector<std::int64_t> version;
  std::vector<bool> removed;
  std::vector<std::string> email;
  std::vector<std::string> name;
  std::vector<std::string> account_ids;
  for (const auto& received : identified) {
    const auto& event = received.event;
    subjects.Add(ToSubject(event.subject()));
    version.push_back(event.version());
    removed.push_back(event.removed());
    email.push_back(event.email());
    name.push_back(event.name());
    // Rows of arrays, each as PostgreSQL writes one. Who is removed belongs nowhere.
    std::vector<std::string> ids;
    if (!event.removed()) ids.assign(event.account_ids().begin(), event.account_ids().end());
    account_ids.push_back(*postgres::Parameter::Encode(ids));
  }
  const auto rows = tx.Execute(R"sql(
    WITH newer AS MATERIALIZED (
      SELECT i.*, s.row, s.first_seen_at AS old_first_seen_at, s.removed AS old_removed,
             s.email AS old_email, s.name AS old_name, s.account_ids AS old_account_ids
      FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[], $5::boolean[], $6::text[],
                  $7::text[], $8::text[])
             AS i (product_id, kind, subject_id, version, removed, email, name, account_ids)
      CROSS JOIN LATERAL (
        SELECT ctid AS row, * FROM subject
        WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
      ) s
      WHERE s.version < i.version
    )
    UPDATE subject s
    SET version = n.version, removed = n.removed, email = n.email, name = n.name,
        account_ids = n.account_ids::text[],
        first_seen_at = coalesce(s.first_seen_at, CASE WHEN NOT n.removed THEN now() END)
    FROM newer n
    WHERE s.ctid = n.row
    RETURNING s.product_id, s.kind, s.subject_id, s.removed, s.account_ids, n.old_account_ids,
              n.old_first_seen_at IS NOT NULL AS known,
              (s.removed, s.email, s.name, s.account_ids)
                IS DISTINCT FROM (n.old_removed, n.old_email, n.old_name, n.old_account_ids)
                AS differs
  )sql",
                               subjects.product_id, subjects.kind, subjects.subject_id, version,
                               removed, email, name, account_ids);
  for (const auto& row : rows) {
    const auto subject = SubjectOf(row);
    const bool gone = row.Get<bool>("removed");
    if (gone) accounts.removed.insert(subject);
    if (!row.Get<bool>("known")) {
      if (!gone) changes.appeared.push_back(subject);
    } else if (row.Get<bool>("differs")) {
      changes.changed.push_back(subject);
      if (gone) changes.removed.push_back(subject);
    }
    if (subject.kind == SubjectKind::kUser) {
      NoteAccounts(subject, row.Get<std::vector<std::string>>("old_account_ids"),
                   row.Get<std::vector<std::string>>("account_ids"), accounts);
    }
  }
  for (auto* list : {&changes.appeared, &changes.changed, &changes.removed}) {
    std::sort(list->begin(), list->end());
  }
  return accounts;
}

void PutAccounts(Transaction& tx, const AccountChanges& changes) {
  const auto write = [&](const char* sql, const auto& list) {
    if (list.empty()) return;
    std::vector<std::int64_t> product_id;
    std::vector<std::string> account_id;
    std::vector<std::string> user_id;
    for (const auto& [user, account] : list) {
      product_id.push_back(user.product.value());
      account_id.push_back(account);
      user_id.push_back(user.id.value());
    }
    tx.Execute(sql, product_id, account_id, user_id);
  };
  write(R"sql(
    INSERT INTO account_user (product_id, account_id, user_id)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
    ON CONFLICT DO NOTHING
  )sql",
        changes.joined);
  write(R"sql(
    DELETE FROM account_user WHERE ctid = ANY (ARRAY(
      SELECT a.row
      FROM unnest($1::bigint[], $2::text[], $3::text[]) AS i (product_id, account_id, user_id)
      CROSS JOIN LATERAL (
        SELECT ctid AS row FROM account_user
        WHERE product_id = i.product_id AND account_id = i.account_id AND user_id = i.user_id
        OFFSET 0
      ) a))
  )sql",
        changes.left);
}

}  // namespace

DirectoryChanges Directory::Apply(Transaction& tx, const events::Batch& batch) {
  DirectoryChanges changes;
  changes.connections = PutConnections(tx, batch.Of<ConnectionChanged>());

  std::set<Subject> subjects;
  for (const auto& received : batch.Of<SubjectIdentified>()) {
    subjects.insert(ToSubject(received.event.subject()));
  }
  for (const auto& received : batch.Of<UserMatched>()) {
    subjects.insert(ToSubject(received.event.subject()));
  }
  // A statement of its own, so that the next sees what those who held the locks have committed.
  LockSubjects(tx, subjects);
  const auto accounts = PutSubjects(tx, batch.Of<SubjectIdentified>(), changes);
  PutAccounts(tx, accounts);
  const auto rematched = PutMatches(tx, batch.Of<UserMatched>());
  FollowMatches(tx, rematched, wishes_.window());

  auto unmatched = accounts.removed;
  for (const auto& subject : rematched.moved) {
    if (!rematched.matched.contains(subject)) unmatched.insert(subject);
  }
  ExpireRemoved(tx, unmatched);

  std::set<Subject> known;
  for (const auto& [user, account] : accounts.joined) {
    known.insert(user);
    known.insert({user.product, SubjectKind::kAccount, core::SubjectId(account)});
  }
  const std::vector<Subject> joined(known.begin(), known.end());
  wishes_.Resolve(tx, joined);
  if (listeners_.due && !rematched.matched.empty()) tx.AfterCommit(listeners_.due);
  for (const auto product : changes.connections) {
    if (!listeners_.connection_changed) break;
    tx.AfterCommit([this, product] { listeners_.connection_changed(product); });
  }
  return changes;
}

std::set<core::SubjectId> Directory::Reachable(Transaction& tx, core::ProductId product,
                                               SubjectKind kind, TagTarget target,
                                               std::span<const core::SubjectId> subjects) {
  static constexpr const char* kOwn = R"sql(
    SELECT i.subject_id
    FROM unnest($2::text[]) AS i (subject_id)
    CROSS JOIN LATERAL (
      SELECT target_id FROM subject
      WHERE product_id = $1 AND kind = $3 AND subject_id = i.subject_id OFFSET 0
    ) s
    WHERE s.target_id IS NOT NULL
  )sql";
  static constexpr const char* kOfAccounts = R"sql(
    SELECT i.subject_id
    FROM unnest($2::text[]) AS i (subject_id)
    WHERE EXISTS (
      SELECT FROM (
        SELECT unnest(account_ids) AS account_id FROM subject
        WHERE product_id = $1 AND kind = $3 AND subject_id = i.subject_id OFFSET 0
      ) u
      CROSS JOIN LATERAL (
        SELECT target_id FROM subject
        WHERE product_id = $1 AND kind = 2 AND subject_id = u.account_id OFFSET 0
      ) a
      WHERE a.target_id IS NOT NULL)
  )sql";
  static constexpr const char* kOfUsers = R"sql(
    SELECT i.subject_id
    FROM unnest($2::text[]) AS i (subject_id)
    WHERE $3::smallint = 2 AND EXISTS (
      SELECT FROM (
        SELECT user_id FROM account_user
        WHERE product_id = $1 AND account_id = i.subject_id OFFSET 0
      ) u
      CROSS JOIN LATERAL (
        SELECT target_id FROM subject
        WHERE product_id = $1 AND kind = 1 AND subject_id = u.user_id OFFSET 0
      ) s
      WHERE s.target_id IS NOT NULL)
  )sql";
  const char* sql = KindOf(target) == kind       ? kOwn
                    : kind == SubjectKind::kUser ? kOfAccounts
                                                 : kOfUsers;
  const std::vector<core::SubjectId> ids(subjects.begin(), subjects.end());
  std::set<core::SubjectId> reachable;
  for (const auto& row : tx.Execute(sql, product, ids, kind)) {
    reachable.insert(row.Get<core::SubjectId>("subject_id"));
  }
  return reachable;
}

std::map<core::SubjectId, std::string> Directory::Names(Transaction& tx, core::ProductId product,
                                                        SubjectKind kind,
                                                        std::span<const core::SubjectId> subjects) {
  const std::vector<core::SubjectId> ids(subjects.begin(), subjects.end());
  const auto rows = tx.Execute(R"sql(
    SELECT i.subject_id, s.name
    FROM unnest($3::text[]) AS i (subject_id)
    CROSS JOIN LATERAL (
      SELECT name FROM subject
      WHERE product_id = $1 AND kind = $2 AND subject_id = i.subject_id OFFSET 0
    ) s
    WHERE s.name <> ''
  )sql",
                               product, kind, ids);
  std::map<core::SubjectId, std::string> names;
  for (const auto& row : rows) {
    names[row.Get<core::SubjectId>("subject_id")] = row.Get<std::string>("name");
  }
  return names;
}

}  // namespace accoil::tagging
