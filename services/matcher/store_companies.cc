#include <algorithm>

#include "services/matcher/store.h"

namespace accoil::matcher {

using intercom::Company;

std::vector<core::CompanyId> Store::UpsertCompanies(postgres::Transaction& tx,
                                                    const core::WorkspaceId& workspace,
                                                    std::vector<Company> companies,
                                                    core::TimePoint now) {
  std::vector<core::CompanyId> changed;
  if (companies.empty()) return changed;
  std::ranges::stable_sort(companies, {}, &Company::id);
  const auto is_same = [](const Company& one, const Company& next) { return one.id == next.id; };
  companies.erase(std::unique(companies.begin(), companies.end(), is_same), companies.end());
  std::vector<core::CompanyId> ids;
  std::vector<std::string> customer_ids;
  std::vector<std::string> names;
  for (const auto& company : companies) {
    ids.push_back(company.id);
    customer_ids.push_back(company.company_id);
    names.push_back(company.name);
  }
  const auto rows = tx.Execute(R"sql(
    WITH given AS (
      SELECT company_id COLLATE "C" AS company_id, customer_id, name
      FROM unnest($2::text[], $3::text[], $4::text[]) AS t (company_id, customer_id, name)
    ), before AS (
      SELECT c.* FROM given g CROSS JOIN LATERAL (
        SELECT c.company_id, c.customer_id, c.name, c.gone FROM company c
        WHERE c.workspace_id = $1::text AND c.company_id = g.company_id
        LIMIT 1) AS c
    ), written AS (
      INSERT INTO company (workspace_id, company_id, customer_id, name, gone, seen_at)
      SELECT $1::text, company_id, customer_id, name, false, $5::timestamptz FROM given
      ON CONFLICT (workspace_id, company_id) DO UPDATE
        SET customer_id = excluded.customer_id, name = excluded.name, gone = false,
            seen_at = excluded.seen_at
    )
    SELECT b.company_id FROM before b JOIN given g USING (company_id)
    WHERE b.gone OR (b.customer_id, b.name) IS DISTINCT FROM (g.customer_id, g.name)
    ORDER BY b.company_id
  )sql",
                               workspace, ids, customer_ids, names, now);
  for (const auto row : rows) changed.push_back(row.Get<core::CompanyId>("company_id"));
  return changed;
}

void Store::CompaniesGone(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                          const std::vector<core::CompanyId>& ids, core::TimePoint now) {
  if (ids.empty()) return;
  tx.Execute(R"sql(
    INSERT INTO company (workspace_id, company_id, customer_id, name, gone, seen_at)
    SELECT $1::text, t.company_id, '', '', true, $3::timestamptz
    FROM unnest($2::text[]) AS t (company_id)
    ON CONFLICT (workspace_id, company_id) DO UPDATE
      SET gone = true, seen_at = excluded.seen_at
  )sql",
             workspace, ids, now);
}

void Store::RememberCompanies(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                              std::int64_t companies, std::optional<std::int64_t> per_page,
                              core::TimePoint now) {
  tx.Execute(R"sql(
    INSERT INTO workspace AS w (workspace_id, companies, companies_per_page, counted_since)
    VALUES ($1::text, $2::bigint, $3::integer, $4::timestamptz)
    ON CONFLICT (workspace_id) DO UPDATE
      SET companies = excluded.companies,
          companies_per_page = coalesce(excluded.companies_per_page, w.companies_per_page)
  )sql",
             workspace, companies, per_page, now);
}

void Store::RememberListing(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                            core::TimePoint since) {
  tx.Execute(R"sql(
    INSERT INTO workspace AS w (workspace_id, listed_at, counted_since)
    VALUES ($1::text, $2::timestamptz, $2::timestamptz)
    ON CONFLICT (workspace_id) DO UPDATE
      SET listed_at = greatest(w.listed_at, excluded.listed_at), company_reads = 0
  )sql",
             workspace, since);
}

