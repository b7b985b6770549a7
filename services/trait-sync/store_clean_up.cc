#include "services/trait-sync/store.h"

namespace accoil::traitsync {
namespace {

using postgres::Transaction;

/// The next era of a workspace. Its row stays locked until the transaction ends, so that eras are
/// committed in their order.
std::int64_t NextEra(Transaction& tx, const core::WorkspaceId& workspace) {
  return tx
      .Execute(R"sql(
        INSERT INTO clean_up AS u (workspace_id, era) VALUES ($1, 1)
        ON CONFLICT (workspace_id) DO UPDATE SET era = u.era + 1
        RETURNING era
      )sql",
               workspace)
      .Only()
      .Get<std::int64_t>("era");
}

void SweepWorkspace(Transaction& tx, const core::WorkspaceId& workspace) {
  tx.Execute(R"sql(
    INSERT INTO sweep (product_id, next_at, trigger)
    SELECT product_id, now(), 'profile_changed' FROM connection
    WHERE workspace_id = $1 AND state = 1
    ORDER BY product_id
    ON CONFLICT (product_id) DO UPDATE
      SET next_at = now(), running = false, trigger = excluded.trigger
  )sql",
             workspace);
}

}  // namespace

void Store::MarkCleanUps(Transaction& tx, const std::map<core::WorkspaceId, CleanUpCause>& causes) {
  std::vector<std::string> workspace_id;
  std::vector<std::string> cause;
  std::vector<std::optional<core::ProductId>> product_id;
  for (const auto& [workspace, of] : causes) {
    if (workspace.value().empty()) continue;
    workspace_id.push_back(workspace.value());
    cause.push_back(of.cause);
    product_id.push_back(of.product);
  }
  if (workspace_id.empty()) return;
  tx.Execute(R"sql(
    INSERT INTO clean_up AS u (workspace_id, due_at, cause, product_id)
    SELECT workspace_id, now(), cause, product_id
    FROM unnest($1::text[], $2::text[], $3::bigint[]) AS i (workspace_id, cause, product_id)
    ORDER BY workspace_id COLLATE "C"
    ON CONFLICT (workspace_id) DO UPDATE
      SET due_at = now(), marks = u.marks + 1, attempt = 0, cause = excluded.cause,
          product_id = coalesce(excluded.product_id, u.product_id)
  )sql",
             workspace_id, cause, product_id);
  // What Intercom would not archive may be let go by now.
  tx.Execute(R"sql(
    UPDATE attribute SET retry_at = NULL
    WHERE workspace_id = ANY ($1::text[]) AND state = 'cannot_archive'
  )sql",
             workspace_id);
}

void Store::RequestCleanUp(const core::WorkspaceId& workspace) {
  database_.Transact([&](Transaction& tx) {
    MarkCleanUps(tx, {{workspace, {std::nullopt, "requested"}}});
  });
}

void Store::Appear(Transaction& tx, const core::WorkspaceId& workspace, Appeared appeared) {
  // Values that were withdrawn while it was archived have to be cleared, those that stayed to be
  // written again.
  if (appeared == Appeared::kBroughtBack) SweepWorkspace(tx, workspace);
  // It may not be wanted any more since its round began.
  tx.Execute(R"sql(
    INSERT INTO clean_up AS u (workspace_id, due_at) VALUES ($1, now())
    ON CONFLICT (workspace_id) DO UPDATE SET due_at = now(), marks = u.marks + 1
  )sql",
             workspace);
  if (appeared != Appeared::kBroughtBack) return;
  // What was left on targets while it was archived can be cleared now.
  tx.Execute("UPDATE former_target SET due_at = now() WHERE workspace_id = $1 AND due_at IS NULL",
             workspace);
}

std::optional<CleanUpClaim> Store::ClaimCleanUp(std::chrono::milliseconds claim) {
  return database_.Transact([&](Transaction& tx) -> std::optional<CleanUpClaim> {
    const auto rows = tx.Execute(R"sql(
      UPDATE clean_up u
      SET claim = nextval('claim_token'), claimed_until = now() + $1::interval
      WHERE workspace_id = (
        SELECT workspace_id FROM clean_up
        WHERE due_at <= now() AND coalesce(claimed_until, '-infinity') <= now()
        ORDER BY due_at
        LIMIT 1
        FOR UPDATE SKIP LOCKED)
      RETURNING workspace_id, claim, marks, attempt, cause, product_id
    )sql",
                                 claim);
    if (rows.empty()) return std::nullopt;
    const auto row = rows.Only();
    return CleanUpClaim{
        row.Get<core::WorkspaceId>("workspace_id"),
        row.Get<std::int64_t>("claim"),
        row.Get<std::int64_t>("marks"),
        row.Get<int>("attempt"),
        {row.Get<std::optional<core::ProductId>>("product_id"), row.Get<std::string>("cause")}};
  });
}

