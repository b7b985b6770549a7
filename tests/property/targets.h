#pragma once

#include <span>
#include <stdexcept>
#include <string>

#include "tests/property/target.h"

/// The pieces that Targets() is made of, and what they share.
namespace accoil::test {

/// Throws std::logic_error unless it holds; `what` goes on after "what was accepted".
inline void Demand(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error("what was accepted " + what);
}

/// The first line of a text, without its end, which is taken off `text`.
inline std::string_view TakeLine(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

/// Bodies of the REST API, of webhooks and of canvas requests.
std::span<const Target> GatewayTargets();
/// HTTP, from the first byte to the answer of a route.
std::span<const Target> HttpTargets();
/// Records of Kafka.
std::span<const Target> EventTargets();
/// Answers of Intercom.
std::span<const Target> IntercomTargets();
/// Small languages: conditions, cursors, settings, headers.
std::span<const Target> TextTargets();

}  // namespace accoil::test
