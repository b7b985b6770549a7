#include "services/trait-sync/report_answers.h"

#include <algorithm>
#include <functional>
#include <set>

#include "libs/events/event.h"
#include "services/trait-sync/attribute_naming.h"

namespace accoil::traitsync {
namespace {

void SetTime(const std::optional<core::TimePoint>& time,
             const std::function<google::protobuf::Timestamp*()>& field) {
  if (time) events::SetTime(*time, *field());
}

/// A value in `field`, which stays missing without one.
void SetValue(const intercom::AttributeValue& value,
              const std::function<google::protobuf::Value*()>& field) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    field()->set_string_value(*text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    field()->set_number_value(static_cast<double>(*integer));
  } else if (const auto* real = std::get_if<double>(&value)) {
    field()->set_number_value(*real);
  } else if (const auto* truth = std::get_if<bool>(&value)) {
    field()->set_bool_value(*truth);
  }
}

void SetSubject(core::ProductId product, const Subject& subject, events::v1::Subject& to) {
  to.set_product_id(product.value());
  to.set_kind(static_cast<events::v1::SubjectKind>(subject.kind));
  to.set_subject_id(subject.id.value());
}

std::int64_t CountOf(const std::map<SubjectKind, std::int64_t>& counts, SubjectKind kind) {
  const auto found = counts.find(kind);
  return found == counts.end() ? 0 : found->second;
}

void SetProfile(const Profile& profile, const SubjectFacts& facts,
                v1::ExplainSubjectResponse::Profile& to) {
  to.set_profile_id(profile.id.value());
  to.set_name(profile.name);
  to.set_sync_mode(static_cast<events::v1::SyncMode>(profile.mode));
  to.set_traits(std::count_if(facts.traits.begin(), facts.traits.end(),
                              [&](const auto& trait) { return trait.first.first == profile.id; }));
  const auto segments = facts.segments.find(profile.id);
  if (segments == facts.segments.end()) return;
  for (const auto& segment : segments->second) to.add_segments(segment);
}

/// The profiles that facts came for and that the product does not have.
std::set<core::ProfileId> UnknownProfiles(const SubjectStanding& standing) {
  std::set<core::ProfileId> unknown;
  for (const auto& [key, value] : standing.facts.traits) unknown.insert(key.first);
  for (const auto& [profile, segments] : standing.facts.segments) unknown.insert(profile);
  for (const auto& profile : standing.profiles) unknown.erase(profile.id);
  return unknown;
}

}  // namespace

void Answer(const Summary& summary, v1::Summary& response) {
  response.set_due(summary.due);
  response.set_oldest_due_ms(summary.oldest_due.count());
  response.set_delivered(summary.delivered);
  response.set_set_aside(summary.set_aside);
  for (const auto& [state, count] : summary.attributes) {
    (*response.mutable_attributes())[state] = count;
  }
  response.set_paused(summary.paused);
}

void Answer(core::ProductId product, const std::vector<SetAsideRow>& rows,
            v1::ListSetAsideResponse& response) {
  for (const auto& row : rows) {
    auto& listed = *response.add_set_aside();
    listed.mutable_subject()->set_product_id(product.value());
    if (row.subject) SetSubject(product, *row.subject, *listed.mutable_subject());
    listed.set_attribute(row.attribute);
    listed.set_reason(row.reason);
  }
}

void Answer(const std::vector<ListedAttribute>& attributes, v1::ListAttributesResponse& response) {
  for (const auto& [model, row] : attributes) {
    auto& listed = *response.add_attributes();
    listed.set_name(row.name);
    listed.set_model(intercom::ToString(model));
    listed.set_data_type(row.data_type);
    listed.set_state(row.state);
    listed.set_reason(row.reason);
    listed.set_ours(row.ours.value_or(false));
    events::SetTime(row.checked_at, *listed.mutable_checked_at());
    SetTime(row.retry_at, [&] { return listed.mutable_retry_at(); });
  }
}

