#include <algorithm>

#include "services/matcher/store.h"

namespace accoil::matcher {
namespace {

/// Keys as columns, in key order.
struct KeyColumns {
  explicit KeyColumns(std::vector<SubjectKey> keys) {
    std::ranges::sort(keys);
    for (auto& key : keys) {
      products.push_back(key.product);
      kinds.push_back(key.kind);
      ids.push_back(std::move(key.id));
    }
  }

  std::vector<core::ProductId> products;
  std::vector<Kind> kinds;
  std::vector<core::SubjectId> ids;
};

/// Tasks as columns, in the order of their ids.
struct TaskColumns {
  template <typename Tasks>
  explicit TaskColumns(const Tasks& tasks) {
    std::vector<std::pair<core::SubjectId, std::int64_t>> rows;
    for (const auto& task : tasks) {
      if constexpr (requires { task.mark.has_value(); }) {
        if (task.mark) rows.emplace_back(task.id, *task.mark);
      } else {
        rows.emplace_back(task.id, task.mark);
      }
    }
    std::ranges::sort(rows);
    for (auto& [id, mark] : rows) {
      ids.push_back(std::move(id));
      marks.push_back(mark);
    }
  }

  std::vector<core::SubjectId> ids;
  std::vector<std::int64_t> marks;
};

/// An array as PostgreSQL writes it, to be an element of an array: unnest flattens real arrays of
/// arrays, and wants them all of one length.
std::string ArrayText(std::vector<core::SubjectId> ids) {
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  return *postgres::Parameter(ids).text();
}

std::optional<Standing> ReadStanding(const postgres::Row& row) {
  if (row.IsNull("decision")) return std::nullopt;
  return Standing{.workspace = row.Get<core::WorkspaceId>("workspace_id"),
                  .target = row.Get<std::string>("target_id"),
                  .decision = row.Get<Decision>("decision"),
                  .reason = row.Get<std::string>("reason")};
}

std::vector<UserTask> ReadTasks(const postgres::Result& rows) {
  std::vector<UserTask> tasks;
  tasks.reserve(rows.size());
  for (const auto row : rows) {
    UserTask task;
    task.id = row.Get<core::SubjectId>("user_id");
    if (!row.IsNull("mark")) {
      task.mark = row.Get<std::int64_t>("mark");
      task.asked_at = row.Get<core::TimePoint>("asked_at");
      task.attempt = row.Get<int>("attempt");
      task.forced = row.Get<bool>("forced");
    }
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace

SubjectChanges Store::UpsertSubjects(postgres::Transaction& tx, std::vector<Subject> subjects) {
  SubjectChanges changes;
  if (subjects.empty()) return changes;
  std::ranges::sort(subjects, {}, &Subject::key);

  std::vector<core::ProductId> products;
  std::vector<Kind> kinds;
  std::vector<core::SubjectId> ids;
  std::vector<std::int64_t> versions;
  std::vector<bool> removed;
  std::vector<std::string> emails;
  std::vector<std::string> names;
  std::map<SubjectKey, const Subject*> by_key;
  for (const auto& subject : subjects) {
    products.push_back(subject.key.product);
    kinds.push_back(subject.key.kind);
    ids.push_back(subject.key.id);
    versions.push_back(subject.version);
    removed.push_back(subject.removed);
    emails.push_back(subject.email);
    names.push_back(subject.name);
    by_key.emplace(subject.key, &subject);
  }

  struct Before {
    std::string email;
    std::string name;
    bool removed;
  };
  std::map<SubjectKey, Before> before;
  const auto key_of = [](const postgres::Row& row) {
    return SubjectKey{.product = row.Get<core::ProductId>("product_id"),
                      .kind = row.Get<Kind>("kind"),
                      .id = row.Get<core::SubjectId>("subject_id")};
  };
  // Locked, so that what is compared below is what is replaced.
  for (const auto row : tx.Execute(R"sql(
         SELECT s.*
         FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS t (product_id, kind, subject_id)
         CROSS JOIN LATERAL (
           SELECT s.product_id, s.kind, s.subject_id, s.email, s.name, s.removed FROM subject s
           WHERE s.product_id = t.product_id AND s.kind = t.kind
             AND s.subject_id = t.subject_id COLLATE "C"
           LIMIT 1 FOR UPDATE
         ) AS s
       )sql",
                                   products, kinds, ids)) {
    before.emplace(key_of(row), Before{.email = row.Get<std::string>("email"),
                                       .name = row.Get<std::string>("name"),
                                       .removed = row.Get<bool>("removed")});
  }
  std::vector<core::ProductId> member_products;
  std::vector<core::SubjectId> member_users;
  std::vector<std::string> member_accounts;
  for (const auto row : tx.Execute(R"sql(
         INSERT INTO subject AS s (product_id, kind, subject_id, version, removed, email, name)
         SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[],
                              $5::boolean[], $6::text[], $7::text[])
         ON CONFLICT (product_id, kind, subject_id) DO UPDATE
           SET version = excluded.version, removed = excluded.removed, email = excluded.email,
               name = excluded.name
           WHERE s.version < excluded.version    -- facts may arrive twice or out of order
         RETURNING product_id, kind, subject_id
       )sql",
                                   products, kinds, ids, versions, removed, emails, names)) {
    const auto key = key_of(row);
    const auto& now = *by_key.at(key);
    const auto found = before.find(key);
    const bool fresh = found == before.end();
    if (now.removed && (fresh || !found->second.removed)) changes.removed.push_back(key);
    if (key.kind == Kind::USER) {
      if (fresh || found->second.email != now.email || found->second.removed != now.removed) {
        changes.users_due.push_back(key);
      }
      member_products.push_back(key.product);
      member_users.push_back(key.id);
      member_accounts.push_back(
          ArrayText(now.removed ? std::vector<core::SubjectId>() : now.accounts));
    } else if (fresh || found->second.name != now.name || found->second.removed != now.removed) {
      changes.accounts_due.push_back(key);
    }
  }
  if (member_users.empty()) return changes;

