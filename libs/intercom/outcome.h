#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace accoil::intercom {

/// The X-RateLimit-* headers of an answer: calls of the current window.
struct RateLimit {
  int limit = 0;
  int remaining = 0;
  /// When the window ends, Unix seconds by Intercom's clock.
  std::int64_t reset = 0;
};

/// Why a call did not succeed, sorted by what the caller does about it.
struct Failure {
  enum class Kind {
    /// 401: the token is dead. Stop calling and report it.
    kUnauthorized,
    /// 404: the object is gone, or never was visible.
    kNotFound,
    /// Another 4xx: the request will never succeed as it is.
    kRefused,
    /// 429: wait for the next window.
    kThrottled,
    /// 5xx, or an answer that is not Intercom's: try again later.
    kServer,
    /// No whole answer: it may or may not have been done. Safe to repeat what is idempotent.
    kUnknown,
    /// Nothing reached Intercom: try again later.
    kNotSent,
  };
  Kind kind = Kind::kUnknown;
  /// HTTP status; 0 when there was no answer.
  int status = 0;
  /// code, message and field of the first error of Intercom's error.list; empty without one. For
  /// kUnknown and kNotSent the message says what happened.
  std::string code;
  std::string message;
  std::string field;

  /// Whether the same request may succeed later.
  bool retryable() const { return kind >= Kind::kThrottled; }
  /// For people: "422 parameter_invalid: …".
  std::string ToString() const;
};

/// What became of one call to Intercom: a value or a failure, and the rate limit if the answer
/// told.
template <typename T>
class Outcome {
 public:
  Outcome(T value, std::optional<RateLimit> rate_limit)
      : value_(std::move(value)), rate_limit_(rate_limit) {}
  Outcome(Failure failure, std::optional<RateLimit> rate_limit)
      : failure_(std::move(failure)), rate_limit_(rate_limit) {}

  bool ok() const { return value_.has_value(); }
  const T& value() const { return *value_; }
  T& value() { return *value_; }
  /// Only when not ok.
  const Failure& failure() const { return failure_; }
  const std::optional<RateLimit>& rate_limit() const { return rate_limit_; }

 private:
  std::optional<T> value_;
  Failure failure_;
  std::optional<RateLimit> rate_limit_;
};

/// The value of calls that answer nothing of use.
struct Done {};

}  // namespace accoil::intercom
