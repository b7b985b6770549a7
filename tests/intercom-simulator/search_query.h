#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/intercom-simulator/data_attributes.h"
#include "tests/intercom-simulator/model.h"
#include "tests/intercom-simulator/settings.h"

namespace accoil::simulator {

/// The query of POST /contacts/search: filters in AND and OR groups. Pure.
class SearchQuery {
 public:
  /// Checks fields, operators, values and their types, at most 15 filters in a group and 2 levels
  /// of groups. Throws ApiError.
  static SearchQuery Parse(const nlohmann::json& query, const DataAttributes& attributes,
                           const Settings& settings);

  bool Matches(const Contact& contact) const;

  /// A field that narrows the search to contacts with one of a few values.
  struct Key {
    /// "id", "email" or "external_id".
    std::string field;
    /// Emails in lower case.
    std::vector<std::string> values;
  };
  /// The narrowest, if any: every match has one of its values.
  std::optional<Key> Narrowing() const;

 private:
  enum class Type { kString, kInteger, kFloat, kBoolean, kDate, kTag };
  enum class Operator {
    kIs,
    kIsNot,
    kIn,
    kNotIn,
    kMore,
    kLess,
    kMoreOrSame,
    kLessOrSame,
    kContains,
    kContainsNot,
    kBegins,
    kEnds
  };
  struct Filter {
    std::string field;
    /// Of a custom attribute: its name.
    std::string attribute;
    Type type = Type::kString;
    Operator comparison = Operator::kIs;
    /// One, or several for kIn and kNotIn; strings of emails in lower case. Null stands for unset.
    std::vector<nlohmann::json> values;
  };
  struct Group;
  using Node = std::variant<Filter, Group>;
  struct Group {
    bool all = true;
    std::vector<Node> nodes;
  };

  SearchQuery(Node root, std::chrono::seconds utc_offset)
      : root_(std::move(root)), utc_offset_(utc_offset) {}

  static Node ParseNode(const nlohmann::json& query, const DataAttributes& attributes,
                        const Settings& settings, int level);
  static Filter ParseFilter(const nlohmann::json& query, const DataAttributes& attributes,
                            const Settings& settings);
  static void CheckOperator(const Filter& filter, const std::string& text);
  static nlohmann::json CheckValue(const Filter& filter, const nlohmann::json& value);
  static nlohmann::json Field(const Filter& filter, const Contact& contact);
  bool Matches(const Node& node, const Contact& contact) const;
  bool Matches(const Filter& filter, const Contact& contact) const;
  bool MatchesDate(const Filter& filter, const nlohmann::json& value) const;
  static std::optional<Key> Narrowing(const Node& node);

  Node root_;
  std::chrono::seconds utc_offset_;
};

}  // namespace accoil::simulator
