#include "services/trait-sync/product_rows.h"
#include "services/trait-sync/report_store.h"

namespace accoil::traitsync {
namespace {

using postgres::Transaction;

// More facts of one subject than anybody looks at.
constexpr int kMostFacts = 5'000;
constexpr const char* kUsualPrefix = "Accoil";

void ReadDelivery(Transaction& tx, core::ProductId product, const Subject& subject,
                  SubjectReport& report) {
  const auto rows = tx.Execute(R"sql(
    SELECT workspace_id, target_id, called_at, attempt, distrust,
           coalesce(last_error, '') AS last_error,
           CASE WHEN claim IS NULL THEN due_at ELSE now() END AS due_at
    FROM delivery WHERE product_id = $1 AND kind = $2 AND subject_id = $3
  )sql",
                               product, subject.kind, subject.id);
  if (rows.empty()) return;
  const auto row = rows.Only();
  report.known = true;
  report.called_at = row.Get<std::optional<core::TimePoint>>("called_at");
  report.attempts = row.Get<int>("attempt");
  report.last_error = row.Get<std::string>("last_error");
  report.due_at = row.Get<std::optional<core::TimePoint>>("due_at");
  report.standing.state.distrust = row.Get<bool>("distrust");
  const auto workspace = row.Get<std::optional<std::string>>("workspace_id");
  const auto target = row.Get<std::optional<std::string>>("target_id");
  // A target in a workspace that the product has left is none.
  if (target && workspace == report.workspace_id) {
    report.target_id = *target;
    report.standing.matched = true;
  }
}

void ReadFacts(Transaction& tx, core::ProductId product, const Subject& subject,
               SubjectReport& report) {
  auto& facts = report.standing.facts;
  for (const auto& row : tx.Execute(R"sql(
         SELECT profile_id, trait, value, occurred_at FROM trait
         WHERE product_id = $1 AND kind = $2 AND subject_id = $3
         ORDER BY profile_id, trait
         LIMIT $4
       )sql",
                                    product, subject.kind, subject.id, kMostFacts)) {
    report.known = true;
    if (row.IsNull("value")) continue;
    const std::pair key(row.Get<core::ProfileId>("profile_id"), row.Get<std::string>("trait"));
    facts.traits[key] = row.Get<std::string>("value");
    report.occurred_at[key] = row.Get<core::TimePoint>("occurred_at");
  }
  for (const auto& row : tx.Execute(R"sql(
         SELECT profile_id, segment, inside FROM membership
         WHERE product_id = $1 AND kind = $2 AND subject_id = $3
         ORDER BY profile_id, segment
         LIMIT $4
       )sql",
                                    product, subject.kind, subject.id, kMostFacts)) {
    report.known = true;
    if (!row.Get<bool>("inside")) continue;
    facts.segments[row.Get<core::ProfileId>("profile_id")].push_back(
        row.Get<std::string>("segment"));
  }
}

void ReadSetAside(Transaction& tx, core::ProductId product, const Subject& subject,
                  SetAsides& set_aside) {
  for (const auto& row : tx.Execute(R"sql(
         SELECT attribute, reason_class, reason, value, retry_at FROM set_aside
         WHERE product_id = $1 AND kind = $2 AND subject_id = $3
       )sql",
                                    product, subject.kind, subject.id)) {
    SetAside entry{ReasonClassFrom(row.Get<std::string>("reason_class")),
                   row.Get<std::string>("reason"), std::nullopt,
                   row.Get<std::optional<core::TimePoint>>("retry_at")};
    if (!row.IsNull("value")) entry.refused = ValueFromJson(row.Get<std::string>("value"));
    set_aside[row.Get<std::string>("attribute")] = std::move(entry);
  }
}

/// What was delivered, and the definitions behind what is wanted.
void ReadDelivered(Transaction& tx, core::ProductId product, const Subject& subject,
                   SubjectReport& report) {
  auto& standing = report.standing;
  std::vector<std::string> names;
  for (const auto& attribute : WantedAttributes(standing.prefix, standing.profiles, subject.kind)) {
    names.push_back(attribute.name);
  }
  Eras eras;
  for (const auto& row : tx.Execute(R"sql(
         SELECT name, state, data_type, intercom_id, reason, retry_at, checked_at, ours, era
         FROM attribute WHERE workspace_id = $1 AND model = $2 AND name = ANY ($3::text[])
       )sql",
                                    report.workspace_id, ModelOf(subject.kind), names)) {
    auto definition = AttributeOf(row);
    const auto era = row.Get<std::int64_t>("era");
    if (era > 0) eras[{ModelOf(subject.kind), definition.name}] = era;
    auto name = definition.name;
    standing.definitions.emplace(std::move(name), std::move(definition));
  }
  if (report.target_id.empty()) return;
  const auto rows = tx.Execute(R"sql(
    SELECT attributes, era FROM delivered
    WHERE product_id = $1 AND kind = $2 AND subject_id = $3
  )sql",
                               product, subject.kind, subject.id);
  if (rows.empty()) return;
  standing.state.delivered = ValuesFromJson(rows.Only().Get<std::string>("attributes"));
  Doubt(standing.state.delivered, ModelOf(subject.kind), rows.Only().Get<std::int64_t>("era"),
        eras);
}

/// A change that nobody has made due yet. There are few of these, and no index by subject.
std::optional<core::TimePoint> FindPendingChange(Transaction& tx, core::ProductId product,
                                                 const Subject& subject) {
  return tx
      .Execute(R"sql(
        SELECT min(due_at) AS due_at
        FROM (SELECT due_at, kind, subject_id FROM changed_subject
              WHERE product_id = $1 ORDER BY due_at LIMIT 10000) first
        WHERE kind = $2 AND subject_id = $3
      )sql",
               product, subject.kind, subject.id)
      .Only()
      .Get<std::optional<core::TimePoint>>("due_at");
}

}  // namespace

SubjectReport ReportStore::FindSubject(core::ProductId product, const Subject& subject) {
  return database_.Transact([&](Transaction& tx) {
    SubjectReport report;
    auto& standing = report.standing;
    standing.kind = subject.kind;
    standing.prefix = kUsualPrefix;
    if (const auto connection = FindConnection(tx, product)) {
      report.connection = connection->state;
      report.workspace_id = connection->workspace.value();
      standing.prefix = connection->prefix;
      standing.connected = connection->state == events::v1::CONNECTED;
    }
    standing.profiles = FindProfiles(tx, product);
    ReadDelivery(tx, product, subject, report);
    ReadFacts(tx, product, subject, report);
    ReadSetAside(tx, product, subject, standing.state.set_aside);
    ReadDelivered(tx, product, subject, report);
    if (!report.due_at && standing.matched && standing.connected) {
      report.due_at = FindPendingChange(tx, product, subject);
    }
    return report;
  });
}

}  // namespace accoil::traitsync
