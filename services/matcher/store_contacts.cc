#include <algorithm>

#include "libs/core/text.h"
#include "services/matcher/store.h"

namespace accoil::matcher {
namespace {

using intercom::Contact;
using intercom::Role;

/// An array as PostgreSQL writes it, to be an element of an array.
std::string ArrayText(std::vector<core::CompanyId> ids) {
  std::ranges::sort(ids);
  return *postgres::Parameter(ids).text();
}

}  // namespace

WorkspaceFacts Store::LoadWorkspace(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                                    core::TimePoint counted_since) {
  const auto rows = tx.Execute(R"sql(
    SELECT contacts, companies, companies_per_page, paged_at, listed_at,
           CASE WHEN counted_since >= $2::timestamptz THEN searches ELSE 0 END AS searches,
           CASE WHEN counted_since >= $2::timestamptz THEN company_reads ELSE 0 END AS company_reads
    FROM workspace WHERE workspace_id = $1::text
  )sql",
                               workspace, counted_since);
  if (rows.empty()) return {};
  const auto row = rows.Only();
  return {.contacts = row.Get<std::optional<std::int64_t>>("contacts"),
          .companies = row.Get<std::optional<std::int64_t>>("companies"),
          .companies_per_page = row.Get<std::optional<std::int64_t>>("companies_per_page"),
          .paged_at = row.Get<std::optional<core::TimePoint>>("paged_at"),
          .listed_at = row.Get<std::optional<core::TimePoint>>("listed_at"),
          .searches = row.Get<std::int64_t>("searches"),
          .company_reads = row.Get<std::int64_t>("company_reads")};
}

void Store::RememberContacts(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                             std::int64_t contacts, core::TimePoint now) {
  tx.Execute(R"sql(
    INSERT INTO workspace (workspace_id, contacts, counted_since)
    VALUES ($1::text, $2::bigint, $3::timestamptz)
    ON CONFLICT (workspace_id) DO UPDATE SET contacts = excluded.contacts
  )sql",
             workspace, contacts, now);
}

void Store::RememberPaging(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                           core::TimePoint since) {
  tx.Execute(R"sql(
    INSERT INTO workspace AS w (workspace_id, paged_at, counted_since)
    VALUES ($1::text, $2::timestamptz, $2::timestamptz)
    ON CONFLICT (workspace_id) DO UPDATE
      SET paged_at = greatest(w.paged_at, excluded.paged_at), searches = 0
  )sql",
             workspace, since);
}

void Store::CountSearches(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                          std::int64_t searches, core::TimePoint counted_since,
                          core::TimePoint now) {
  tx.Execute(R"sql(
    INSERT INTO workspace AS w (workspace_id, searches, counted_since)
    VALUES ($1::text, $2::integer, $4::timestamptz)
    ON CONFLICT (workspace_id) DO UPDATE
      SET searches = excluded.searches +
            CASE WHEN w.counted_since >= $3::timestamptz THEN w.searches ELSE 0 END,
          company_reads =
            CASE WHEN w.counted_since >= $3::timestamptz THEN w.company_reads ELSE 0 END,
          counted_since = CASE WHEN w.counted_since >= $3::timestamptz THEN w.counted_since
                               ELSE excluded.counted_since END
  )sql",
             workspace, searches, counted_since, now);
}

