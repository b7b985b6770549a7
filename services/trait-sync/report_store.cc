#include "services/trait-sync/report_store.h"

#include "services/trait-sync/product_rows.h"

namespace accoil::traitsync {

using postgres::Transaction;

events::v1::ConnectionState ReportStore::FindConnectionState(core::ProductId product) {
  const auto connection =
      database_.Transact([&](Transaction& tx) { return FindConnection(tx, product); });
  return connection ? connection->state : events::v1::CONNECTION_STATE_UNSPECIFIED;
}

std::vector<ListedAttribute> ReportStore::ListAttributes(core::ProductId product) {
  return database_.Transact([&](Transaction& tx) {
    std::vector<ListedAttribute> attributes;
    const auto connection = FindConnection(tx, product);
    if (!connection) return attributes;
    // By the prefix, as the summary counts them: an archived one may be wanted by no profile, and
    // named after none that there is.
    for (const auto& row : tx.Execute(R"sql(
           SELECT model, name, state, data_type, intercom_id, reason, retry_at, checked_at, ours
           FROM attribute
           WHERE workspace_id = $1 AND starts_with(name, $2::text || '_')
           ORDER BY name, model
           LIMIT $3
         )sql",
                                      connection->workspace, connection->prefix, kMostAttributes)) {
      attributes.push_back({row.Get<intercom::Model>("model"), AttributeOf(row)});
    }
    return attributes;
  });
}

std::vector<RunRow> ReportStore::ListRuns(core::ProductId product) {
  return database_.Transact([&](Transaction& tx) {
    std::vector<RunRow> runs;
    for (const auto& row : tx.Execute(R"sql(
           SELECT run_id, kind, trigger, state, started_at, finished_at, items, calls, error
           FROM sync_run WHERE product_id = $1
           ORDER BY run_id DESC
           LIMIT 100
         )sql",
                                      product)) {
      RunRow run;
      run.run_id = row.Get<std::int64_t>("run_id");
      run.kind = row.Get<std::string>("kind");
      run.trigger = row.Get<std::string>("trigger");
      run.state = row.Get<std::string>("state");
      run.started_at = row.Get<core::TimePoint>("started_at");
      run.finished_at = row.Get<std::optional<core::TimePoint>>("finished_at");
      run.items = row.Get<std::int64_t>("items");
      run.calls = row.Get<std::int64_t>("calls");
      run.error = row.Get<std::string>("error");
      runs.push_back(std::move(run));
    }
    return runs;
  });
}

}  // namespace accoil::traitsync
