#include "services/trait-sync/store.h"

namespace accoil::traitsync {

using postgres::Transaction;

std::map<std::string, AttributeRow> Store::FindAttributes(const core::WorkspaceId& workspace,
                                                          intercom::Model model,
                                                          const std::vector<std::string>& names) {
  return database_.Transact([&](Transaction& tx) {
    const auto rows = tx.Execute(R"sql(
      SELECT name, state, data_type, intercom_id, reason, retry_at, checked_at, ours FROM attribute
      WHERE workspace_id = $1 AND model = $2 AND name = ANY ($3::text[])
    )sql",
                                 workspace, model, names);
    std::map<std::string, AttributeRow> attributes;
    for (const auto& row : rows) {
      AttributeRow attribute;
      attribute.name = row.Get<std::string>("name");
      attribute.state = row.Get<std::string>("state");
      attribute.data_type = row.Get<std::string>("data_type");
      attribute.intercom_id = row.Get<std::optional<std::int64_t>>("intercom_id");
      attribute.reason = row.Get<std::string>("reason");
      attribute.retry_at = row.Get<std::optional<core::TimePoint>>("retry_at");
      attribute.checked_at = row.Get<core::TimePoint>("checked_at");
      attribute.ours = row.Get<bool>("ours");
      attributes.emplace(attribute.name, attribute);
    }
    return attributes;
  });
}

void Store::PutAttributes(const core::WorkspaceId& workspace, intercom::Model model,
                          const std::vector<AttributeRow>& attributes, Appeared appeared) {
  if (attributes.empty()) return;
  // Each name once and in key order: a statement may not touch a row twice.
  std::map<std::string, const AttributeRow*> by_name;
  for (const auto& attribute : attributes) by_name[attribute.name] = &attribute;
  std::vector<std::string> name;
  std::vector<std::string> state;
  std::vector<std::string> data_type;
  std::vector<std::optional<std::int64_t>> intercom_id;
  std::vector<std::string> reason;
  std::vector<std::optional<core::TimePoint>> retry_at;
  std::vector<core::TimePoint> checked_at;
  std::vector<std::optional<bool>> ours;
  for (const auto& [key, attribute] : by_name) {
    name.push_back(key);
    state.push_back(attribute->state);
    data_type.push_back(attribute->data_type);
    intercom_id.push_back(attribute->intercom_id);
    reason.push_back(attribute->reason);
    retry_at.push_back(attribute->retry_at);
    checked_at.push_back(attribute->checked_at);
    ours.push_back(attribute->ours);
  }
  database_.Transact([&](Transaction& tx) {
    if (appeared != Appeared::kNothing) Appear(tx, workspace, appeared);
    // One that another replica has made by now is ours, whatever this one thinks of its own try;
    // one with another id is another one.
    tx.Execute(R"sql(
      UPDATE attribute a SET ours = false
      FROM unnest($3::text[], $4::bigint[], $5::boolean[]) AS i (name, intercom_id, ours)
      WHERE a.workspace_id = $1 AND a.model = $2 AND a.name = i.name AND NOT i.ours
        AND (a.intercom_id IS NULL OR a.intercom_id <> i.intercom_id)
    )sql",
               workspace, model, name, intercom_id, ours);
    tx.Execute(R"sql(
      INSERT INTO attribute (workspace_id, model, name, state, data_type, intercom_id, reason,
                             retry_at, checked_at)
      SELECT $1::text, $2::smallint, i.*
      FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::timestamptz[],
                  $9::timestamptz[]) AS i
      ON CONFLICT (workspace_id, model, name) DO UPDATE
        SET state = excluded.state, data_type = excluded.data_type,
            intercom_id = excluded.intercom_id, reason = excluded.reason,
            retry_at = excluded.retry_at, checked_at = excluded.checked_at,
            archived_at = CASE WHEN excluded.state = 'archived' THEN attribute.archived_at END
    )sql",
               workspace, model, name, state, data_type, intercom_id, reason, retry_at, checked_at);
    tx.Execute(R"sql(
      UPDATE attribute a SET ours = true
      FROM unnest($3::text[], $4::boolean[]) AS i (name, ours)
      WHERE a.workspace_id = $1 AND a.model = $2 AND a.name = i.name AND i.ours
    )sql",
               workspace, model, name, ours);
  });
}

}  // namespace accoil::traitsync
