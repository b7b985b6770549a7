#include "services/matcher/service.h"

#include <algorithm>

#include "accoil/matcher/v1/matcher.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "libs/rpc/answer.h"

namespace accoil::matcher {
namespace {

constexpr int kMostRequested = 1'000;
constexpr int kMostExamples = 10;

core::ProductId ProductOf(std::int64_t product_id) {
  if (product_id <= 0) throw core::InvalidArgument("product_id", "must be above 0");
  return core::ProductId(product_id);
}

SubjectKey KeyOf(const events::v1::Subject& subject, const std::string& field) {
  if (subject.product_id() <= 0) {
    throw core::InvalidArgument(field + ".product_id", "must be above 0");
  }
  if (subject.kind() != Kind::USER && subject.kind() != Kind::ACCOUNT) {
    throw core::InvalidArgument(field + ".kind", "must be USER or ACCOUNT");
  }
  if (subject.subject_id().empty()) {
    throw core::InvalidArgument(field + ".subject_id", "must not be empty");
  }
  return {.product = core::ProductId(subject.product_id()),
          .kind = subject.kind(),
          .id = core::SubjectId(subject.subject_id())};
}

void Fill(const Run& run, v1::Run& out) {
  out.set_run_id(run.id);
  out.set_product_id(run.product.value());
  out.set_trigger(run.trigger);
  out.set_state(run.state);
  if (run.started_at) events::SetTime(*run.started_at, *out.mutable_started_at());
  if (run.finished_at) events::SetTime(*run.finished_at, *out.mutable_finished_at());
  out.set_users(run.users);
  out.set_matched(run.matched);
  out.set_calls(run.calls);
  out.set_method(run.method);
  out.set_error(run.error);
}

void Fill(const MatchView& view, v1::Match& out) {
  out.mutable_subject()->set_product_id(view.key.product.value());
  out.mutable_subject()->set_kind(view.key.kind);
  out.mutable_subject()->set_subject_id(view.key.id.value());
  if (view.due_at) events::SetTime(*view.due_at, *out.mutable_due_at());
  out.set_email(view.email);
  out.set_name(view.name);
  out.mutable_account_ids()->Assign(view.account_ids.begin(), view.account_ids.end());
  out.set_users(view.users);
  out.set_matched_users(view.matched_users);
  if (view.standing) {
    out.set_workspace_id(view.standing->workspace.value());
    out.set_target_id(view.standing->target);
    out.set_decision(view.standing->decision);
    out.set_reason(view.standing->reason);
    events::SetTime(*view.decided_at, *out.mutable_decided_at());
  } else if (view.removed) {
    out.set_decision(Decision::SUBJECT_REMOVED);
    out.set_reason(RemovedReason(view.key.kind));
  } else if (!view.connected) {
    out.set_decision(Decision::NOT_CONNECTED);
    out.set_reason("The product is not connected to an Intercom workspace.");
  } else {
    out.set_reason("It is new and will be looked at within seconds.");
  }
}

void Fill(const UnmatchedGroup& group, v1::ListProblemsResponse::Group& out) {
  out.set_kind(group.kind);
  out.set_decision(group.decision);
  out.set_subjects(group.subjects);
  events::SetTime(group.since, *out.mutable_since());
  for (const auto& [subject, reason] : group.examples) {
    auto& example = *out.add_examples();
    example.set_subject_id(subject.value());
    example.set_reason(reason);
  }
}

}  // namespace

class Service::Implementation final : public v1::Matcher::Service {
 public:
  Implementation(postgres::Database& database, Store& store, const core::Clock& clock,
                 const telemetry::Logger& logger, std::function<void()> wake)
      : database_(database),
        store_(store),
        clock_(clock),
        logger_(logger),
        wake_(std::move(wake)) {}

  grpc::Status StartRun(grpc::ServerContext* context, const v1::StartRunRequest* request,
                        v1::Run* response) override {
    return rpc::Answer(*context, logger_, [&] {
      const auto product = ProductOf(request->product_id());
      const auto run = database_.Transact([&](postgres::Transaction& tx) {
        const auto connection = store_.GetConnection(tx, product);
        if (!connection || !connection->connected) {
          throw core::FailedPrecondition("the product is not connected: connect it first");
        }
        return store_.RequestRun(tx, product, clock_.Now());
      });
      Fill(run, *response);
      wake_();
    });
  }

  grpc::Status GetRun(grpc::ServerContext* context, const v1::GetRunRequest* request,
                      v1::Run* response) override {
    return rpc::Answer(*context, logger_, [&] {
      const auto product = ProductOf(request->product_id());
      const auto run = database_.Transact(
          [&](postgres::Transaction& tx) { return store_.GetRun(tx, product, request->run_id()); });
      if (!run) throw core::NotFound("the product has no such run");
      Fill(*run, *response);
    });
  }

