#include "libs/http/response_head.h"

#include <boost/beast/http/status.hpp>
#include <set>
#include <stdexcept>

namespace accoil::http {
namespace {

bool IsToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const auto fits = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

bool IsHeaderValue(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void Append(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string ResponseHead(const Response& response, HeadContext context) {
  static const std::set<std::string, CaseInsensitiveLess> kOwn = {"Connection", "Content-Length",
                                                                  "Transfer-Encoding"};
  const auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(response.status)));
  std::string head;
  head.reserve(256);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(reason.data(), reason.size()).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    if (!kOwn.contains(name)) Append(head, name, value);
  }
  if (!response.body.empty() && !response.headers.contains("Content-Type")) {
    Append(head, "Content-Type", response.content_type);
  }
  // An answer that is cut off promises more than there is.
  const auto length = response.body.size() + (response.cut_off ? 1 : 0);
  const bool no_content = response.status == 204 || response.status == 304;
  if (!no_content) Append(head, "Content-Length", std::to_string(length));
  if (context.close) {
    Append(head, "Connection", "close");
  } else if (context.old_version) {
    Append(head, "Connection", "keep-alive");
  }
  return head.append("\r\n");
}

void CheckHeaders(const Response& response) {
  if (!IsHeaderValue(response.content_type)) {
    throw std::logic_error("the answer's content type cannot be sent");
  }
  for (const auto& [name, value] : response.headers) {
    if (!IsToken(name) || !IsHeaderValue(value)) {
      throw std::logic_error("the answer's header " + name + " cannot be sent");
    }
  }
}

}  // namespace accoil::http
