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

std::vector<UserTask> ReadTasks(const postgres::Result& rows) {
  std::vector<UserTask> tasks;
  tasks.reserve(rows.size());
  for (const auto row : rows) {
    UserTask task;
    task.id = row.Get<core::SubjectId>("user_id");
    if (!row.IsNull("mark")) {
      task.mark = row.Get<std::int64_t>("mark");
      task.asked_at = row.Get<core::TimePoint>("asked_at");
      task.due_at = row.Get<core::TimePoint>("due_at");
      task.attempt = row.Get<int>("attempt");
      task.forced = row.Get<bool>("forced");
    }
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace

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

void Store::NoteTraces(postgres::Transaction& tx, const std::map<SubjectKey, std::string>& traces) {
  if (traces.empty()) return;
  std::vector<std::int64_t> products;
  std::vector<std::string> users;
  std::vector<std::string> traceparents;
  for (const auto& [key, traceparent] : traces) {
    products.push_back(key.product.value());
    users.push_back(key.id.value());
    traceparents.push_back(traceparent);
  }
  tx.Execute(R"sql(
    INSERT INTO traced_user (product_id, user_id, traceparent)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
    ON CONFLICT (product_id, user_id) DO UPDATE SET traceparent = excluded.traceparent
  )sql",
             products, users, traceparents);
}

std::map<core::SubjectId, std::string> Store::TakeTraces(
    postgres::Transaction& tx, core::ProductId product, const std::vector<core::SubjectId>& users) {
  std::vector<std::string> ids;
  ids.reserve(users.size());
  for (const auto& user : users) ids.push_back(user.value());
  std::map<core::SubjectId, std::string> traces;
  const auto rows = tx.Execute(R"sql(
    DELETE FROM traced_user WHERE product_id = $1::bigint AND user_id = ANY ($2::text[])
    RETURNING user_id, traceparent
  )sql",
                               product, ids);
  for (const auto& row : rows) {
    traces.emplace(row.Get<core::SubjectId>("user_id"), row.Get<std::string>("traceparent"));
  }
  return traces;
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
    SELECT s.subject_id AS user_id, d.mark, d.asked_at, d.due_at, d.attempt, d.forced
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
    SELECT user_id, mark, asked_at, due_at, attempt, forced FROM due_user
    WHERE product_id = $1::bigint AND user_id > $2::text AND due_at <= $3::timestamptz
      AND asked_at > $4::timestamptz
    ORDER BY user_id LIMIT $5::bigint
  )sql",
                              product, after, now, asked_after, limit));
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
  // What is asked of a subject stands outside of its lookup: within it, it would allow the index on
  // emails, which a database that has not analysed a new table yet takes for as good as the primary
  // key, and which reads all users of the product for each.
  return tx
      .Execute(R"sql(
        SELECT count(*) AS users
        FROM due_user d
        CROSS JOIN LATERAL (
          SELECT s.email, s.removed FROM subject s
          WHERE s.product_id = $1::bigint AND s.kind = 1 AND s.subject_id = d.user_id
          LIMIT 1) AS s
        LEFT JOIN LATERAL (
          SELECT true AS found FROM contact c
          WHERE c.workspace_id = $2::text AND c.email = s.email AND c.email <> ''
            AND c.seen_at >= $5::timestamptz AND NOT d.forced
          LIMIT 1) AS c ON true
        WHERE d.product_id = $1::bigint AND d.due_at <= $3::timestamptz
          AND d.asked_at > $4::timestamptz AND NOT s.removed AND (s.email <> '' OR $6::boolean)
          AND ($5::timestamptz IS NULL OR d.asked_at > $5::timestamptz)
          AND c.found IS NULL
      )sql",
               connection.product, connection.workspace, now, asked_after, paged_at,
               connection.match_by_external_id)
      .Only()
      .Get<std::int64_t>("users");
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
                                                core::TimePoint now, core::TimePoint due_after,
                                                const core::SubjectId& after, int limit) {
  const auto rows = tx.Execute(R"sql(
    SELECT account_id, mark, forced FROM due_account
    WHERE product_id = $1::bigint AND account_id > $2::text AND due_at <= $3::timestamptz
      AND due_at > $5::timestamptz
    ORDER BY account_id LIMIT $4::bigint
  )sql",
                               product, after, now, limit, due_after);
  std::vector<AccountTask> tasks;
  for (const auto row : rows) {
    tasks.push_back({.id = row.Get<core::SubjectId>("account_id"),
                     .mark = row.Get<std::int64_t>("mark"),
                     .forced = row.Get<bool>("forced")});
  }
  return tasks;
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