ContactChanges Store::UpsertContacts(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                                     std::vector<Contact> contacts, core::TimePoint now) {
  ContactChanges changes;
  if (contacts.empty()) return changes;
  // A page that moved under the reader may show a contact twice.
  std::ranges::stable_sort(contacts, {}, &Contact::id);
  const auto is_same = [](const Contact& one, const Contact& next) { return one.id == next.id; };
  contacts.erase(std::unique(contacts.begin(), contacts.end(), is_same), contacts.end());

  std::vector<core::ContactId> ids;
  std::vector<std::string> emails;
  std::vector<std::string> external_ids;
  std::vector<int> roles;
  std::vector<std::optional<core::TimePoint>> last_seen;
  std::vector<std::string> companies;
  std::vector<bool> more;
  for (const auto& contact : contacts) {
    ids.push_back(contact.id);
    emails.push_back(core::NormalizeEmail(contact.email));
    external_ids.push_back(contact.external_id);
    roles.push_back(contact.role == Role::kLead ? 1 : 0);
    last_seen.push_back(contact.last_seen_at);
    companies.push_back(ArrayText(contact.companies));
    more.push_back(contact.has_more_companies);
  }
  // What is read before the statement's own writes is the state before them.
  const auto rows =
      tx.Execute(R"sql(
    WITH given AS (
      SELECT contact_id COLLATE "C" AS contact_id, email, external_id, role, last_seen_at,
             companies::text[] AS companies, more
      FROM unnest($2::text[], $3::text[], $4::text[], $5::smallint[], $6::timestamptz[],
                  $7::text[], $8::boolean[])
        AS t (contact_id, email, external_id, role, last_seen_at, companies, more)
    ), before AS (
      SELECT c.* FROM given g CROSS JOIN LATERAL (
        SELECT c.contact_id, c.email, c.external_id, c.role, c.companies, c.more_companies
        FROM contact c WHERE c.workspace_id = $1::text AND c.contact_id = g.contact_id
        LIMIT 1) AS c
    ), written AS (
      INSERT INTO contact AS c (workspace_id, contact_id, email, external_id, role, last_seen_at,
                                companies, more_companies, seen_at)
      SELECT $1::text, contact_id, email, external_id, role, last_seen_at, companies, more,
             $9::timestamptz
      FROM given
      ON CONFLICT (workspace_id, contact_id) DO UPDATE
        SET email = excluded.email, external_id = excluded.external_id, role = excluded.role,
            last_seen_at = excluded.last_seen_at, companies = excluded.companies,
            more_companies = excluded.more_companies, seen_at = excluded.seen_at,
            -- A complete list stays true as long as its first part does.
            all_companies = CASE WHEN c.companies = excluded.companies AND excluded.more_companies
                                 THEN c.all_companies END
        WHERE c.seen_at <= excluded.seen_at
    )
    SELECT b.contact_id,
           (b.email, b.external_id, b.role) IS DISTINCT FROM (g.email, g.external_id, g.role)
             AS identity,
           b.companies <> g.companies OR b.more_companies <> g.more AS companies
    FROM before b JOIN given g USING (contact_id)
    ORDER BY b.contact_id
  )sql",
                 workspace, ids, emails, external_ids, roles, last_seen, companies, more, now);
  for (const auto row : rows) {
    if (row.Get<bool>("identity")) {
      changes.identity.push_back(row.Get<core::ContactId>("contact_id"));
    }
    if (row.Get<bool>("companies")) {
      changes.companies.push_back(row.Get<core::ContactId>("contact_id"));
    }
  }
  return changes;
}

void Store::ForgetContacts(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                           const std::vector<core::ContactId>& ids) {
  if (ids.empty()) return;
  tx.Execute(R"sql(
    DELETE FROM contact WHERE ctid = ANY (ARRAY(
      SELECT c.ctid FROM unnest($2::text[]) AS t (contact_id) CROSS JOIN LATERAL (
        SELECT c.ctid FROM contact c
        WHERE c.workspace_id = $1::text AND c.contact_id = t.contact_id COLLATE "C"
        LIMIT 1 FOR UPDATE) AS c))
  )sql",
             workspace, ids);
}

void Store::MarkUsersOfContactsDue(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                                   const std::vector<core::ContactId>& contacts,
                                   std::optional<core::ProductId> except, core::TimePoint now,
                                   bool forced) {
  if (contacts.empty()) return;
  std::vector<SubjectKey> users;
  for (const auto row : tx.Execute(R"sql(
         SELECT m.product_id, m.subject_id
         FROM unnest($2::text[]) AS t (contact_id) CROSS JOIN LATERAL (
           SELECT m.product_id, m.subject_id FROM match m
           WHERE m.workspace_id = $1::text AND m.kind = 1 AND m.wanted_id <> ''
             AND m.wanted_id = t.contact_id COLLATE "C" AND m.product_id <> $3::bigint
           OFFSET 0) AS m
       )sql",
                                   workspace, contacts, except.value_or(core::ProductId(0)))) {
    users.push_back({.product = row.Get<core::ProductId>("product_id"),
                     .kind = Kind::USER,
                     .id = row.Get<core::SubjectId>("subject_id")});
  }
  MarkUsersDue(tx, std::move(users), now, forced);
}

