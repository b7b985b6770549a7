#include "libs/http/router.h"

#include "libs/core/text.h"
#include "libs/http/percent.h"

namespace accoil::http {

struct Router::Node {
  struct Leaf {
    std::size_t route = 0;
    /// Names of the placeholders on the way here, in order.
    std::vector<std::string> names;
  };
  std::map<std::string, std::unique_ptr<Node>> literals;
  std::unique_ptr<Node> placeholder;
  std::map<std::string, Leaf, std::less<>> methods;
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::Add(const std::string& method, const std::string& pattern, std::size_t route) {
  if (pattern.empty() || pattern.front() != '/') {
    throw std::logic_error("a route begins with '/': " + pattern);
  }
  Node* node = root_.get();
  Node::Leaf leaf{route, {}};
  for (const auto& segment : core::Split(std::string_view(pattern).substr(1), '/')) {
    std::unique_ptr<Node>* next = nullptr;
    if (segment.size() > 2 && segment.front() == '{' && segment.back() == '}') {
      leaf.names.push_back(segment.substr(1, segment.size() - 2));
      next = &node->placeholder;
    } else {
      next = &node->literals[segment];
    }
    if (!*next) *next = std::make_unique<Node>();
    node = next->get();
  }
  if (!node->methods.emplace(method, std::move(leaf)).second) {
    throw std::logic_error("the route is there already: " + method + " " + pattern);
  }
}

void Router::Search(const Node& node, const std::vector<std::string>& segments, std::size_t at,
                    std::vector<std::string>& bound, std::string_view method, Match& match) {
  if (at == segments.size()) {
    for (const auto& [known, leaf] : node.methods) match.allowed.insert(known);
    const auto found = node.methods.find(method);
    if (found == node.methods.end() || match.route) return;
    match.route = found->second.route;
    for (std::size_t i = 0; i < bound.size(); ++i) {
      match.parameters[found->second.names[i]] = bound[i];
    }
    return;
  }
  const auto literal = node.literals.find(segments[at]);
  if (literal != node.literals.end()) {
    Search(*literal->second, segments, at + 1, bound, method, match);
  }
  if (node.placeholder && !segments[at].empty()) {
    bound.push_back(segments[at]);
    Search(*node.placeholder, segments, at + 1, bound, method, match);
    bound.pop_back();
  }
}

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  if (path.empty() || path.front() != '/') return match;
  // Split before decoding: an encoded slash belongs to its segment.
  std::vector<std::string> segments;
  for (const auto& segment : core::Split(path.substr(1), '/')) {
    auto decoded = PercentDecode(segment);
    if (!decoded) return match;
    segments.push_back(*std::move(decoded));
  }
  std::vector<std::string> bound;
  Search(*root_, segments, 0, bound, method, match);
  return match;
}

}  // namespace accoil::http
