#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "libs/http/message.h"

namespace accoil::http {

/// What became of a request that was sent.
struct Reply {
  enum class Result {
    /// The server answered; status, headers and body are set.
    kAnswered,
    /// Nothing was sent: no connection could be made. Sending again is safe.
    kNotSent,
    /// No whole answer arrived in time or the connection broke: whether it was done is unknown.
    kUnknown,
  };
  Result result = Result::kUnknown;
  int status = 0;
  Headers headers;
  std::string body;
  /// What went wrong, in words, unless kAnswered.
  std::string error;
};

struct ClientConfig {
  /// Scheme, host and port: https://api.intercom.io
  std::string base_url;
  /// From sending the request to having the whole answer.
  std::chrono::milliseconds timeout{10'000};
  /// A longer answer is cut off and counts as kUnknown.
  std::size_t answer_limit = 16 << 20;
};

/// An HTTP client over cpprestsdk with kept-alive connections. Send blocks; any thread may call it.
/// Nothing is retried here.
class Client {
 public:
  explicit Client(ClientConfig config);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// `path_and_query` begins with '/' and is already percent-encoded.
  Reply Send(const std::string& method, const std::string& path_and_query, const Headers& headers,
             const std::string& body);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::http
