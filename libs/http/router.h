#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace accoil::http {

/// Finds the route of a method and a path. Pure; read by any thread once all routes are added.
class Router {
 public:
  /// What a path leads to.
  struct Match {
    /// The number that was given to Add; nothing when the path or the method is unknown.
    std::optional<std::size_t> route;
    /// What the placeholders of the route stand for, decoded.
    std::map<std::string, std::string> parameters;
    /// The methods that the path knows; empty when the path itself is unknown.
    std::set<std::string> allowed;
  };

  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  /// `pattern` has literal segments and {placeholders}. Throws std::logic_error when the method and
  /// pattern are there already or the pattern is malformed.
  void Add(const std::string& method, const std::string& pattern, std::size_t route);

  /// `path` is still percent-encoded. Placeholders match one segment that is not empty; literal
  /// segments win over them.
  Match Find(std::string_view method, std::string_view path) const;

 private:
  struct Node;
  static void Search(const Node& node, const std::vector<std::string>& segments, std::size_t at,
                     std::vector<std::string>& bound, std::string_view method, Match& match);

  std::unique_ptr<Node> root_;
};

}  // namespace accoil::http
