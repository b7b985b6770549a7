#include "services/tagging-automation/audit.h"

#include <algorithm>
#include <map>
#include <set>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "libs/events/event.h"
#include "services/tagging-automation/cause_names.h"
#include "services/tagging-automation/rules/rules_store.h"
#include "services/tagging-automation/subjects/requests.h"

namespace accoil::tagging {
namespace {

constexpr std::size_t kLongestKey = 400;
constexpr std::size_t kLongestTag = 255 * 4;
constexpr std::size_t kLongestCursor = 1'000;
constexpr std::string_view kBrokenKey = "rule_broken:";

const char* NameOf(EntryState state) {
  switch (state) {
    case EntryState::kFired:
      return "fired";
    case EntryState::kWaitingForFilter:
      return "waiting_for_filter";
    case EntryState::kNotFired:
      return "not_fired";
    case EntryState::kPaused:
      return "paused";
  }
  return "not_fired";
}

AssignmentFilter FilterOf(const v1::ListAssignmentsRequest& request) {
  AssignmentFilter filter;
  filter.product = ProductOf(request.product_id());
  if (request.rule_id() < 0) throw core::InvalidArgument("rule_id", "must be above 0");
  if (request.rule_id() > 0) filter.rule = RuleId(request.rule_id());
  if (!request.job_id().empty()) {
    if (!IsJobId(request.job_id())) throw core::InvalidArgument("job_id", "must be a UUID");
    filter.job = JobId(request.job_id());
  }
  if (request.has_subject()) {
    filter.subject = SubjectOf("subject", request.subject());
    if (filter.subject->product != filter.product) {
      throw core::InvalidArgument("subject.product_id", "must be product_id");
    }
  }
  if (request.tag().size() > kLongestTag || !core::IsPlainText(request.tag())) {
    throw core::InvalidArgument("tag", "must be 1 to 255 characters without control characters");
  }
  filter.tag = request.tag();
  if (!request.state().empty()) {
    filter.state = AssignmentStateFrom(request.state());
    if (!filter.state) {
      throw core::InvalidArgument("state",
                                  "must be due, waiting, done, failed, expired, superseded, kept "
                                  "or cancelled");
    }
  }
  if (request.cursor().size() > kLongestCursor) {
    throw core::InvalidArgument("cursor", "must be one that was answered");
  }
  return filter;
}

v1::ListProblemsResponse::Group ToMessage(const ProblemGroup& group) {
  v1::ListProblemsResponse::Group message;
  message.set_key(group.key);
  message.set_reason_class(group.reason_class);
  message.set_name(group.tag);
  message.set_reason(group.reason);
  message.set_subjects(group.subjects);
  for (const auto& example : group.examples) *message.add_examples() = tagging::ToMessage(example);
  events::SetTime(group.since, *message.mutable_since());
  if (group.retry_at) events::SetTime(*group.retry_at, *message.mutable_retry_at());
  return message;
}

std::string KeyOf(RuleId rule) { return std::string(kBrokenKey) + std::to_string(rule.value()); }

v1::ListProblemsResponse::Group ToMessage(const BrokenRule& rule) {
  v1::ListProblemsResponse::Group message;
  message.set_key(KeyOf(rule.id));
  message.set_reason_class("rule_broken");
  message.set_name(rule.name);
  message.set_reason(rule.reason);
  message.set_subjects(rule.inside);
  events::SetTime(rule.since, *message.mutable_since());
  return message;
}

}  // namespace

Audit::Audit(postgres::Database& database, TagJobStore& jobs, std::function<void()> made_due)
    : database_(database), jobs_(jobs), made_due_(std::move(made_due)) {}

v1::ListAssignmentsResponse Audit::List(const v1::ListAssignmentsRequest& request) {
  const auto filter = FilterOf(request);
  const int limit = LimitOf(request.limit());
  return database_.Transact([&](postgres::Transaction& tx) {
    const auto page = Assignments::List(tx, filter, limit, request.cursor());
    v1::ListAssignmentsResponse response;
    for (auto& told : Told(tx, filter.product, page.assignments)) {
      *response.add_assignments() = std::move(told);
    }
    response.set_next_cursor(page.next_cursor);
    return response;
  });
}

v1::ExplainSubjectResponse Audit::Explain(const v1::ExplainSubjectRequest& request) {
  const auto subject = SubjectOf("subject", request.subject());
  return database_.Transact([&](postgres::Transaction& tx) {
    v1::ExplainSubjectResponse response;
    for (const auto& rule : RulesStore::InsideOf(tx, subject)) {
      auto& inside = *response.add_rules();
      inside.set_rule_id(rule.id.value());
      inside.set_name(rule.name);
      inside.set_state(NameOf(rule.state));
      events::SetTime(rule.entered_at, *inside.mutable_entered_at());
    }
    const auto assignments = Assignments::OfSubject(tx, subject, kExplained);
    for (auto& told : Told(tx, subject.product, assignments)) {
      *response.add_assignments() = std::move(told);
    }
    return response;
  });
}

v1::ListProblemsResponse Audit::Problems(const v1::ListProblemsRequest& request) {
  const auto product = ProductOf(request.product_id());
  return database_.Transact([&](postgres::Transaction& tx) {
    v1::ListProblemsResponse response;
    for (const auto& group : Assignments::Problems(tx, product)) {
      *response.add_groups() = ToMessage(group);
    }
    for (const auto& rule : RulesStore::Broken(tx, product)) {
      *response.add_groups() = ToMessage(rule);
    }
    std::ranges::stable_sort(
        *response.mutable_groups(), std::greater(),
        [](const v1::ListProblemsResponse::Group& group) { return group.subjects(); });
    return response;
  });
}

v1::RetryProblemResponse Audit::Retry(const v1::RetryProblemRequest& request) {
  const auto product = ProductOf(request.product_id());
  if (request.key().empty() || request.key().size() > kLongestKey ||
      !core::IsPlainText(request.key())) {
    throw core::InvalidArgument("key", "must be 1 to 400 bytes without control characters");
  }
  const auto assignments = database_.Transact([&](postgres::Transaction& tx) {
    if (request.key().starts_with(kBrokenKey)) {
      const auto broken = RulesStore::Broken(tx, product);
      if (std::ranges::count(broken, request.key(),
                             [](const BrokenRule& rule) { return KeyOf(rule.id); }) > 0) {
        throw core::FailedPrecondition(
            "a rule that cannot be evaluated goes on by itself once it, or its profile, is changed "
            "so that it can");
      }
    }
    const auto retried = Assignments::Retry(tx, product, request.key());
    if (!retried) throw core::NotFound("there is no such group of problems");
    jobs_.Reopen(tx, product);
    return *retried;
  });
  made_due_();
  v1::RetryProblemResponse response;
  response.set_assignments(assignments);
  return response;
}

v1::Summary Audit::Summarize(const v1::GetSummaryRequest& request) {
  const auto product = ProductOf(request.product_id());
  return database_.Transact([&](postgres::Transaction& tx) {
    const auto rules = RulesStore::Count(tx, product);
    const auto deliveries = Assignments::Summary(tx, product);
    v1::Summary summary;
    summary.set_rules(rules.rules);
    summary.set_active_rules(rules.active);
    summary.set_due(deliveries.due);
    summary.set_oldest_due_ms(deliveries.oldest_due.count());
    summary.set_waiting(deliveries.waiting);
    summary.set_failed(deliveries.failed);
    summary.set_paused(deliveries.paused);
    return summary;
  });
}

std::vector<v1::Assignment> Audit::Told(postgres::Transaction& tx, core::ProductId product,
                                        const std::vector<Assignment>& assignments) {
  std::set<RuleId> rules;
  std::set<JobId> jobs;
  for (const auto& assignment : assignments) {
    if (assignment.cause.rule) rules.insert(*assignment.cause.rule);
    if (assignment.cause.job) jobs.insert(*assignment.cause.job);
  }
  const auto names = RuleNames(tx, product, {rules.begin(), rules.end()});
  const auto requesters = JobRequesters(tx, product, {jobs.begin(), jobs.end()});
  std::vector<v1::Assignment> told;
  for (const auto& assignment : assignments) {
    auto& message = told.emplace_back();
    message.set_assignment_id(assignment.id);
    *message.mutable_subject() = tagging::ToMessage(assignment.subject);
    if (assignment.target) *message.mutable_target() = tagging::ToMessage(*assignment.target);
    message.set_tag(assignment.tag);
    message.set_remove(assignment.remove);
    if (const auto& rule = assignment.cause.rule) {
      message.set_rule_id(rule->value());
      const auto name = names.find(*rule);
      message.set_cause(name == names.end() ? "a rule that was deleted" : name->second);
    }
    if (const auto& job = assignment.cause.job) {
      message.set_job_id(job->value());
      const auto requester = requesters.find(*job);
      if (requester != requesters.end()) message.set_cause(requester->second);
    }
    events::SetTime(assignment.requested_at, *message.mutable_requested_at());
    if (assignment.ended_at) events::SetTime(*assignment.ended_at, *message.mutable_ended_at());
    message.set_state(ToString(assignment.state));
    message.set_reason(assignment.reason);
    message.set_target_id(assignment.target_id);
  }
  return told;
}

}  // namespace accoil::tagging
