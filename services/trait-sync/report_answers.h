#pragma once

#include "accoil/traitsync/v1/traitsync.pb.h"
#include "services/trait-sync/report_store.h"
#include "services/trait-sync/store.h"

/// Reports as accoil.traitsync.v1 has them.
namespace accoil::traitsync {

void Answer(const Summary& summary, v1::Summary& response);
void Answer(core::ProductId product, const std::vector<SetAsideRow>& rows,
            v1::ListSetAsideResponse& response);
void Answer(const std::vector<ListedAttribute>& attributes, v1::ListAttributesResponse& response);
void Answer(const Preview& preview, v1::PreviewProfileResponse& response);
void Answer(const SubjectReport& report, const AttributeLimits& limits,
            v1::ExplainSubjectResponse& response);
void Answer(core::ProductId product, const std::vector<ProblemGroup>& groups,
            v1::ListProblemsResponse& response);
void Answer(const std::vector<RunRow>& runs, v1::ListRunsResponse& response);

}  // namespace accoil::traitsync