std::vector<WorkspaceProduct> Store::WorkspaceProducts(const core::WorkspaceId& workspace) {
  return database_.Transact([&](Transaction& tx) {
    std::vector<WorkspaceProduct> products;
    for (const auto& row : tx.Execute(R"sql(
           SELECT product_id, version, state, attribute_prefix, finished_version FROM connection
           WHERE workspace_id = $1 AND state IN (1, 3)
           ORDER BY state, product_id
         )sql",
                                      workspace)) {
      WorkspaceProduct product;
      product.product = row.Get<core::ProductId>("product_id");
      product.version = row.Get<std::int64_t>("version");
      product.attribute_prefix = row.Get<std::string>("attribute_prefix");
      product.disconnecting = row.Get<int>("state") == events::v1::DISCONNECTING;
      product.finished = row.Get<std::int64_t>("finished_version") >= product.version;
      products.push_back(std::move(product));
    }
    return products;
  });
}

std::vector<OurAttribute> Store::OurAttributes(const core::WorkspaceId& workspace) {
  return database_.Transact([&](Transaction& tx) {
    std::vector<OurAttribute> attributes;
    for (const auto& row : tx.Execute(R"sql(
           SELECT model, name, state, intercom_id, reason, checked_at, retry_at, era,
                  archived_at IS NOT NULL AS confirmed
           FROM attribute WHERE workspace_id = $1 AND ours
           ORDER BY model, name
         )sql",
                                      workspace)) {
      OurAttribute attribute;
      attribute.model = row.Get<intercom::Model>("model");
      attribute.name = row.Get<std::string>("name");
      attribute.state = row.Get<std::string>("state");
      attribute.intercom_id = row.Get<std::optional<std::int64_t>>("intercom_id");
      attribute.reason = row.Get<std::string>("reason");
      attribute.checked_at = row.Get<core::TimePoint>("checked_at");
      attribute.retry_at = row.Get<std::optional<core::TimePoint>>("retry_at");
      attribute.era = row.Get<std::int64_t>("era");
      attribute.confirmed = row.Get<bool>("confirmed");
      attributes.push_back(std::move(attribute));
    }
    return attributes;
  });
}

std::optional<std::int64_t> Store::BeginArchiving(const CleanUpClaim& claim,
                                                  const OurAttribute& attribute) {
  return database_.Transact([&](Transaction& tx) -> std::optional<std::int64_t> {
    const auto rows = tx.Execute(R"sql(
      UPDATE clean_up SET era = era + 1
      WHERE workspace_id = $1 AND claim = $2 AND marks = $3
      RETURNING era
    )sql",
                                 claim.workspace, claim.token, claim.marks);
    if (rows.empty()) return std::nullopt;
    const auto era = rows.Only().Get<std::int64_t>("era");
    const auto begun = tx.Execute(R"sql(
      UPDATE attribute
      SET state = 'archived', archived_at = NULL, era = $4, intercom_id = $5, reason = ''
      WHERE workspace_id = $1 AND model = $2 AND name = $3 AND ours AND state = $6 AND era = $7
    )sql",
                                  claim.workspace, attribute.model, attribute.name, era,
                                  attribute.intercom_id, attribute.state, attribute.era);
    if (begun.affected() == 0) return std::nullopt;
    return era;
  });
}

bool Store::ConfirmArchived(const core::WorkspaceId& workspace, const OurAttribute& attribute,
                            std::int64_t era) {
  const bool confirmed = database_.Transact([&](Transaction& tx) {
    return tx.Execute(R"sql(
                 UPDATE attribute SET archived_at = now(), checked_at = now(), retry_at = NULL
                 WHERE workspace_id = $1 AND model = $2 AND name = $3 AND era = $4
                   AND state = 'archived' AND archived_at IS NULL
               )sql",
                      workspace, attribute.model, attribute.name, era)
               .affected() > 0;
  });
  if (confirmed) return true;
  // Somebody took it for present meanwhile, and Intercom may have done either last. It counts as
  // being archived: if it is wanted, whoever has a value for it brings it back; if not, the
  // clean-up that this makes due archives it.
  database_.Transact([&](Transaction& tx) {
    Appear(tx, workspace, Appeared::kBroughtBack);
    const auto next = NextEra(tx, workspace);
    tx.Execute(R"sql(
      UPDATE attribute SET state = 'archived', archived_at = NULL, era = $4, intercom_id = $5
      WHERE workspace_id = $1 AND model = $2 AND name = $3
    )sql",
               workspace, attribute.model, attribute.name, next, attribute.intercom_id);
  });
  return false;
}

void Store::NotArchived(const core::WorkspaceId& workspace, const OurAttribute& attribute,
                        std::int64_t era) {
  database_.Transact([&](Transaction& tx) {
    // Nothing was archived, so nothing that was delivered is in doubt by it.
    tx.Execute(R"sql(
      UPDATE attribute SET state = $5, reason = $6, retry_at = $7, era = $8, checked_at = now()
      WHERE workspace_id = $1 AND model = $2 AND name = $3 AND era = $4
        AND state = 'archived' AND archived_at IS NULL
    )sql",
               workspace, attribute.model, attribute.name, era, attribute.state, attribute.reason,
               attribute.retry_at, attribute.era);
  });
}

