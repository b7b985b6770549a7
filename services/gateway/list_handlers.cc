#include "services/gateway/list_handlers.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/gateway/field_names.h"
#include "services/gateway/json_message.h"
#include "services/gateway/json_object.h"
#include "services/gateway/list_json.h"
#include "services/gateway/query.h"

namespace accoil::gateway {
namespace {

using events::v1::SubjectKind;

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestSegment = 255;
constexpr std::size_t kLongestCondition = 2000;
constexpr std::size_t kLongestSearch = 100;
// It holds the value of the last row, which may be a long name.
constexpr std::size_t kLongestCursor = 8192;
constexpr std::size_t kOnAPage = 50;
constexpr std::size_t kMostOnAPage = 200;
constexpr std::array<std::string_view, 2> kOrders{"asc", "desc"};

/// A condition may stand on several lines.
std::string ConditionOf(const http::Request& request) {
  auto condition = TextOf(request, "condition");
  if (condition.size() > kLongestCondition || !core::IsUtf8(condition)) {
    throw core::InvalidArgument("condition", "must be at most 2000 bytes of UTF-8");
  }
  return condition;
}

bool IsDescending(const http::Request& request) {
  const auto order = TextOf(request, "order");
  return !order.empty() && ChoiceOf(order, kOrders, "order") == 1;
}

}  // namespace

widget::v1::ListSubjectsResponse ListHandlers::List(const Call& call, SubjectKind kind) {
  const auto& query = call.request;
  auto request = OfProduct<widget::v1::ListSubjectsRequest>(call);
  request.set_kind(kind);
  request.set_profile_id(PlainTextOf(query, "profile", kLongestName));
  request.set_segment(PlainTextOf(query, "segment", kLongestSegment));
  request.set_condition(ConditionOf(query));
  request.set_search(PlainTextOf(query, "search", kLongestSearch));
  request.set_sort(PlainTextOf(query, "sort", kLongestName));
  request.set_descending(IsDescending(query));
  request.set_limit(static_cast<std::int32_t>(LimitOf(query, kOnAPage, kMostOnAPage)));
  request.set_cursor(PlainTextOf(query, "cursor", kLongestCursor));
  constexpr std::array<FieldName, 1> kFields{{{"profile_id", "profile"}}};
  return Renaming(kFields, [&] { return widget_.ListSubjects(request); });
}

http::Response ListHandlers::Users(const Call& call) {
  return JsonResponse(200, UsersToJson(List(call, SubjectKind::USER)));
}

http::Response ListHandlers::Accounts(const Call& call) {
  return JsonResponse(200, AccountsToJson(List(call, SubjectKind::ACCOUNT)));
}

}  // namespace accoil::gateway