void Store::CountCompanyReads(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                              std::int64_t reads, core::TimePoint counted_since,
                              core::TimePoint now) {
  tx.Execute(R"sql(
    INSERT INTO workspace AS w (workspace_id, company_reads, counted_since)
    VALUES ($1::text, $2::integer, $4::timestamptz)
    ON CONFLICT (workspace_id) DO UPDATE
      SET company_reads = excluded.company_reads +
            CASE WHEN w.counted_since >= $3::timestamptz THEN w.company_reads ELSE 0 END,
          searches = CASE WHEN w.counted_since >= $3::timestamptz THEN w.searches ELSE 0 END,
          counted_since = CASE WHEN w.counted_since >= $3::timestamptz THEN w.counted_since
                               ELSE excluded.counted_since END
  )sql",
             workspace, reads, counted_since, now);
}

Companies Store::LoadCompanies(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                               const std::vector<core::CompanyId>& ids) {
  Companies companies;
  if (ids.empty()) return companies;
  for (const auto row : tx.Execute(R"sql(
         SELECT c.* FROM unnest($2::text[]) AS t (company_id) CROSS JOIN LATERAL (
           SELECT c.company_id, c.customer_id, c.name FROM company c
           WHERE c.workspace_id = $1::text AND c.company_id = t.company_id COLLATE "C"
             AND NOT c.gone
           LIMIT 1) AS c
       )sql",
                                   workspace, ids)) {
    Company company{.id = row.Get<core::CompanyId>("company_id"),
                    .company_id = row.Get<std::string>("customer_id"),
                    .name = row.Get<std::string>("name")};
    companies.emplace(company.id, company);
  }
  return companies;
}

std::vector<core::CompanyId> Store::UnknownCompanies(postgres::Transaction& tx,
                                                     const core::WorkspaceId& workspace,
                                                     const std::vector<core::CompanyId>& ids,
                                                     core::TimePoint seen_since,
                                                     core::TimePoint gone_since) {
  std::vector<core::CompanyId> unknown;
  if (ids.empty()) return unknown;
  for (const auto row : tx.Execute(R"sql(
         SELECT t.company_id FROM unnest($2::text[]) AS t (company_id)
         LEFT JOIN LATERAL (
           SELECT c.seen_at, c.gone FROM company c
           WHERE c.workspace_id = $1::text AND c.company_id = t.company_id COLLATE "C"
           LIMIT 1) AS c ON true
         WHERE c.seen_at IS NULL
            OR c.seen_at < CASE WHEN c.gone THEN $4::timestamptz ELSE $3::timestamptz END
       )sql",
                                   workspace, ids, seen_since, gone_since)) {
    unknown.push_back(row.Get<core::CompanyId>("company_id"));
  }
  return unknown;
}

std::vector<core::CompanyId> Store::UnknownCompaniesOfDue(
    postgres::Transaction& tx, const Connection& connection, core::TimePoint now,
    core::TimePoint due_after, core::TimePoint seen_since, core::TimePoint gone_since,
    std::int64_t limit) {
  std::vector<core::CompanyId> unknown;
  for (const auto row : tx.Execute(R"sql(
         SELECT DISTINCT named.company_id
         FROM due_account d
         CROSS JOIN LATERAL (
           SELECT a.user_id FROM user_account a
           WHERE a.product_id = $1::bigint AND a.account_id = d.account_id
           OFFSET 0) AS a
         CROSS JOIN LATERAL (
           SELECT m.target_id FROM match m
           WHERE m.product_id = $1::bigint AND m.kind = 1 AND m.subject_id = a.user_id
             AND m.workspace_id = $2::text AND m.target_id <> ''
           LIMIT 1) AS m
         CROSS JOIN LATERAL (
           SELECT unnest(coalesce(c.all_companies, c.companies)) AS company_id FROM contact c
           WHERE c.workspace_id = $2::text AND c.contact_id = m.target_id
           OFFSET 0) AS named
         LEFT JOIN LATERAL (
           SELECT c.seen_at, c.gone FROM company c
           WHERE c.workspace_id = $2::text AND c.company_id = named.company_id COLLATE "C"
           LIMIT 1) AS c ON true
         WHERE d.product_id = $1::bigint AND d.due_at <= $3::timestamptz
           AND d.due_at > $7::timestamptz
           AND (c.seen_at IS NULL
                OR c.seen_at < CASE WHEN c.gone THEN $5::timestamptz ELSE $4::timestamptz END)
         LIMIT $6::bigint
       )sql",
                                   connection.product, connection.workspace, now, seen_since,
                                   gone_since, limit, due_after)) {
    unknown.push_back(row.Get<core::CompanyId>("company_id"));
  }
  return unknown;
}