  // Compared with the rows themselves and not with what the users had before: two facts of one new
  // user may meet, and the older must leave nothing behind.
  for (const auto row : tx.Execute(R"sql(
         WITH stated AS (
           SELECT product_id, user_id COLLATE "C" AS user_id, accounts::text[] AS accounts
           FROM unnest($1::bigint[], $2::text[], $3::text[]) AS t (product_id, user_id, accounts)
         ), gone AS (
           DELETE FROM user_account WHERE ctid = ANY (ARRAY(
             SELECT a.ctid FROM stated s CROSS JOIN LATERAL (
               SELECT a.ctid FROM user_account a
               WHERE a.product_id = s.product_id AND a.user_id = s.user_id
                 AND a.account_id <> ALL (s.accounts)
               OFFSET 0) AS a))
           RETURNING product_id, account_id
         ), added AS (
           INSERT INTO user_account (product_id, user_id, account_id)
           SELECT product_id, user_id, unnest(accounts) FROM stated
           ON CONFLICT DO NOTHING
           RETURNING product_id, account_id
         )
         SELECT product_id, account_id FROM gone UNION SELECT product_id, account_id FROM added
       )sql",
                                   member_products, member_users, member_accounts)) {
    changes.accounts_due.push_back({.product = row.Get<core::ProductId>("product_id"),
                                    .kind = Kind::ACCOUNT,
                                    .id = row.Get<core::SubjectId>("account_id")});
  }
  std::ranges::sort(changes.accounts_due);
  const auto repeated = std::ranges::unique(changes.accounts_due);
  changes.accounts_due.erase(repeated.begin(), repeated.end());
  return changes;
}

