#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace accoil::http {

/// Compares header names as HTTP does: without regard to case.
struct CaseInsensitiveLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};
using Headers = std::map<std::string, std::string, CaseInsensitiveLess>;

/// A request whose body has arrived whole, within the server's limit.
struct Request {
  std::string method;
  /// The path without the query, still percent-encoded.
  std::string path;
  /// Decoded query parameters; the last of a name wins.
  std::map<std::string, std::string> query;
  Headers headers;
  /// The bytes as they came.
  std::string body;
  /// What the route's {placeholders} stand for, decoded.
  std::map<std::string, std::string> parameters;

  /// The value of a header, empty when it is missing.
  std::string_view Header(std::string_view name) const;
  /// A placeholder of the route; it is a defect to ask for one that the route does not have.
  const std::string& Parameter(const std::string& name) const;
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  Headers headers;
  /// Closes the connection before the answer is whole, so that the client cannot know what became
  /// of its request. For servers that stand in for others in tests.
  bool cut_off = false;
  /// From a handler: that this is not the answer, which is yet to come. It is called once, at the
  /// end of the handler, and hands on a function that takes the answer: to be called once, from any
  /// thread, and in any case, for the server waits for it. The thread of the handler serves others
  /// meanwhile.
  std::function<void(std::function<void(Response)> answer)> later;
};

/// An RFC 9457 problem: {"type":"about:blank","title":…,"status":…,"detail":…[,"field":…]}.
Response Problem(int status, std::string_view detail, std::string_view field = {});

}  // namespace accoil::http
