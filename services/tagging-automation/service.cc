#include "services/tagging-automation/service.h"

#include "libs/rpc/answer.h"
#include "services/tagging-automation/jobs/tag_job_message.h"
#include "services/tagging-automation/subjects/requests.h"

namespace accoil::tagging {

grpc::Status Service::CreateRule(grpc::ServerContext* context, const v1::CreateRuleRequest* request,
                                 v1::Rule* response) {
  return rpc::Answer(*context, logger_, [&] { *response = rules_.Create(*request); });
}

grpc::Status Service::GetRule(grpc::ServerContext* context, const v1::GetRuleRequest* request,
                              v1::Rule* response) {
  return rpc::Answer(*context, logger_, [&] { *response = rules_.Get(*request); });
}

grpc::Status Service::ListRules(grpc::ServerContext* context, const v1::ListRulesRequest* request,
                                v1::ListRulesResponse* response) {
  return rpc::Answer(*context, logger_, [&] { *response = rules_.List(*request); });
}

grpc::Status Service::UpdateRule(grpc::ServerContext* context, const v1::UpdateRuleRequest* request,
                                 v1::Rule* response) {
  return rpc::Answer(*context, logger_, [&] { *response = rules_.Update(*request); });
}

grpc::Status Service::DeleteRule(grpc::ServerContext* context, const v1::DeleteRuleRequest* request,
                                 v1::DeleteRuleResponse* response) {
  return rpc::Answer(*context, logger_, [&] { *response = rules_.Delete(*request); });
}

grpc::Status Service::PreviewRule(grpc::ServerContext* context,
                                  const v1::PreviewRuleRequest* request,
                                  v1::PreviewRuleResponse* response) {
  return rpc::Answer(*context, logger_, [&] { *response = rules_.Preview(*request); });
}

grpc::Status Service::CreateTagJob(grpc::ServerContext* context,
                                   const v1::CreateTagJobRequest* request, v1::TagJob* response) {
  return rpc::Answer(*context, logger_,
                     [&] { *response = ToMessage(jobs_.Create(OrderOf(*request))); });
}

grpc::Status Service::GetTagJob(grpc::ServerContext* context, const v1::GetTagJobRequest* request,
                                v1::TagJob* response) {
  return rpc::Answer(*context, logger_, [&] {
    *response = ToMessage(jobs_.Get(ProductOf(request->product_id()), JobId(request->job_id())));
  });
}

grpc::Status Service::ListTagJobs(grpc::ServerContext* context,
                                  const v1::ListTagJobsRequest* request,
                                  v1::ListTagJobsResponse* response) {
  return rpc::Answer(*context, logger_, [&] {
    for (const auto& status : jobs_.List(ProductOf(request->product_id()))) {
      *response->add_jobs() = ToMessage(status);
    }
  });
}

grpc::Status Service::ListTagJobItems(grpc::ServerContext* context,
                                      const v1::ListTagJobItemsRequest* request,
                                      v1::ListTagJobItemsResponse* response) {
  return rpc::Answer(*context, logger_, [&] {
    *response =
        ToMessage(jobs_.Items(ProductOf(request->product_id()), JobId(request->job_id()),
                              request->state(), LimitOf(request->limit()), request->cursor()));
  });
}

grpc::Status Service::CancelTagJob(grpc::ServerContext* context,
                                   const v1::CancelTagJobRequest* request, v1::TagJob* response) {
  return rpc::Answer(*context, logger_, [&] {
    *response = ToMessage(jobs_.Cancel(ProductOf(request->product_id()), JobId(request->job_id())));
  });
}

grpc::Status Service::ListAssignments(grpc::ServerContext* context,
                                      const v1::ListAssignmentsRequest* request,
                                      v1::ListAssignmentsResponse* response) {
  return rpc::Answer(*context, logger_, [&] { *response = audit_.List(*request); });
}

grpc::Status Service::ExplainSubject(grpc::ServerContext* context,
                                     const v1::ExplainSubjectRequest* request,
                                     v1::ExplainSubjectResponse* response) {
  return rpc::Answer(*context, logger_, [&] { *response = audit_.Explain(*request); });
}

grpc::Status Service::ListProblems(grpc::ServerContext* context,
                                   const v1::ListProblemsRequest* request,
                                   v1::ListProblemsResponse* response) {
  return rpc::Answer(*context, logger_, [&] { *response = audit_.Problems(*request); });
}

grpc::Status Service::RetryProblem(grpc::ServerContext* context,
                                   const v1::RetryProblemRequest* request,
                                   v1::RetryProblemResponse* response) {
  return rpc::Answer(*context, logger_, [&] { *response = audit_.Retry(*request); });
}

grpc::Status Service::GetSummary(grpc::ServerContext* context, const v1::GetSummaryRequest* request,
                                 v1::Summary* response) {
  return rpc::Answer(*context, logger_, [&] { *response = audit_.Summarize(*request); });
}

}  // namespace accoil::tagging