void Store::MarkAccountsOfCompaniesDue(postgres::Transaction& tx,
                                       const core::WorkspaceId& workspace,
                                       const std::vector<core::CompanyId>& companies,
                                       core::TimePoint now) {
  if (companies.empty()) return;
  // Names decide among several companies only: whoever was decided by name, or could not be.
  std::vector<SubjectKey> accounts;
  for (const auto row :
       tx.Execute(R"sql(
         SELECT m.* FROM unnest($2::text[]) AS t (company_id) CROSS JOIN LATERAL (
           SELECT m.product_id, m.subject_id FROM match m
           WHERE m.workspace_id = $1::text AND m.kind = 2 AND m.wanted_id <> ''
             AND m.wanted_id = t.company_id COLLATE "C"
           OFFSET 0) AS m
         UNION
         SELECT m.product_id, m.subject_id
         FROM connection c JOIN match m USING (product_id, workspace_id)
         WHERE c.workspace_id = $1::text AND m.kind = 2 AND m.decision IN ($3, $4)
       )sql",
                  workspace, companies, Decision::MATCHED_BY_NAME, Decision::AMBIGUOUS_COMPANY)) {
    accounts.push_back({.product = row.Get<core::ProductId>("product_id"),
                        .kind = Kind::ACCOUNT,
                        .id = row.Get<core::SubjectId>("subject_id")});
  }
  MarkAccountsDue(tx, std::move(accounts), now, false);
}

std::vector<core::ContactId> Store::ContactsToComplete(postgres::Transaction& tx,
                                                       const Connection& connection,
                                                       const std::vector<core::SubjectId>& accounts,
                                                       core::TimePoint read_since) {
  std::vector<core::ContactId> contacts;
  for (const auto row :
       tx.Execute(R"sql(
         SELECT DISTINCT c.contact_id
         FROM unnest($3::text[]) AS t (account_id)
         CROSS JOIN LATERAL (
           SELECT a.user_id FROM user_account a
           WHERE a.product_id = $1::bigint AND a.account_id = t.account_id COLLATE "C"
           OFFSET 0) AS a
         CROSS JOIN LATERAL (
           SELECT m.target_id FROM match m
           WHERE m.product_id = $1::bigint AND m.kind = 1 AND m.subject_id = a.user_id
             AND m.workspace_id = $2::text AND m.target_id <> ''
           LIMIT 1) AS m
         CROSS JOIN LATERAL (
           SELECT c.contact_id FROM contact c
           WHERE c.workspace_id = $2::text AND c.contact_id = m.target_id AND c.more_companies
             AND (c.all_companies IS NULL OR c.all_read_at < $4::timestamptz)
           LIMIT 1) AS c
         ORDER BY c.contact_id
       )sql",
                  connection.product, connection.workspace, accounts, read_since)) {
    contacts.push_back(row.Get<core::ContactId>("contact_id"));
  }
  return contacts;
}

bool Store::SetAllCompanies(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                            const core::ContactId& contact, std::vector<core::CompanyId> companies,
                            core::TimePoint now) {
  std::ranges::sort(companies);
  companies.erase(std::unique(companies.begin(), companies.end()), companies.end());
  const auto rows = tx.Execute(R"sql(
    WITH before AS (
      SELECT all_companies FROM contact WHERE workspace_id = $1::text AND contact_id = $2::text
    ), written AS (
      UPDATE contact SET all_companies = $3::text[], all_read_at = $4::timestamptz
      WHERE workspace_id = $1::text AND contact_id = $2::text
    )
    SELECT all_companies IS DISTINCT FROM $3::text[] AS differs FROM before
  )sql",
                               workspace, contact, companies, now);
  return !rows.empty() && rows.Only().Get<bool>("differs");
}

}  // namespace accoil::matcher