  grpc::Status ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest* request,
                        v1::ListRunsResponse* response) override {
    return rpc::Answer(*context, logger_, [&] {
      const auto product = ProductOf(request->product_id());
      const auto runs = database_.Transact(
          [&](postgres::Transaction& tx) { return store_.ListRuns(tx, product); });
      for (const auto& run : runs) Fill(run, *response->add_runs());
    });
  }

  grpc::Status RequestMatch(grpc::ServerContext* context, const v1::RequestMatchRequest* request,
                            v1::RequestMatchResponse*) override {
    return rpc::Answer(*context, logger_, [&] {
      if (request->subjects_size() > kMostRequested) {
        throw core::InvalidArgument("subjects",
                                    "must be at most " + std::to_string(kMostRequested));
      }
      // A key twice in one statement would have the same row written twice.
      std::set<SubjectKey> users;
      std::set<SubjectKey> accounts;
      for (int i = 0; i < request->subjects_size(); ++i) {
        auto key = KeyOf(request->subjects(i), "subjects[" + std::to_string(i) + "]");
        (key.kind == Kind::USER ? users : accounts).insert(std::move(key));
      }
      database_.Transact([&](postgres::Transaction& tx) {
        const auto now = clock_.Now();
        store_.MarkUsersDue(tx, {users.begin(), users.end()}, now, true);
        store_.MarkAccountsDue(tx, {accounts.begin(), accounts.end()}, now, true);
      });
      wake_();
    });
  }

  grpc::Status GetSummary(grpc::ServerContext* context, const v1::GetSummaryRequest* request,
                          v1::Summary* response) override {
    return rpc::Answer(*context, logger_, [&] {
      const auto product = ProductOf(request->product_id());
      const auto [counts, due] = database_.Transact([&](postgres::Transaction& tx) {
        return std::pair(store_.CountDecisions(tx, product),
                         store_.CountDueUsers(tx, product, clock_.Now(), core::TimePoint()));
      });
      for (const auto& count : counts) {
        auto& out = *response->add_counts();
        out.set_kind(count.kind);
        out.set_decision(count.decision);
        out.set_subjects(count.subjects);
      }
      response->set_due(due);
    });
  }

  grpc::Status GetMatch(grpc::ServerContext* context, const v1::GetMatchRequest* request,
                        v1::Match* response) override {
    return rpc::Answer(*context, logger_, [&] {
      const auto key = KeyOf(request->subject(), "subject");
      const auto view =
          database_.Transact([&](postgres::Transaction& tx) { return store_.GetMatch(tx, key); });
      if (!view) throw core::NotFound("the subject was never identified");
      Fill(*view, *response);
    });
  }

  grpc::Status ListProblems(grpc::ServerContext* context, const v1::ListProblemsRequest* request,
                            v1::ListProblemsResponse* response) override {
    return rpc::Answer(*context, logger_, [&] {
      const auto product = ProductOf(request->product_id());
      const auto groups = database_.Transact([&](postgres::Transaction& tx) {
        return store_.ListUnmatched(tx, product, kMostExamples);
      });
      for (const auto& group : groups) Fill(group, *response->add_groups());
    });
  }

  grpc::Status RetryProblem(grpc::ServerContext* context, const v1::RetryProblemRequest* request,
                            v1::RetryProblemResponse* response) override {
    return rpc::Answer(*context, logger_, [&] {
      const auto product = ProductOf(request->product_id());
      if (request->kind() != Kind::USER && request->kind() != Kind::ACCOUNT) {
        throw core::InvalidArgument("kind", "must be USER or ACCOUNT");
      }
      if (!std::ranges::count(UnmatchedDecisions(), request->decision())) {
        throw core::InvalidArgument("decision", "must be one of those that have no match");
      }
      response->set_subjects(database_.Transact([&](postgres::Transaction& tx) {
        const auto connection = store_.GetConnection(tx, product);
        if (!connection || !connection->connected) {
          throw core::FailedPrecondition("the product is not connected: connect it first");
        }
        return store_.MarkUnmatchedDue(tx, product, request->kind(), request->decision(),
                                       clock_.Now());
      }));
      wake_();
    });
  }

 private:
  postgres::Database& database_;
  Store& store_;
  const core::Clock& clock_;
  telemetry::Logger logger_;
  std::function<void()> wake_;
};

Service::Service(postgres::Database& database, Store& store, const core::Clock& clock,
                 const telemetry::Logger& logger, std::function<void()> wake)
    : implementation_(
          std::make_unique<Implementation>(database, store, clock, logger, std::move(wake))) {}

Service::~Service() = default;

grpc::Service* Service::grpc() { return implementation_.get(); }

}  // namespace accoil::matcher
