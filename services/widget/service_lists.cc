#include <algorithm>

#include "libs/conditions/condition.h"
#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "libs/rpc/answer.h"
#include "services/widget/list_cursor.h"
#include "services/widget/list_store.h"
#include "services/widget/service.h"

namespace accoil::widget {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLongestSegment = 255;
constexpr std::size_t kLongestSearch = 100;
constexpr int kMostRows = 200;
constexpr int kUsualRows = 50;

void CheckText(const char* field, const std::string& text, std::size_t most) {
  if (text.size() > most || !core::IsPlainText(text)) {
    throw core::InvalidArgument(
        field, "must have at most " + std::to_string(most) + " bytes and no control characters");
  }
}

/// Words are of letters and digits; what is beyond ASCII counts as such here.
bool HasWord(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

ListQuery QueryOf(const v1::ListSubjectsRequest& request) {
  if (request.product_id() <= 0) throw core::InvalidArgument("product_id", "must be above 0");
  if (request.kind() != events::v1::USER && request.kind() != events::v1::ACCOUNT) {
    throw core::InvalidArgument("kind", "must be USER or ACCOUNT");
  }
  if (!request.profile_id().empty() && !core::IsIdentifier(request.profile_id())) {
    throw core::InvalidArgument("profile_id", "must be 1 to 64 characters of [A-Za-z0-9_-]");
  }
  CheckText("segment", request.segment(), kLongestSegment);
  if (request.condition().size() > conditions::Condition::kLongest ||
      !core::IsUtf8(request.condition()) || request.condition().find('\0') != std::string::npos) {
    throw core::InvalidArgument("condition", "must have at most 2000 bytes and no U+0000");
  }
  CheckText("search", request.search(), kLongestSearch);
  if (!request.search().empty() && !HasWord(request.search())) {
    throw core::InvalidArgument("search", "must have a letter or a digit");
  }
  if (!request.sort().empty() && !core::IsIdentifier(request.sort())) {
    throw core::InvalidArgument("sort", "must be Name or a trait: 1 to 64 of [A-Za-z0-9_-]");
  }
  if (request.limit() < 0 || request.limit() > kMostRows) {
    throw core::InvalidArgument("limit", "must be from 1 to 200; 0 is 50");
  }
  if (request.cursor().size() > kLongestCursor) {
    throw core::InvalidArgument("cursor", "must be the next_cursor of the page before");
  }
  ListQuery query;
  query.product = core::ProductId(request.product_id());
  query.kind = static_cast<SubjectKind>(request.kind());
  query.profile = core::ProfileId(request.profile_id());
  query.segment = request.segment();
  query.condition = request.condition();
  query.search = request.search();
  query.sort = request.sort();
  query.descending = request.descending();
  query.limit = request.limit() == 0 ? kUsualRows : request.limit();
  query.cursor = request.cursor();
  return query;
}

google::protobuf::Value ToProto(const Value& value) {
  google::protobuf::Value proto;
  if (const auto* text = std::get_if<std::string>(&value)) {
    proto.set_string_value(*text);
  } else if (const auto* number = std::get_if<double>(&value)) {
    proto.set_number_value(*number);
  } else {
    proto.set_bool_value(std::get<bool>(value));
  }
  return proto;
}

void Fill(v1::ListSubjectsResponse::Subject& proto, ListedSubject&& subject) {
  proto.set_subject_id(subject.id.value());
  proto.set_name(std::move(subject.name));
  proto.set_email(std::move(subject.email));
  for (const auto& [name, value] : subject.traits) {
    (*proto.mutable_traits())[name] = ToProto(value);
  }
  for (auto& segment : subject.segments) proto.add_segments(std::move(segment));
  for (auto& tag : subject.tags) proto.add_tags(std::move(tag));
  proto.set_matched(subject.matched);
  for (auto& account : subject.account_ids) proto.add_account_ids(std::move(account));
}

}  // namespace

grpc::Status Service::ListSubjects(grpc::ServerContext* context,
                                   const v1::ListSubjectsRequest* request,
                                   v1::ListSubjectsResponse* response) {
  return rpc::Answer(*context, parts_.logger, [&] {
    const auto began = std::chrono::steady_clock::now();
    const auto query = QueryOf(*request);
    const auto patience = std::chrono::duration_cast<milliseconds>(
        context->deadline() - std::chrono::system_clock::now());
    auto page = parts_.lists.Read(query, parts_.clock.Now(), patience);
    for (auto& subject : page.subjects) Fill(*response->add_subjects(), std::move(subject));
    response->set_next_cursor(page.next_cursor);
    response->set_profile_id(page.profile.value());
    parts_.metrics.Listed(std::chrono::steady_clock::now() - began);
  });
}

}  // namespace accoil::widget
