#include <algorithm>

#include "libs/core/text.h"
#include "services/matcher/store.h"

namespace accoil::matcher {
namespace {

/// Notified contacts as columns, in key order.
struct ContactColumns {
  explicit ContactColumns(std::vector<NotifiedContact> contacts) {
    std::ranges::sort(contacts);
    for (auto& contact : contacts) {
      workspaces.push_back(contact.workspace.value());
      ids.push_back(contact.contact.value());
      emails.push_back(core::NormalizeEmail(contact.email));
      external_ids.push_back(std::move(contact.external_id));
    }
  }

  std::vector<std::string> workspaces;
  std::vector<std::string> ids;
  std::vector<std::string> emails;
  std::vector<std::string> external_ids;
};

}  // namespace

std::int64_t Store::DoubtContacts(postgres::Transaction& tx, std::vector<NotifiedContact> contacts,
                                  core::TimePoint now) {
  if (contacts.empty()) return 0;
  const ContactColumns columns(std::move(contacts));
  // Whom nobody has or wants, and whose email and external id are of nobody, concerns nobody. What
  // was known of it is not believed any more: whoever wants it later asks anew.
  tx.Execute(R"sql(
    UPDATE contact SET seen_at = '-infinity' WHERE ctid = ANY (ARRAY(
      SELECT c.ctid FROM (SELECT DISTINCT workspace_id, contact_id
                          FROM unnest($1::text[], $2::text[]) AS t (workspace_id, contact_id)
                          ORDER BY workspace_id, contact_id) AS t
      CROSS JOIN LATERAL (
        SELECT c.ctid FROM contact c
        WHERE c.workspace_id = t.workspace_id COLLATE "C"
          AND c.contact_id = t.contact_id COLLATE "C"
        LIMIT 1 FOR UPDATE) AS c))
  )sql",
             columns.workspaces, columns.ids);
  return static_cast<std::int64_t>(tx.Execute(R"sql(
        INSERT INTO doubted_contact AS d (workspace_id, contact_id, doubted_at, mark)
        SELECT workspace_id, contact_id, $5::timestamptz, nextval('due_mark')
        FROM (
          SELECT DISTINCT t.workspace_id COLLATE "C" AS workspace_id,
                          t.contact_id COLLATE "C" AS contact_id
          FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
            AS t (workspace_id, contact_id, email, external_id)
          CROSS JOIN LATERAL (
            SELECT c.product_id, c.match_by_external_id FROM connection c
            WHERE c.workspace_id = t.workspace_id COLLATE "C" AND c.connected OFFSET 0) AS c
          WHERE EXISTS (
              SELECT FROM match m
              WHERE m.workspace_id = t.workspace_id COLLATE "C" AND m.kind = 1
                AND m.wanted_id <> '' AND m.wanted_id = t.contact_id COLLATE "C")
             OR t.email <> '' AND EXISTS (
              SELECT FROM subject s
              WHERE s.product_id = c.product_id AND s.kind = 1 AND NOT s.removed
                AND s.email <> '' AND s.email = t.email COLLATE "C")
             OR c.match_by_external_id AND t.external_id <> '' AND EXISTS (
              SELECT FROM subject s
              WHERE s.product_id = c.product_id AND s.kind = 1 AND NOT s.removed
                AND s.subject_id = t.external_id COLLATE "C")
          ORDER BY 1, 2
        ) AS relevant
        ON CONFLICT (workspace_id, contact_id) DO UPDATE
          SET doubted_at = excluded.doubted_at, mark = excluded.mark
      )sql",
                                              columns.workspaces, columns.ids, columns.emails,
                                              columns.external_ids, now)
                                       .affected());
}

