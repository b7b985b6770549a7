#pragma once

#include <string>
#include <string_view>

#include "libs/http/message.h"

namespace accoil::http {

/// What the head of an answer depends on besides the answer.
struct HeadContext {
  /// The connection ends after the answer.
  bool close = false;
  /// The client speaks HTTP/1.0 and must be told when the connection stays open.
  bool old_version = false;
};

/// The status line and the headers of an answer, with the empty line after them. Length and
/// connection are told here alone: headers of the response that do so are left out.
std::string ResponseHead(const Response& response, HeadContext context);

/// Throws std::logic_error when the response has a header or a content type that would break the
/// head apart: a line break, a NUL, or a name that is no token.
void CheckHeaders(const Response& response);

}  // namespace accoil::http
