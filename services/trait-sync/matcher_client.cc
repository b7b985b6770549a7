#include "services/trait-sync/matcher_client.h"

#include "accoil/matcher/v1/matcher.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/rpc/call.h"

namespace accoil::traitsync {

struct MatcherClient::Implementation {
  std::unique_ptr<matcher::v1::Matcher::Stub> stub;
  Warnings& warnings;
};

MatcherClient::MatcherClient(const rpc::Target& matcher, Warnings& warnings)
    : implementation_(std::make_unique<Implementation>(
          Implementation{matcher::v1::Matcher::NewStub(rpc::MakeChannel(matcher)), warnings})) {}

MatcherClient::~MatcherClient() = default;

void MatcherClient::RequestMatch(core::ProductId product, const std::vector<Subject>& subjects) {
  matcher::v1::RequestMatchRequest request;
  for (const auto& subject : subjects) {
    auto& asked = *request.add_subjects();
    asked.set_product_id(product.value());
    asked.set_kind(static_cast<events::v1::SubjectKind>(subject.kind));
    asked.set_subject_id(subject.id.value());
  }
  try {
    rpc::Call(*implementation_->stub, &matcher::v1::Matcher::Stub::RequestMatch, request,
              std::chrono::seconds(2), "RequestMatch");
  } catch (const core::Error& error) {
    implementation_->warnings.Warn("matcher", "a new match could not be asked for", error.what());
  }
}

}  // namespace accoil::traitsync