void Store::ForgetAttribute(const core::WorkspaceId& workspace, const OurAttribute& attribute,
                            std::int64_t era) {
  database_.Transact([&](Transaction& tx) {
    // Its era is kept: should it be made again, nobody has what had been delivered of it.
    tx.Execute(R"sql(
      UPDATE attribute
      SET state = 'archived', ours = false, intercom_id = NULL, reason = '', retry_at = NULL,
          archived_at = now(), checked_at = now()
      WHERE workspace_id = $1 AND model = $2 AND name = $3 AND era = $4 AND era > 0
        AND state <> 'present'
    )sql",
               workspace, attribute.model, attribute.name, era);
    tx.Execute(R"sql(
      DELETE FROM attribute
      WHERE workspace_id = $1 AND model = $2 AND name = $3 AND era = $4 AND era = 0
        AND state <> 'present'
    )sql",
               workspace, attribute.model, attribute.name, era);
  });
}

void Store::KeepAttributes(const core::WorkspaceId& workspace,
                           const std::vector<OurAttribute>& attributes) {
  if (attributes.empty()) return;
  database_.Transact([&](Transaction& tx) {
    for (const auto& attribute : attributes) {
      tx.Execute(R"sql(
        UPDATE attribute SET state = 'present', reason = '', retry_at = NULL
        WHERE workspace_id = $1 AND model = $2 AND name = $3 AND state = 'cannot_archive'
      )sql",
                 workspace, attribute.model, attribute.name);
    }
  });
}

void Store::NoteArchived(const core::WorkspaceId& workspace, intercom::Model model,
                         const intercom::DataAttribute& found) {
  database_.Transact([&](Transaction& tx) {
    const auto era = NextEra(tx, workspace);
    tx.Execute(R"sql(
      INSERT INTO attribute (workspace_id, model, name, state, data_type, intercom_id, archived_at,
                             era)
      VALUES ($1, $2, $3, 'archived', $4, $5, now(), $6)
      ON CONFLICT (workspace_id, model, name) DO UPDATE
        SET state = 'archived', data_type = excluded.data_type, intercom_id = excluded.intercom_id,
            archived_at = now(), era = excluded.era, retry_at = NULL, checked_at = now()
    )sql",
               workspace, model, found.name, found.data_type, found.id, era);
  });
}

std::vector<std::string> Store::AttributeNames(const core::WorkspaceId& workspace,
                                               intercom::Model model, const std::string& prefix) {
  return database_.Transact([&](Transaction& tx) {
    std::vector<std::string> names;
    for (const auto& row : tx.Execute(R"sql(
           SELECT name FROM attribute
           WHERE workspace_id = $1 AND model = $2 AND starts_with(name, $3::text || '_')
         )sql",
                                      workspace, model, prefix)) {
      names.push_back(row.Get<std::string>("name"));
    }
    return names;
  });
}

Eras Store::AttributeEras(const core::WorkspaceId& workspace) {
  return database_.Transact([&](Transaction& tx) {
    Eras eras;
    for (const auto& row :
         tx.Execute("SELECT model, name, era FROM attribute WHERE workspace_id = $1 AND era > 0",
                    workspace)) {
      eras[{row.Get<intercom::Model>("model"), row.Get<std::string>("name")}] =
          row.Get<std::int64_t>("era");
    }
    return eras;
  });
}

bool Store::DeliveriesUnderWay(core::ProductId product, const core::WorkspaceId& workspace) {
  return database_.Transact([&](Transaction& tx) {
    return !tx.Execute(R"sql(
                  SELECT FROM delivery
                  WHERE product_id = $1 AND workspace_id = $2 AND rank IN (0, 1)
                    AND due_at > now() AND claim IS NOT NULL
                  LIMIT 1
                )sql",
                       product, workspace)
                .empty();
  });
}

void Store::NoteDisconnectFinished(core::ProductId product, std::int64_t version) {
  database_.Transact([&](Transaction& tx) {
    tx.Execute("UPDATE connection SET finished_version = $2 WHERE product_id = $1", product,
               version);
  });
}

void Store::EndCleanUp(const CleanUpClaim& claim, const CleanUpEnd& end) {
  database_.Transact([&](Transaction& tx) {
    tx.Execute(R"sql(
      UPDATE clean_up
      SET claim = NULL, claimed_until = NULL,
          due_at = CASE WHEN marks <> $3 THEN now() ELSE now() + $4::interval END,
          cause = CASE WHEN marks <> $3 OR $7 THEN cause ELSE 'scheduled' END,
          attempt = $5, last_error = $6
      WHERE workspace_id = $1 AND claim = $2
    )sql",
               claim.workspace, claim.token, claim.marks, end.again_in, end.attempt, end.error,
               end.unfinished);
  });
}

}  // namespace accoil::traitsync
