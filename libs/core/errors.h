#pragma once

#include <stdexcept>
#include <string>

/// The errors that cross a process boundary, one class for each that a caller treats differently.
/// libs/rpc maps them to gRPC status codes and back, libs/http to problem+json answers. Anything
/// else that is thrown is a defect and shows as an internal error, its text in the log alone.
namespace accoil::core {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The caller sent something that can never be right. Names the field and what would be right.
class InvalidArgument : public Error {
 public:
  InvalidArgument(std::string field, const std::string& problem)
      : Error(field.empty() ? problem : field + ": " + problem),
        field_(std::move(field)),
        problem_(problem) {}
  /// Path of the field, for example "catalogue[3].type"; empty when it is the whole.
  const std::string& field() const { return field_; }
  /// What is wrong and what would be right, without the field.
  const std::string& problem() const { return problem_; }

 private:
  std::string field_;
  std::string problem_;
};

class NotFound : public Error {
 public:
  using Error::Error;
};

/// The state of things forbids it; the message says what has to be done first.
class FailedPrecondition : public Error {
 public:
  using Error::Error;
};

/// It exists already, or another change came first.
class Conflict : public Error {
 public:
  using Error::Error;
};

/// Nobody we know: a missing, malformed or revoked credential.
class Unauthenticated : public Error {
 public:
  using Error::Error;
};

/// Known, but not allowed to.
class PermissionDenied : public Error {
 public:
  using Error::Error;
};

/// Somebody we depend on cannot be reached or is overloaded; the same request may succeed later.
class Unavailable : public Error {
 public:
  using Error::Error;
};

/// It took longer than the caller was willing to wait; whether it was done is unknown.
class DeadlineExceeded : public Error {
 public:
  using Error::Error;
};

}  // namespace accoil::core
