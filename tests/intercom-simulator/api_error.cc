#include "tests/intercom-simulator/api_error.h"

#include <nlohmann/json.hpp>

namespace accoil::simulator {

std::string ApiError::Body(const std::string& request_id) const {
  nlohmann::ordered_json error = {{"code", code_}, {"message", what()}};
  if (!field_.empty()) error["field"] = field_;
  const nlohmann::ordered_json body = {
      {"type", "error.list"}, {"request_id", request_id}, {"errors", {std::move(error)}}};
  return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

ApiError ParameterInvalid(const std::string& message, std::string field) {
  return {400, "parameter_invalid", message, std::move(field)};
}
ApiError ContactNotFound() { return {404, "not_found", "User Not Found"}; }
ApiError CompanyNotFound() { return {404, "company_not_found", "Company Not Found"}; }
ApiError ResourceNotFound() { return {404, "not_found", "Resource Not Found"}; }

}  // namespace accoil::simulator
