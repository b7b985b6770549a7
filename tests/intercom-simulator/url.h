#pragma once

#include <string>

namespace accoil::simulator {

/// An http(s) URL in the two parts that http::Client wants.
struct Url {
  /// Scheme, host and port.
  std::string base;
  /// At least "/".
  std::string path_and_query;
};

Url SplitUrl(const std::string& url);

}  // namespace accoil::simulator
