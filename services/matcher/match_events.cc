#include "services/matcher/match_events.h"

#include <map>

#include "libs/events/event.h"
#include "libs/events/outbox.h"
#include "libs/telemetry/trace.h"

namespace accoil::matcher {
namespace {

events::OutgoingRecord ToRecord(const SubjectKey& key, std::int64_t version,
                                const core::WorkspaceId& workspace, const Verdict& verdict,
                                core::TimePoint now) {
  events::v1::UserMatched event;
  event.mutable_subject()->set_product_id(key.product.value());
  event.mutable_subject()->set_kind(key.kind);
  event.mutable_subject()->set_subject_id(key.id.value());
  event.set_version(version);
  events::SetTime(now, *event.mutable_occurred_at());
  event.set_workspace_id(workspace.value());
  event.set_target_id(verdict.target);
  event.set_decision(verdict.decision);
  event.set_reason(verdict.reason);
  return events::ToRecord(event);
}

/// The trace of a match that was decided along with others.
std::optional<telemetry::Trace> TraceOf(const core::SubjectId& subject, const Traces& traces,
                                        std::size_t decided) {
  const auto own = traces.find(subject);
  if (own != traces.end()) {
    if (const auto trace = telemetry::ParseTraceparent(own->second)) {
      return telemetry::Continued(*trace);
    }
  }
  return telemetry::TraceForEach(decided);
}

/// Counts decisions once the transaction that told them has committed.
void CountAfterCommit(postgres::Transaction& tx, std::map<Decision, std::int64_t> counts,
                      Metrics& metrics) {
  tx.AfterCommit([counts = std::move(counts), &metrics] {
    for (const auto& [decision, subjects] : counts) metrics.Matched(decision, subjects);
  });
}

}  // namespace

void PublishMatches(postgres::Transaction& tx, const Connection& connection, Kind kind,
                    const std::vector<Written>& written, std::span<const Verdict> verdicts,
                    const Traces& traces, core::TimePoint now, Metrics& metrics) {
  if (written.empty()) return;
  std::map<core::SubjectId, const Verdict*> by_subject;
  for (const auto& verdict : verdicts) by_subject.emplace(verdict.subject, &verdict);
  std::vector<events::OutgoingRecord> records;
  std::map<Decision, std::int64_t> counts;
  for (const auto& [subject, version] : written) {
    const auto& verdict = *by_subject.at(subject);
    const telemetry::TraceScope trace(TraceOf(subject, traces, written.size()));
    records.push_back(ToRecord({.product = connection.product, .kind = kind, .id = subject},
                               version, connection.workspace, verdict, now));
    ++counts[verdict.decision];
  }
  events::Enqueue(tx, records);
  CountAfterCommit(tx, std::move(counts), metrics);
}

void PublishWithdrawn(postgres::Transaction& tx, const std::vector<Store::Withdrawn>& withdrawn,
                      core::TimePoint now, Metrics& metrics) {
  if (withdrawn.empty()) return;
  std::vector<events::OutgoingRecord> records;
  for (const auto& entry : withdrawn) {
    records.push_back(ToRecord(entry.key, entry.version, entry.workspace,
                               {.subject = entry.key.id,
                                .decision = Decision::SUBJECT_REMOVED,
                                .target = {},
                                .wanted = {},
                                .reason = entry.reason},
                               now));
  }
  events::Enqueue(tx, records);
  CountAfterCommit(tx, {{Decision::SUBJECT_REMOVED, static_cast<std::int64_t>(withdrawn.size())}},
                   metrics);
}

}  // namespace accoil::matcher