void Store::MarkUsersDue(postgres::Transaction& tx, std::vector<SubjectKey> users,
                         core::TimePoint now, bool forced) {
  if (users.empty()) return;
  const KeyColumns keys(std::move(users));
  tx.Execute(R"sql(
    INSERT INTO due_user AS d (product_id, user_id, due_at, asked_at, mark, attempt, forced)
    SELECT t.product_id, t.user_id, $3::timestamptz, $3::timestamptz, nextval('due_mark'), 0,
           $4::boolean
    FROM unnest($1::bigint[], $2::text[]) AS t (product_id, user_id)
    CROSS JOIN LATERAL (
      SELECT FROM subject s WHERE s.product_id = t.product_id AND s.kind = 1
                              AND s.subject_id = t.user_id COLLATE "C" LIMIT 1) AS known
    ON CONFLICT (product_id, user_id) DO UPDATE
      SET due_at = least(d.due_at, excluded.due_at), asked_at = excluded.asked_at,
          mark = excluded.mark, attempt = 0, forced = d.forced OR excluded.forced
  )sql",
             keys.products, keys.ids, now, forced);
}

void Store::MarkAccountsDue(postgres::Transaction& tx, std::vector<SubjectKey> accounts,
                            core::TimePoint now, bool forced) {
  if (accounts.empty()) return;
  const KeyColumns keys(std::move(accounts));
  tx.Execute(R"sql(
    INSERT INTO due_account AS d (product_id, account_id, due_at, mark, forced)
    SELECT product_id, account_id, $3::timestamptz, nextval('due_mark'), $4::boolean
    FROM unnest($1::bigint[], $2::text[]) AS t (product_id, account_id)
    ON CONFLICT (product_id, account_id) DO UPDATE
      SET due_at = least(d.due_at, excluded.due_at), mark = excluded.mark,
          forced = d.forced OR excluded.forced
  )sql",
             keys.products, keys.ids, now, forced);
}

void Store::MarkAllAccountsDue(postgres::Transaction& tx, core::ProductId product,
                               core::TimePoint now) {
  tx.Execute(R"sql(
    INSERT INTO due_account AS d (product_id, account_id, due_at, mark, forced)
    SELECT $1::bigint, a.account_id, $2::timestamptz, nextval('due_mark'), false
    FROM (SELECT subject_id AS account_id FROM subject WHERE product_id = $1::bigint AND kind = 2
          UNION
          SELECT account_id FROM user_account WHERE product_id = $1::bigint
          ORDER BY 1) AS a
    ON CONFLICT (product_id, account_id) DO UPDATE
      SET due_at = least(d.due_at, excluded.due_at), mark = excluded.mark
  )sql",
             product, now);
}

void Store::MarkAccountsOfUsersDue(postgres::Transaction& tx, core::ProductId product,
                                   const std::vector<core::SubjectId>& users, core::TimePoint now) {
  if (users.empty()) return;
  tx.Execute(R"sql(
    INSERT INTO due_account AS d (product_id, account_id, due_at, mark, forced)
    SELECT $1::bigint, a.account_id, $3::timestamptz, nextval('due_mark'), false
    FROM (SELECT DISTINCT m.account_id
          FROM unnest($2::text[]) AS t (user_id)
          CROSS JOIN LATERAL (
            SELECT account_id FROM user_account
            WHERE product_id = $1::bigint AND user_id = t.user_id COLLATE "C" OFFSET 0) AS m
          ORDER BY m.account_id) AS a
    ON CONFLICT (product_id, account_id) DO UPDATE
      SET due_at = least(d.due_at, excluded.due_at), mark = excluded.mark
  )sql",
             product, users, now);
}

std::vector<UserTask> Store::NextUsers(postgres::Transaction& tx, core::ProductId product,
                                       const core::SubjectId& after, int limit) {
  return ReadTasks(tx.Execute(R"sql(
    SELECT s.subject_id AS user_id, d.mark, d.asked_at, d.attempt, d.forced
    FROM (SELECT product_id, subject_id FROM subject
          WHERE product_id = $1::bigint AND kind = 1 AND subject_id > $2::text
          ORDER BY subject_id LIMIT $3::bigint) AS s
    LEFT JOIN LATERAL (
      SELECT d.* FROM due_user d
      WHERE d.product_id = s.product_id AND d.user_id = s.subject_id LIMIT 1) AS d ON true
    ORDER BY s.subject_id
  )sql",
                              product, after, limit));
}

