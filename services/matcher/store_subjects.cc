#include <algorithm>

#include "services/matcher/store.h"

namespace accoil::matcher {
namespace {

/// An array as PostgreSQL writes it, to be an element of an array: unnest flattens real arrays of
/// arrays, and wants them all of one length.
std::string ArrayText(std::vector<core::SubjectId> ids) {
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return *postgres::Parameter(ids).text();
}

std::optional<Standing> ReadStanding(const postgres::Row& row) {
  if (row.IsNull("decision")) return std::nullopt;
  return Standing{.workspace = row.Get<core::WorkspaceId>("workspace_id"),
                  .target = row.Get<std::string>("target_id"),
                  .decision = row.Get<Decision>("decision"),
                  .reason = row.Get<std::string>("reason")};
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
  changes.accounts_due.erase(std::unique(changes.accounts_due.begin(), changes.accounts_due.end()),
                             changes.accounts_due.end());
  return changes;
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

}  // namespace accoil::matcher
