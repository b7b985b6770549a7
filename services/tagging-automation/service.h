#pragma once

#include "accoil/tagging/v1/tagging.grpc.pb.h"
#include "libs/telemetry/log.h"
#include "services/tagging-automation/audit.h"
#include "services/tagging-automation/jobs/tag_jobs.h"
#include "services/tagging-automation/rules/rules.h"

namespace accoil::tagging {

/// The gRPC face. Any thread; what it is given outlives it.
class Service final : public v1::Tagging::Service {
 public:
  Service(Rules& rules, TagJobs& jobs, Audit& audit, const telemetry::Logger& logger)
      : rules_(rules), jobs_(jobs), audit_(audit), logger_(logger) {}

  grpc::Status CreateRule(grpc::ServerContext* context, const v1::CreateRuleRequest* request,
                          v1::Rule* response) override;
  grpc::Status GetRule(grpc::ServerContext* context, const v1::GetRuleRequest* request,
                       v1::Rule* response) override;
  grpc::Status ListRules(grpc::ServerContext* context, const v1::ListRulesRequest* request,
                         v1::ListRulesResponse* response) override;
  grpc::Status UpdateRule(grpc::ServerContext* context, const v1::UpdateRuleRequest* request,
                          v1::Rule* response) override;
  grpc::Status DeleteRule(grpc::ServerContext* context, const v1::DeleteRuleRequest* request,
                          v1::DeleteRuleResponse* response) override;
  grpc::Status PreviewRule(grpc::ServerContext* context, const v1::PreviewRuleRequest* request,
                           v1::PreviewRuleResponse* response) override;

  grpc::Status CreateTagJob(grpc::ServerContext* context, const v1::CreateTagJobRequest* request,
                            v1::TagJob* response) override;
  grpc::Status GetTagJob(grpc::ServerContext* context, const v1::GetTagJobRequest* request,
                         v1::TagJob* response) override;
  grpc::Status ListTagJobs(grpc::ServerContext* context, const v1::ListTagJobsRequest* request,
                           v1::ListTagJobsResponse* response) override;
  grpc::Status ListTagJobItems(grpc::ServerContext* context,
                               const v1::ListTagJobItemsRequest* request,
                               v1::ListTagJobItemsResponse* response) override;
  grpc::Status CancelTagJob(grpc::ServerContext* context, const v1::CancelTagJobRequest* request,
                            v1::TagJob* response) override;

  grpc::Status ListAssignments(grpc::ServerContext* context,
                               const v1::ListAssignmentsRequest* request,
                               v1::ListAssignmentsResponse* response) override;
  grpc::Status ExplainSubject(grpc::ServerContext* context,
                              const v1::ExplainSubjectRequest* request,
                              v1::ExplainSubjectResponse* response) override;
  grpc::Status ListProblems(grpc::ServerContext* context, const v1::ListProblemsRequest* request,
                            v1::ListProblemsResponse* response) override;
  grpc::Status RetryProblem(grpc::ServerContext* context, const v1::RetryProblemRequest* request,
                            v1::RetryProblemResponse* response) override;
  grpc::Status GetSummary(grpc::ServerContext* context, const v1::GetSummaryRequest* request,
                          v1::Summary* response) override;

 private:
  Rules& rules_;
  TagJobs& jobs_;
  Audit& audit_;
  telemetry::Logger logger_;
};

}  // namespace accoil::tagging