std::vector<UserTask> Store::NextDueUsers(postgres::Transaction& tx, core::ProductId product,
                                          core::TimePoint now, core::TimePoint asked_after,
                                          const core::SubjectId& after, int limit) {
  return ReadTasks(tx.Execute(R"sql(
    SELECT user_id, mark, asked_at, attempt, forced FROM due_user
    WHERE product_id = $1::bigint AND user_id > $2::text AND due_at <= $3::timestamptz
      AND asked_at > $4::timestamptz
    ORDER BY user_id LIMIT $5::bigint
  )sql",
                              product, after, now, asked_after, limit));
}

std::int64_t Store::CountUsers(postgres::Transaction& tx, core::ProductId product,
                               bool without_email) {
  return tx
      .Execute(R"sql(
        SELECT count(*) AS users FROM subject
        WHERE product_id = $1::bigint AND kind = 1 AND NOT removed
          AND (email <> '' OR $2::boolean)
      )sql",
               product, without_email)
      .Only()
      .Get<std::int64_t>("users");
}

std::int64_t Store::CountDueUsers(postgres::Transaction& tx, core::ProductId product,
                                  core::TimePoint now, core::TimePoint asked_after) {
  return tx
      .Execute(R"sql(
        SELECT count(*) AS users FROM due_user
        WHERE product_id = $1::bigint AND due_at <= $2::timestamptz AND asked_at > $3::timestamptz
      )sql",
               product, now, asked_after)
      .Only()
      .Get<std::int64_t>("users");
}

std::int64_t Store::CountUnanswered(postgres::Transaction& tx, const Connection& connection,
                                    core::TimePoint now, core::TimePoint asked_after,
                                    std::optional<core::TimePoint> paged_at) {
  return tx
      .Execute(R"sql(
        SELECT count(*) AS users
        FROM due_user d
        CROSS JOIN LATERAL (
          SELECT s.email FROM subject s
          WHERE s.product_id = $1::bigint AND s.kind = 1 AND s.subject_id = d.user_id
            AND NOT s.removed AND (s.email <> '' OR $6::boolean)
          LIMIT 1) AS s
        LEFT JOIN LATERAL (
          SELECT true AS found FROM contact c
          WHERE c.workspace_id = $2::text AND c.email = s.email AND c.email <> ''
            AND c.seen_at >= $5::timestamptz AND NOT d.forced
          LIMIT 1) AS c ON true
        WHERE d.product_id = $1::bigint AND d.due_at <= $3::timestamptz
          AND d.asked_at > $4::timestamptz
          AND ($5::timestamptz IS NULL OR d.asked_at > $5::timestamptz)
          AND c.found IS NULL
      )sql",
               connection.product, connection.workspace, now, asked_after, paged_at,
               connection.match_by_external_id)
      .Only()
      .Get<std::int64_t>("users");
}

std::vector<User> Store::LoadUsers(postgres::Transaction& tx, core::ProductId product,
                                   const std::vector<core::SubjectId>& ids) {
  const auto rows = tx.Execute(R"sql(
    SELECT s.subject_id, s.email, s.removed, m.workspace_id, m.target_id, m.decision, m.reason
    FROM unnest($2::text[]) AS t (user_id)
    CROSS JOIN LATERAL (
      SELECT s.subject_id, s.email, s.removed FROM subject s
      WHERE s.product_id = $1::bigint AND s.kind = 1 AND s.subject_id = t.user_id COLLATE "C"
      LIMIT 1) AS s
    LEFT JOIN LATERAL (
      SELECT m.* FROM match m
      WHERE m.product_id = $1::bigint AND m.kind = 1 AND m.subject_id = s.subject_id
      LIMIT 1) AS m ON true
    ORDER BY s.subject_id
  )sql",
                               product, ids);
  std::vector<User> users;
  users.reserve(rows.size());
  for (const auto row : rows) {
    users.push_back({.id = row.Get<core::SubjectId>("subject_id"),
                     .email = row.Get<std::string>("email"),
                     .removed = row.Get<bool>("removed"),
                     .standing = ReadStanding(row)});
  }
  return users;
}

