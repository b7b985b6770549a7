#include "services/gateway/list_json.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "services/gateway/json_values.h"

namespace accoil::gateway {
namespace {

using nlohmann::ordered_json;
using widget::v1::ListSubjectsResponse;

/// In the order of their names.
ordered_json TraitsOf(const ListSubjectsResponse::Subject& subject) {
  const std::map<std::string, google::protobuf::Value> sorted(subject.traits().begin(),
                                                              subject.traits().end());
  auto traits = ordered_json::object();
  for (const auto& [name, value] : sorted) traits[name] = ValueOrNull(true, value);
  return traits;
}

/// What users and accounts have both, behind what comes first.
ordered_json Completed(ordered_json out, const ListSubjectsResponse::Subject& subject) {
  out["matched"] = subject.matched();
  out["traits"] = TraitsOf(subject);
  out["segments"] = subject.segments();
  out["tags"] = subject.tags();
  return out;
}

}  // namespace

ordered_json UsersToJson(const ListSubjectsResponse& list) {
  auto users = ordered_json::array();
  for (const auto& user : list.subjects()) {
    users.push_back(Completed({{"subject_id", user.subject_id()},
                               {"name", TextOrNull(user.name())},
                               {"email", TextOrNull(user.email())},
                               {"account_ids", user.account_ids()}},
                              user));
  }
  return {{"profile_id", list.profile_id()},
          {"users", std::move(users)},
          {"next_cursor", TextOrNull(list.next_cursor())}};
}

ordered_json AccountsToJson(const ListSubjectsResponse& list) {
  auto accounts = ordered_json::array();
  for (const auto& account : list.subjects()) {
    accounts.push_back(Completed(
        {{"subject_id", account.subject_id()}, {"name", TextOrNull(account.name())}}, account));
  }
  return {{"profile_id", list.profile_id()},
          {"accounts", std::move(accounts)},
          {"next_cursor", TextOrNull(list.next_cursor())}};
}

}  // namespace accoil::gateway
