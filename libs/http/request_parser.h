#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "libs/http/message.h"

namespace accoil::http {

/// Reads one HTTP/1 request from bytes as they arrive; no I/O, one thread. Boost.Beast's parser
/// underneath, and stricter where leniency lets a proxy and us see different requests (RFC 9112,
/// section 11.2): one Content-Length at most, no Transfer-Encoding but chunked, never both, one
/// Host.
class RequestParser {
 public:
  enum class State {
    /// Bytes of the head are missing.
    kHead,
    /// The head is complete; bytes of the body are missing, or have not been given yet.
    kBody,
    kWhole,
    /// It can never become a request; what follows it on the connection cannot be told apart.
    kMalformed,
  };

  /// `head_limit`: bytes of the request line and the headers; more make it malformed.
  explicit RequestParser(std::size_t head_limit);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  /// Takes bytes from the front and answers how many. What it leaves must be given again, with what
  /// has arrived meanwhile behind it. The call that completes the head takes nothing of the body.
  std::size_t Parse(std::string_view bytes);

  State state() const;
  /// The answer to a malformed request.
  const Response& problem() const;

  /// Without `parameters` and `query`. Valid once the head is complete; its body grows.
  Request& request();
  /// The query as it came. The following are valid once the head is complete.
  const std::string& query() const;
  /// How long the body is at least: all of it with a Content-Length, with chunks up to the end of
  /// the one that has begun.
  std::uint64_t announced() const;
  /// Bytes of the body that are known to be still to come; 0 when that is not known.
  std::uint64_t remaining() const;
  bool keep_alive() const;
  /// HTTP/1.0: a connection that is kept alive must say so.
  bool old_version() const;
  /// The client waits for 100 Continue before it sends the body.
  bool expects_continue() const;

  /// Frees the body, and throws away what is still to come of it.
  void DiscardBody();

 private:
  class Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace accoil::http