void Store::FinishUsers(postgres::Transaction& tx, core::ProductId product,
                        const std::vector<UserTask>& tasks) {
  const TaskColumns columns(tasks);
  if (columns.ids.empty()) return;
  tx.Execute(R"sql(
    DELETE FROM due_user WHERE ctid = ANY (ARRAY(
      SELECT d.ctid FROM unnest($2::text[], $3::bigint[]) AS t (user_id, mark)
      CROSS JOIN LATERAL (
        SELECT d.ctid FROM due_user d
        WHERE d.product_id = $1::bigint AND d.user_id = t.user_id COLLATE "C" AND d.mark = t.mark
        LIMIT 1 FOR UPDATE) AS d))
  )sql",
             product, columns.ids, columns.marks);
}

void Store::LookAgain(postgres::Transaction& tx, core::ProductId product,
                      const std::vector<std::pair<UserTask, core::TimePoint>>& tasks) {
  if (tasks.empty()) return;
  std::vector<core::SubjectId> ids;
  std::vector<std::int64_t> marks;
  std::vector<int> attempts;
  std::vector<core::TimePoint> times;
  for (const auto& [task, time] : tasks) {
    ids.push_back(task.id);
    marks.push_back(task.mark.value_or(0));
    attempts.push_back(task.attempt);
    times.push_back(time);
  }
  // A request that came meanwhile has another mark and stays as it is.
  tx.Execute(R"sql(
    UPDATE due_user d
    SET due_at = t.due_at, asked_at = t.due_at, attempt = t.attempt, forced = false
    FROM unnest($2::text[], $3::bigint[], $4::smallint[], $5::timestamptz[])
      AS t (user_id, mark, attempt, due_at)
    CROSS JOIN LATERAL (
      SELECT f.ctid FROM due_user f
      WHERE f.product_id = $1::bigint AND f.user_id = t.user_id COLLATE "C" AND f.mark = t.mark
      LIMIT 1 FOR UPDATE) AS found
    WHERE d.ctid = found.ctid
  )sql",
             product, ids, marks, attempts, times);
  tx.Execute(R"sql(
    INSERT INTO due_user (product_id, user_id, due_at, asked_at, mark, attempt, forced)
    SELECT $1::bigint, t.user_id, t.due_at, t.due_at, nextval('due_mark'), t.attempt, false
    FROM unnest($2::text[], $3::bigint[], $4::smallint[], $5::timestamptz[])
      AS t (user_id, mark, attempt, due_at)
    WHERE t.mark = 0
    ON CONFLICT (product_id, user_id) DO NOTHING
  )sql",
             product, ids, marks, attempts, times);
}

std::vector<AccountTask> Store::NextDueAccounts(postgres::Transaction& tx, core::ProductId product,
                                                core::TimePoint now, const core::SubjectId& after,
                                                int limit) {
  const auto rows = tx.Execute(R"sql(
    SELECT account_id, mark, forced FROM due_account
    WHERE product_id = $1::bigint AND account_id > $2::text AND due_at <= $3::timestamptz
    ORDER BY account_id LIMIT $4::bigint
  )sql",
                               product, after, now, limit);
  std::vector<AccountTask> tasks;
  for (const auto row : rows) {
    tasks.push_back({.id = row.Get<core::SubjectId>("account_id"),
                     .mark = row.Get<std::int64_t>("mark"),
                     .forced = row.Get<bool>("forced")});
  }
  return tasks;
}