void Store::RememberUnclaimed(postgres::Transaction& tx, std::vector<NotifiedContact> contacts,
                              core::TimePoint now, core::TimePoint forget_before) {
  tx.Execute(R"sql(
    DELETE FROM unclaimed_contact WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM unclaimed_contact WHERE notified_at < $1::timestamptz
      ORDER BY workspace_id, contact_id FOR UPDATE SKIP LOCKED))
  )sql",
             forget_before);
  if (contacts.empty()) return;
  const ContactColumns columns(std::move(contacts));
  // Of several notifications of one contact any will do: it is asked for itself, then.
  tx.Execute(R"sql(
    INSERT INTO unclaimed_contact AS u (workspace_id, contact_id, email, external_id, notified_at)
    SELECT DISTINCT ON (1, 2) workspace_id COLLATE "C", contact_id COLLATE "C", email, external_id,
           $5::timestamptz
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
      AS t (workspace_id, contact_id, email, external_id)
    WHERE (email <> '' OR external_id <> '')
      AND EXISTS (SELECT FROM connection c
                  WHERE c.workspace_id = t.workspace_id COLLATE "C" AND c.connected)
      AND NOT EXISTS (SELECT FROM doubted_contact d
                      WHERE d.workspace_id = t.workspace_id COLLATE "C"
                        AND d.contact_id = t.contact_id COLLATE "C")
    ORDER BY 1, 2, email DESC
    ON CONFLICT (workspace_id, contact_id) DO UPDATE
      SET email = excluded.email, external_id = excluded.external_id,
          notified_at = excluded.notified_at
  )sql",
             columns.workspaces, columns.ids, columns.emails, columns.external_ids, now);
}

std::vector<core::ContactId> Store::ClaimUnclaimed(postgres::Transaction& tx,
                                                   const core::WorkspaceId& workspace,
                                                   const std::vector<std::string>& emails,
                                                   const std::vector<std::string>& external_ids) {
  std::vector<core::ContactId> contacts;
  if (emails.empty() && external_ids.empty()) return contacts;
  for (const auto row : tx.Execute(R"sql(
         DELETE FROM unclaimed_contact WHERE ctid = ANY (ARRAY(
           SELECT u.ctid FROM unnest($2::text[]) AS t (email) CROSS JOIN LATERAL (
             SELECT u.ctid FROM unclaimed_contact u
             WHERE u.workspace_id = $1::text AND u.email <> '' AND u.email = t.email COLLATE "C"
             OFFSET 0) AS u
           UNION
           SELECT u.ctid FROM unnest($3::text[]) AS t (external_id) CROSS JOIN LATERAL (
             SELECT u.ctid FROM unclaimed_contact u
             WHERE u.workspace_id = $1::text AND u.external_id <> ''
               AND u.external_id = t.external_id COLLATE "C"
             OFFSET 0) AS u))
         RETURNING contact_id
       )sql",
                                   workspace, emails, external_ids)) {
    contacts.push_back(row.Get<core::ContactId>("contact_id"));
  }
  std::ranges::sort(contacts);
  return contacts;
}

std::vector<Doubt> Store::NextDoubts(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                                     core::TimePoint until, const core::ContactId& after,
                                     int limit) {
  std::vector<Doubt> doubts;
  for (const auto row : tx.Execute(R"sql(
         SELECT contact_id, mark FROM doubted_contact
         WHERE workspace_id = $1::text AND contact_id > $2::text AND doubted_at <= $4::timestamptz
         ORDER BY contact_id LIMIT $3::bigint
       )sql",
                                   workspace, after, limit, until)) {
    doubts.push_back({row.Get<core::ContactId>("contact_id"), row.Get<std::int64_t>("mark")});
  }
  return doubts;
}

std::int64_t Store::CountDoubts(postgres::Transaction& tx, const core::WorkspaceId& workspace) {
  return tx
      .Execute("SELECT count(*) AS n FROM doubted_contact WHERE workspace_id = $1::text", workspace)
      .Only()
      .Get<std::int64_t>("n");
}

