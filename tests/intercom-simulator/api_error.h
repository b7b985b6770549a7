#pragma once

#include <stdexcept>
#include <string>

namespace accoil::simulator {

/// What Intercom refuses a call with: a status and the one error of its error.list. Thrown by
/// whatever finds the fault.
class ApiError : public std::runtime_error {
 public:
  ApiError(int status, std::string code, const std::string& message, std::string field = {})
      : std::runtime_error(message),
        status_(status),
        code_(std::move(code)),
        field_(std::move(field)) {}

  int status() const { return status_; }
  const std::string& code() const { return code_; }
  /// Empty when Intercom names none.
  const std::string& field() const { return field_; }
  /// {"type":"error.list","request_id":…,"errors":[…]}
  std::string Body(const std::string& request_id) const;

 private:
  int status_;
  std::string code_;
  std::string field_;
};

ApiError ParameterInvalid(const std::string& message, std::string field = {});
ApiError ContactNotFound();
ApiError CompanyNotFound();
ApiError ResourceNotFound();

}  // namespace accoil::simulator
