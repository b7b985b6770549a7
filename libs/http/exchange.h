#pragma once

#include <cpprest/http_listener.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "libs/http/message.h"

namespace accoil::http {

/// One request of a cpprest listener, from its headers to its answer, and all that has to be known
/// about cpprest for it:
///
/// - cpprest calls us when the headers have arrived and goes on reading the body into memory
///   without a bound. It sends our answer only when the body is whole; until then an answer, and
///   the connection, wait for ever. So a body that is too long or too slow has to be declared
///   finished by us, and the connection closed after the answer.
/// - An answer to a client that has gone away fails in a task that somebody must look at, or the
///   process ends.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  enum class Body { kWhole, kLate, kBroken };

  explicit Exchange(const web::http::http_request& message);

  /// What cpprest knows of the request, without its body.
  Request ReadHead() const;

  /// Calls `arrived` once, on a cpprest thread: when the body is whole, when it broke off, or when
  /// `timeout` has passed.
  void AwaitBody(std::chrono::milliseconds timeout, std::function<void(Body)> arrived);

  /// The body. After AwaitBody said that it is whole.
  std::string TakeBody();

  /// Sends the answer and then calls `done`, also when the client has gone. Once.
  /// `close`: the connection ends after the answer, and no more of the body is waited for.
  void Reply(Response response, bool close, std::function<void()> done);

  std::chrono::steady_clock::time_point began() const { return began_; }

 private:
  web::http::http_request message_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  boost::asio::steady_timer timer_;
  /// The body has arrived, broken off or been given up.
  std::atomic<bool> settled_ = false;
  std::atomic<bool> whole_ = false;
};

}  // namespace accoil::http