void Store::SettleDoubts(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                         const std::vector<Doubt>& doubts) {
  if (doubts.empty()) return;
  std::vector<core::ContactId> ids;
  std::vector<std::int64_t> marks;
  for (const auto& doubt : doubts) {
    ids.push_back(doubt.contact);
    marks.push_back(doubt.mark);
  }
  tx.Execute(R"sql(
    DELETE FROM doubted_contact d
    USING unnest($2::text[], $3::bigint[]) AS t (contact_id, mark)
    WHERE d.workspace_id = $1::text AND d.contact_id = t.contact_id COLLATE "C" AND d.mark = t.mark
  )sql",
             workspace, ids, marks);
}

void Store::DoubtAllCompanies(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                              const std::vector<core::ContactId>& contacts) {
  if (contacts.empty()) return;
  tx.Execute(R"sql(
    UPDATE contact c SET all_read_at = '-infinity'
    FROM unnest($2::text[]) AS t (contact_id)
    WHERE c.workspace_id = $1::text AND c.contact_id = t.contact_id COLLATE "C"
      AND c.all_companies IS NOT NULL
  )sql",
             workspace, contacts);
}

void Store::MarkUsersOfEmailsDue(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                                 const std::vector<intercom::Contact>& contacts,
                                 core::TimePoint now) {
  if (contacts.empty()) return;
  std::vector<std::string> emails;
  std::vector<std::string> external_ids;
  for (const auto& contact : contacts) {
    emails.push_back(core::NormalizeEmail(contact.email));
    external_ids.push_back(contact.external_id);
  }
  std::vector<SubjectKey> users;
  for (const auto row : tx.Execute(R"sql(
         SELECT DISTINCT s.product_id, s.subject_id
         FROM connection c
         CROSS JOIN unnest($2::text[], $3::text[]) AS t (email, external_id)
         CROSS JOIN LATERAL (
           SELECT s.product_id, s.subject_id FROM subject s
           WHERE s.product_id = c.product_id AND s.kind = 1 AND NOT s.removed AND s.email <> ''
             AND s.email = t.email COLLATE "C"
           UNION
           SELECT s.product_id, s.subject_id FROM subject s
           WHERE c.match_by_external_id AND s.product_id = c.product_id AND s.kind = 1
             AND NOT s.removed AND s.subject_id = t.external_id COLLATE "C"
         ) AS s
         WHERE c.workspace_id = $1::text AND c.connected
       )sql",
                                   workspace, emails, external_ids)) {
    users.push_back({.product = row.Get<core::ProductId>("product_id"),
                     .kind = Kind::USER,
                     .id = row.Get<core::SubjectId>("subject_id")});
  }
  MarkUsersDue(tx, std::move(users), now, false);
}

void Store::DoubtCompanies(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                           const std::vector<core::CompanyId>& companies, core::TimePoint now) {
  if (companies.empty()) return;
  std::vector<SubjectKey> accounts;
  for (const auto row : tx.Execute(R"sql(
         SELECT DISTINCT m.product_id, m.subject_id
         FROM unnest($2::text[]) AS t (company_id)
         CROSS JOIN LATERAL (
           SELECT m.product_id, m.subject_id FROM match m
           WHERE m.workspace_id = $1::text AND m.kind = 2 AND m.wanted_id <> ''
             AND m.wanted_id = t.company_id COLLATE "C" OFFSET 0) AS m
         JOIN connection c ON c.product_id = m.product_id AND c.connected
                          AND c.workspace_id = $1::text
       )sql",
                                   workspace, companies)) {
    accounts.push_back({.product = row.Get<core::ProductId>("product_id"),
                        .kind = Kind::ACCOUNT,
                        .id = row.Get<core::SubjectId>("subject_id")});
  }
  MarkAccountsDue(tx, std::move(accounts), now, true);
}

void Store::CompaniesMayBeBack(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                               const std::vector<core::CompanyId>& companies) {
  if (companies.empty()) return;
  tx.Execute(R"sql(
    DELETE FROM company c USING unnest($2::text[]) AS t (company_id)
    WHERE c.workspace_id = $1::text AND c.company_id = t.company_id COLLATE "C" AND c.gone
  )sql",
             workspace, companies);
}

}  // namespace accoil::matcher