void Answer(const Preview& preview, v1::PreviewProfileResponse& response) {
  for (const auto& change : preview.changes) {
    if (change.fate == AttributeFate::kRewritten) continue;
    if (response.attributes_size() == ReportStore::kMostAttributes) break;
    auto& shown = *response.add_attributes();
    shown.set_name(change.name);
    shown.set_model(intercom::ToString(ModelOf(change.kind)));
    shown.set_change(ToString(change.fate));
    shown.set_reason(change.reason);
    shown.set_subjects(change.subjects);
  }
  response.set_contacts_written(CountOf(preview.written, SubjectKind::kUser));
  response.set_companies_written(CountOf(preview.written, SubjectKind::kAccount));
  response.set_contacts_losing(CountOf(preview.losing, SubjectKind::kUser));
  response.set_companies_losing(CountOf(preview.losing, SubjectKind::kAccount));
}

void Answer(const SubjectReport& report, const AttributeLimits& limits,
            v1::ExplainSubjectResponse& response) {
  const auto& standing = report.standing;
  response.set_connection(report.connection);
  response.set_workspace_id(report.workspace_id);
  response.set_target_id(report.target_id);
  for (const auto& explained : ExplainAttributes(standing, limits)) {
    if (response.attributes_size() == ReportStore::kMostAttributes) break;
    const auto& attribute = explained.attribute;
    auto& shown = *response.add_attributes();
    shown.set_name(attribute.name);
    shown.set_profile_id(attribute.profile.value());
    shown.set_trait(attribute.trait);
    SetValue(explained.wanted, [&] { return shown.mutable_wanted(); });
    SetValue(explained.delivered, [&] { return shown.mutable_delivered(); });
    shown.set_state(ToString(explained.state));
    shown.set_reason(explained.reason);
    const auto stated = report.occurred_at.find({attribute.profile, attribute.trait});
    if (stated != report.occurred_at.end()) {
      events::SetTime(stated->second, *shown.mutable_occurred_at());
    }
  }
  for (const auto& profile : standing.profiles) {
    SetProfile(profile, standing.facts, *response.add_profiles());
  }
  for (const auto& id : UnknownProfiles(standing)) {
    auto& shown = *response.add_profiles();
    SetProfile({.id = id}, standing.facts, shown);
    shown.clear_sync_mode();
  }
  SetTime(report.called_at, [&] { return response.mutable_called_at(); });
  SetTime(report.due_at, [&] { return response.mutable_due_at(); });
  response.set_attempts(report.attempts);
  response.set_last_error(report.last_error);
  const auto whole = standing.state.set_aside.find("");
  if (whole != standing.state.set_aside.end()) response.set_set_aside(whole->second.reason);
  response.set_known(report.known);
}

void Answer(core::ProductId product, const std::vector<ProblemGroup>& groups,
            v1::ListProblemsResponse& response) {
  for (const auto& group : groups) {
    auto& shown = *response.add_groups();
    shown.set_key(KeyOf(group));
    shown.set_reason_class(ToString(group.problem));
    shown.set_name(group.name);
    shown.set_reason(group.reason);
    shown.set_subjects(group.subjects);
    for (const auto& example : group.examples) {
      SetSubject(product, example, *shown.add_examples());
    }
    SetTime(group.since, [&] { return shown.mutable_since(); });
    SetTime(group.retry_at, [&] { return shown.mutable_retry_at(); });
  }
}

void Answer(const std::vector<RunRow>& runs, v1::ListRunsResponse& response) {
  for (const auto& run : runs) {
    auto& shown = *response.add_runs();
    shown.set_run_id(run.run_id);
    shown.set_kind(run.kind);
    shown.set_trigger(run.trigger);
    shown.set_state(run.state);
    events::SetTime(run.started_at, *shown.mutable_started_at());
    SetTime(run.finished_at, [&] { return shown.mutable_finished_at(); });
    shown.set_items(run.items);
    shown.set_calls(run.calls);
    shown.set_error(run.error);
  }
}

}  // namespace accoil::traitsync