std::vector<Account> Store::LoadAccounts(postgres::Transaction& tx, const Connection& connection,
                                         const std::vector<core::SubjectId>& ids) {
  const auto rows = tx.Execute(R"sql(
    SELECT g.account_id, coalesce(s.name, '') AS name, coalesce(s.removed, false) AS removed,
           m.workspace_id, m.target_id, m.decision, m.reason,
           u.matched, coalesce(u.companies, '{}') AS companies
    FROM (SELECT account_id COLLATE "C" AS account_id
          FROM unnest($3::text[]) AS t (account_id)) AS g
    LEFT JOIN LATERAL (
      SELECT s.name, s.removed FROM subject s
      WHERE s.product_id = $1::bigint AND s.kind = 2 AND s.subject_id = g.account_id
      LIMIT 1) AS s ON true
    LEFT JOIN LATERAL (
      SELECT m.* FROM match m
      WHERE m.product_id = $1::bigint AND m.kind = 2 AND m.subject_id = g.account_id
      LIMIT 1) AS m ON true
    CROSS JOIN LATERAL (
      SELECT count(DISTINCT a.user_id) AS matched,
             array_agg(DISTINCT company) FILTER (WHERE company IS NOT NULL) AS companies
      FROM (SELECT a.user_id FROM user_account a
            WHERE a.product_id = $1::bigint AND a.account_id = g.account_id OFFSET 0) AS a
      CROSS JOIN LATERAL (
        SELECT um.target_id FROM match um
        WHERE um.product_id = $1::bigint AND um.kind = 1 AND um.subject_id = a.user_id
          AND um.workspace_id = $2::text AND um.target_id <> ''
        LIMIT 1) AS um
      LEFT JOIN LATERAL (
        SELECT coalesce(c.all_companies, c.companies) AS companies FROM contact c
        WHERE c.workspace_id = $2::text AND c.contact_id = um.target_id
        LIMIT 1) AS c ON true
      LEFT JOIN LATERAL unnest(c.companies) AS company ON true
    ) AS u
    ORDER BY g.account_id
  )sql",
                               connection.product, connection.workspace, ids);
  std::vector<Account> accounts;
  accounts.reserve(rows.size());
  for (const auto row : rows) {
    Account account;
    account.seeker.id = row.Get<core::SubjectId>("account_id");
    account.seeker.name = row.Get<std::string>("name");
    account.seeker.removed = row.Get<bool>("removed");
    account.seeker.matched_users = row.Get<std::int64_t>("matched");
    for (auto& company : row.Get<std::vector<std::string>>("companies")) {
      account.seeker.companies.emplace_back(std::move(company));
    }
    account.standing = ReadStanding(row);
    accounts.push_back(std::move(account));
  }
  return accounts;
}

void Store::FinishAccounts(postgres::Transaction& tx, core::ProductId product,
                           const std::vector<AccountTask>& tasks) {
  const TaskColumns columns(tasks);
  if (columns.ids.empty()) return;
  tx.Execute(R"sql(
    DELETE FROM due_account WHERE ctid = ANY (ARRAY(
      SELECT d.ctid FROM unnest($2::text[], $3::bigint[]) AS t (account_id, mark)
      CROSS JOIN LATERAL (
        SELECT d.ctid FROM due_account d
        WHERE d.product_id = $1::bigint AND d.account_id = t.account_id COLLATE "C"
          AND d.mark = t.mark
        LIMIT 1 FOR UPDATE) AS d))
  )sql",
             product, columns.ids, columns.marks);
}

std::pair<std::int64_t, std::int64_t> Store::CountDue(postgres::Transaction& tx,
                                                      core::TimePoint now) {
  const auto rows = tx.Execute(R"sql(
    SELECT
      (SELECT count(*) FROM due_user d JOIN connection c USING (product_id)
       WHERE c.connected AND d.due_at <= $1::timestamptz) AS users,
      (SELECT count(*) FROM due_account d JOIN connection c USING (product_id)
       WHERE c.connected AND d.due_at <= $1::timestamptz) AS accounts
  )sql",
                               now);
  const auto row = rows.Only();
  return {row.Get<std::int64_t>("users"), row.Get<std::int64_t>("accounts")};
}

}  // namespace accoil::matcher
