#pragma once

#include <functional>

#include "accoil/tagging/v1/tagging.pb.h"
#include "libs/postgres/database.h"
#include "services/tagging-automation/jobs/tag_job_store.h"
#include "services/tagging-automation/wishes/assignments.h"

namespace accoil::tagging {

/// What became of tags, and what is wrong, as people ask for it. Requests are checked here:
/// core::InvalidArgument names the field. Any thread; what it is given outlives it.
class Audit {
 public:
  /// Assignments that an explanation of a subject shows.
  static constexpr int kExplained = 50;

  /// `made_due` is called once something was made due.
  Audit(postgres::Database& database, TagJobStore& jobs, std::function<void()> made_due);

  v1::ListAssignmentsResponse List(const v1::ListAssignmentsRequest& request);
  v1::ExplainSubjectResponse Explain(const v1::ExplainSubjectRequest& request);
  v1::ListProblemsResponse Problems(const v1::ListProblemsRequest& request);
  /// Throws core::FailedPrecondition for a group that no retry helps.
  v1::RetryProblemResponse Retry(const v1::RetryProblemRequest& request);
  v1::Summary Summarize(const v1::GetSummaryRequest& request);

 private:
  /// As messages, with the names of who wanted them.
  std::vector<v1::Assignment> Told(postgres::Transaction& tx, core::ProductId product,
                                   const std::vector<Assignment>& assignments);

  postgres::Database& database_;
  TagJobStore& jobs_;
  std::function<void()> made_due_;
};

}  // namespace accoil::tagging
