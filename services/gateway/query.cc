#include "services/gateway/query.h"

#include "libs/core/errors.h"
#include "libs/core/text.h"

namespace accoil::gateway {

std::size_t LimitOf(const http::Request& request, std::size_t fallback, std::size_t most) {
  const auto at = request.query.find("limit");
  if (at == request.query.end()) return fallback;
  const auto limit = core::ParseInteger<std::size_t>(at->second);
  if (!limit || *limit < 1 || *limit > most) {
    throw core::InvalidArgument("limit", "must be 1 to " + std::to_string(most));
  }
  return *limit;
}

bool FlagOf(const http::Request& request, const std::string& name) {
  const auto at = request.query.find(name);
  if (at == request.query.end() || at->second == "false") return false;
  if (at->second == "true") return true;
  throw core::InvalidArgument(name, "must be true or false");
}

std::string PlainTextOf(const http::Request& request, const std::string& name, std::size_t most) {
  auto text = TextOf(request, name);
  if (text.size() > most || !core::IsPlainText(text)) {
    throw core::InvalidArgument(name, "must be at most " + std::to_string(most) +
                                          " bytes of UTF-8 without control characters");
  }
  return text;
}

std::string TextOf(const http::Request& request, const std::string& name) {
  const auto at = request.query.find(name);
  return at == request.query.end() ? std::string() : at->second;
}

}  // namespace accoil::gateway