void Store::MarkAccountsOfContactsDue(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                                      const std::vector<core::ContactId>& contacts,
                                      core::TimePoint now) {
  if (contacts.empty()) return;
  std::vector<SubjectKey> accounts;
  for (const auto row : tx.Execute(R"sql(
         SELECT DISTINCT a.product_id, a.account_id
         FROM unnest($2::text[]) AS t (contact_id)
         CROSS JOIN LATERAL (
           SELECT m.product_id, m.subject_id FROM match m
           WHERE m.workspace_id = $1::text AND m.kind = 1 AND m.wanted_id <> ''
             AND m.wanted_id = t.contact_id COLLATE "C" AND m.target_id <> ''
           OFFSET 0) AS m
         CROSS JOIN LATERAL (
           SELECT a.product_id, a.account_id FROM user_account a
           WHERE a.product_id = m.product_id AND a.user_id = m.subject_id
           OFFSET 0) AS a
       )sql",
                                   workspace, contacts)) {
    accounts.push_back({.product = row.Get<core::ProductId>("product_id"),
                        .kind = Kind::ACCOUNT,
                        .id = row.Get<core::SubjectId>("account_id")});
  }
  MarkAccountsDue(tx, std::move(accounts), now, false);
}

std::vector<Contact> Store::FindContacts(postgres::Transaction& tx,
                                         const core::WorkspaceId& workspace,
                                         const std::vector<std::string>& emails,
                                         const std::vector<std::string>& external_ids,
                                         const std::vector<core::ContactId>& ids,
                                         core::TimePoint seen_since) {
  // One branch an index; UNION drops what several of them find.
  const auto rows = tx.Execute(R"sql(
    SELECT c.* FROM unnest($2::text[]) AS t (email) CROSS JOIN LATERAL (
      SELECT contact_id, email, external_id, role, last_seen_at FROM contact c
      WHERE c.workspace_id = $1::text AND c.email = t.email COLLATE "C" AND c.email <> ''
        AND c.seen_at >= $5::timestamptz
      OFFSET 0) AS c
    UNION
    SELECT c.* FROM unnest($3::text[]) AS t (external_id) CROSS JOIN LATERAL (
      SELECT contact_id, email, external_id, role, last_seen_at FROM contact c
      WHERE c.workspace_id = $1::text AND c.external_id = t.external_id COLLATE "C"
        AND c.external_id <> '' AND c.seen_at >= $5::timestamptz
      OFFSET 0) AS c
    UNION
    SELECT c.* FROM unnest($4::text[]) AS t (contact_id) CROSS JOIN LATERAL (
      SELECT contact_id, email, external_id, role, last_seen_at FROM contact c
      WHERE c.workspace_id = $1::text AND c.contact_id = t.contact_id COLLATE "C"
      LIMIT 1) AS c
  )sql",
                               workspace, emails, external_ids, ids, seen_since);
  std::vector<Contact> contacts;
  contacts.reserve(rows.size());
  for (const auto row : rows) {
    Contact contact;
    contact.id = row.Get<core::ContactId>("contact_id");
    contact.email = row.Get<std::string>("email");
    contact.external_id = row.Get<std::string>("external_id");
    contact.role = row.Get<int>("role") == 1 ? Role::kLead : Role::kUser;
    contact.last_seen_at = row.Get<std::optional<core::TimePoint>>("last_seen_at");
    contacts.push_back(std::move(contact));
  }
  return contacts;
}

std::vector<core::ContactId> Store::UnseenContacts(postgres::Transaction& tx,
                                                   const core::WorkspaceId& workspace,
                                                   const std::vector<core::ContactId>& ids,
                                                   core::TimePoint seen_since) {
  std::vector<core::ContactId> unseen;
  if (ids.empty()) return unseen;
  for (const auto row : tx.Execute(R"sql(
         SELECT t.contact_id FROM unnest($2::text[]) AS t (contact_id)
         LEFT JOIN LATERAL (
           SELECT c.seen_at FROM contact c
           WHERE c.workspace_id = $1::text AND c.contact_id = t.contact_id COLLATE "C"
           LIMIT 1) AS c ON true
         WHERE c.seen_at IS NULL OR c.seen_at < $3::timestamptz
       )sql",
                                   workspace, ids, seen_since)) {
    unseen.push_back(row.Get<core::ContactId>("contact_id"));
  }
  return unseen;
}

}  // namespace accoil::matcher
