#include "services/connections/store.h"

namespace accoil::connections {

std::size_t Store::InsertDoubts(postgres::Transaction& tx,
                                const std::vector<core::WorkspaceId>& workspaces,
                                core::TimePoint now) const {
  const auto result = tx.Execute(R"sql(
    INSERT INTO token_doubt (product_id, doubted_at, due_at)
    SELECT product_id, $2::timestamptz, $2::timestamptz FROM connection
    WHERE workspace_id = ANY ($1::text[]) AND token IS NOT NULL ORDER BY product_id
    ON CONFLICT (product_id) DO UPDATE
      SET doubted_at = excluded.doubted_at, due_at = excluded.due_at, attempts = 0
  )sql",
                                 workspaces, now);
  return result.affected();
}

std::optional<StoredDoubt> Store::ClaimDoubt(postgres::Transaction& tx, core::TimePoint now,
                                             core::TimePoint until) const {
  const auto result = tx.Execute(R"sql(
    UPDATE token_doubt SET due_at = $2::timestamptz, attempts = attempts + 1
    WHERE product_id = (SELECT product_id FROM token_doubt WHERE due_at <= $1::timestamptz
                        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING product_id, doubted_at, attempts
  )sql",
                                 now, until);
  if (result.empty()) return std::nullopt;
  const auto row = result.Only();
  return StoredDoubt{row.Get<core::ProductId>("product_id"), row.Get<core::TimePoint>("doubted_at"),
                     row.Get<int>("attempts")};
}

void Store::PutOffDoubt(postgres::Transaction& tx, const StoredDoubt& doubt,
                        core::TimePoint due) const {
  tx.Execute(R"sql(
    UPDATE token_doubt SET due_at = $3::timestamptz
    WHERE product_id = $1::bigint AND doubted_at = $2::timestamptz
  )sql",
             doubt.product, doubt.doubted_at, due);
}

void Store::DeleteDoubt(postgres::Transaction& tx, const StoredDoubt& doubt) const {
  tx.Execute(
      "DELETE FROM token_doubt WHERE product_id = $1::bigint AND doubted_at = $2::timestamptz",
      doubt.product, doubt.doubted_at);
}

void Store::InsertUninstall(postgres::Transaction& tx, const StoredUninstall& uninstall,
                            core::TimePoint due) const {
  tx.Execute(R"sql(
    INSERT INTO uninstall (product_id, workspace_id, base_url, token, token_key_id, due_at)
    VALUES ($1::bigint, $2, $3, $4::bytea, $5, $6::timestamptz)
  )sql",
             uninstall.product, uninstall.workspace, uninstall.base_url,
             postgres::Bytea(uninstall.token.bytes), uninstall.token.key_id, due);
}

std::optional<StoredUninstall> Store::ClaimUninstall(postgres::Transaction& tx, core::TimePoint now,
                                                     core::TimePoint until) const {
  const auto result = tx.Execute(R"sql(
    UPDATE uninstall SET due_at = $2::timestamptz, attempts = attempts + 1
    WHERE uninstall_id = (SELECT uninstall_id FROM uninstall WHERE due_at <= $1::timestamptz
                          ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING *
  )sql",
                                 now, until);
  if (result.empty()) return std::nullopt;
  const auto row = result.Only();
  return StoredUninstall{row.Get<std::int64_t>("uninstall_id"),
                         row.Get<core::ProductId>("product_id"),
                         row.Get<core::WorkspaceId>("workspace_id"),
                         row.Get<std::string>("base_url"),
                         {row.Get<std::string>("token_key_id"), row.GetBytes("token")},
                         row.Get<int>("attempts")};
}

void Store::PutOffUninstall(postgres::Transaction& tx, const StoredUninstall& uninstall,
                            core::TimePoint due) const {
  tx.Execute("UPDATE uninstall SET due_at = $2::timestamptz WHERE uninstall_id = $1::bigint",
             uninstall.uninstall_id, due);
}

void Store::DeleteUninstall(postgres::Transaction& tx, const StoredUninstall& uninstall) const {
  tx.Execute("DELETE FROM uninstall WHERE uninstall_id = $1::bigint", uninstall.uninstall_id);
}

}  // namespace accoil::connections
