#include "tests/intercom-simulator/search_query.h"

#include <algorithm>
#include <map>
#include <set>

#include "libs/core/text.h"
#include "tests/intercom-simulator/api_error.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

constexpr std::size_t kMostFilters = 15;
constexpr int kMostLevels = 2;
constexpr std::int64_t kDay = 86'400;
constexpr std::string_view kCustom = "custom_attributes.";

std::optional<std::int64_t> WholeNumber(const json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  // Intercom's own example of a date search writes the number as a string.
  return core::ParseInteger<std::int64_t>(value.get_ref<const std::string&>());
}

json OrNull(const std::string& text) { return text.empty() ? json() : json(text); }
json OrNull(const std::optional<std::int64_t>& number) { return number ? json(*number) : json(); }

std::string DomainOf(const std::string& email) {
  const auto at = email.rfind('@');
  return at == std::string::npos ? "" : email.substr(at + 1);
}

}  // namespace

SearchQuery SearchQuery::Parse(const json& query, const DataAttributes& attributes,
                               const Settings& settings) {
  return {ParseNode(query, attributes, settings, 1), settings.utc_offset};
}

SearchQuery::Node SearchQuery::ParseNode(const json& query, const DataAttributes& attributes,
                                         const Settings& settings, int level) {
  if (!query.is_object()) throw ParameterInvalid("The query must be an object", "query");
  if (query.contains("field")) return ParseFilter(query, attributes, settings);

  const auto text = query.value("operator", json());
  if (text != "AND" && text != "OR") {
    throw ParameterInvalid("A group's operator must be AND or OR", "operator");
  }
  if (level > kMostLevels) {
    throw ParameterInvalid("Queries can be nested " + std::to_string(kMostLevels) + " levels deep");
  }
  const auto nodes = query.value("value", json());
  if (!nodes.is_array() || nodes.empty()) {
    throw ParameterInvalid("A group's value must be an array of filters", "value");
  }
  if (nodes.size() > kMostFilters) {
    throw ParameterInvalid("A group can have at most " + std::to_string(kMostFilters) + " filters",
                           "value");
  }
  Group group;
  group.all = text == "AND";
  for (const auto& node : nodes) {
    group.nodes.push_back(ParseNode(node, attributes, settings, level + 1));
  }
  return group;
}

SearchQuery::Filter SearchQuery::ParseFilter(const json& query, const DataAttributes& attributes,
                                             const Settings& settings) {
  static const std::map<std::string, Type, std::less<>> kFields = {
      {"id", Type::kString},           {"role", Type::kString},
      {"name", Type::kString},         {"avatar", Type::kString},
      {"owner_id", Type::kInteger},    {"email", Type::kString},
      {"email_domain", Type::kString}, {"phone", Type::kString},
      {"external_id", Type::kString},  {"created_at", Type::kDate},
      {"signed_up_at", Type::kDate},   {"updated_at", Type::kDate},
      {"last_seen_at", Type::kDate},   {"unsubscribed_from_emails", Type::kBoolean},
      {"tag_id", Type::kTag},
  };
  static const std::map<std::string, Operator, std::less<>> kOperators = {
      {"=", Operator::kIs},           {"!=", Operator::kIsNot},      {"IN", Operator::kIn},
      {"NIN", Operator::kNotIn},      {">", Operator::kMore},        {"<", Operator::kLess},
      {">=", Operator::kMoreOrSame},  {"<=", Operator::kLessOrSame}, {"~", Operator::kContains},
      {"!~", Operator::kContainsNot}, {"^", Operator::kBegins},      {"$", Operator::kEnds},
  };
  Filter filter;
  if (!query["field"].is_string()) throw ParameterInvalid("A field must be a string", "field");
  filter.field = query["field"].get<std::string>();
  const auto known = kFields.find(filter.field);
  if (known != kFields.end()) {
    filter.type = known->second;
  } else {
    const auto* attribute =
        filter.field.starts_with(kCustom)
            ? attributes.Find(Model::kContact, filter.field.substr(kCustom.size()))
            : nullptr;
    if (attribute == nullptr || attribute->archived) {
      throw ParameterInvalid("Field '" + filter.field + "' cannot be searched", "field");
    }
    filter.attribute = attribute->name;
    static const std::map<std::string, Type> kTypes = {{"string", Type::kString},
                                                       {"integer", Type::kInteger},
                                                       {"float", Type::kFloat},
                                                       {"boolean", Type::kBoolean},
                                                       {"date", Type::kDate}};
    filter.type = kTypes.at(attribute->data_type);
  }

  const auto text = query.value("operator", json());
  const auto comparison =
      text.is_string() ? kOperators.find(text.get<std::string>()) : kOperators.end();
  if (comparison == kOperators.end()) throw ParameterInvalid("Unknown operator", "operator");
  filter.comparison = comparison->second;
  CheckOperator(filter, comparison->first);

  if (!query.contains("value")) throw ParameterInvalid("A filter must have a value", "value");
  const auto& value = query["value"];
  if (filter.comparison != Operator::kIn && filter.comparison != Operator::kNotIn) {
    filter.values.push_back(CheckValue(filter, value));
    return filter;
  }
  if (!value.is_array()) {
    throw ParameterInvalid("The value of IN and NIN must be an array", "value");
  }
  const auto limit = static_cast<std::size_t>(settings.search_values_limit);
  if (limit > 0 && value.size() > limit) {
    throw ParameterInvalid("IN and NIN take at most " + std::to_string(limit) + " values", "value");
  }
  for (const auto& element : value) filter.values.push_back(CheckValue(filter, element));
  return filter;
}

void SearchQuery::CheckOperator(const Filter& filter, const std::string& text) {
  static const std::map<Type, std::set<std::string>> kAllowed = {
      {Type::kString, {"=", "!=", "IN", "NIN", "~", "!~", "^", "$"}},
      {Type::kInteger, {"=", "!=", "IN", "NIN", "<", ">", "<=", ">="}},
      {Type::kFloat, {"=", "!=", "IN", "NIN", "<", ">", "<=", ">="}},
      {Type::kBoolean, {"=", "!=", "IN", "NIN"}},
      {Type::kDate, {"=", "<", ">"}},
      {Type::kTag, {"=", "!="}},
  };
  if (!kAllowed.at(filter.type).contains(text)) {
    throw ParameterInvalid(
        "Operator '" + text + "' is not supported on field '" + filter.field + "'", "operator");
  }
}

json SearchQuery::CheckValue(const Filter& filter, const json& value) {
  const auto refuse = [&]() -> ApiError {
    return ParameterInvalid("The value of field '" + filter.field + "' has the wrong type",
                            "value");
  };
  if (value.is_null()) {
    if (filter.comparison == Operator::kIs || filter.comparison == Operator::kIsNot) return value;
    throw refuse();
  }
  switch (filter.type) {
    case Type::kString:
    case Type::kTag:
      if (!value.is_string()) throw refuse();
      if (filter.field == "email") return core::NormalizeEmail(value.get<std::string>());
      if (filter.field == "role" && value != "user" && value != "lead") throw refuse();
      return value;
    case Type::kInteger:
    case Type::kDate: {
      const auto number = WholeNumber(value);
      if (!number) throw refuse();
      return *number;
    }
    case Type::kFloat:
      if (!value.is_number()) throw refuse();
      return value;
    case Type::kBoolean:
      if (!value.is_boolean()) throw refuse();
      return value;
  }
  throw std::logic_error("a type without a rule for its values");
}

json SearchQuery::Field(const Filter& filter, const Contact& contact) {
  const auto& field = filter.field;
  if (!filter.attribute.empty()) {
    const auto found = contact.custom_attributes.find(filter.attribute);
    return found == contact.custom_attributes.end() ? json() : found->second;
  }
  if (field == "id") return contact.id;
  if (field == "email") return OrNull(contact.email);
  if (field == "external_id") return OrNull(contact.external_id);
  if (field == "role") return contact.is_user ? "user" : "lead";
  if (field == "name") return OrNull(contact.name);
  if (field == "avatar") return OrNull(contact.avatar);
  if (field == "phone") return OrNull(contact.phone);
  if (field == "email_domain") return OrNull(DomainOf(contact.email));
  if (field == "owner_id") return OrNull(contact.owner_id);
  if (field == "created_at") return contact.created_at;
  if (field == "updated_at") return contact.updated_at;
  if (field == "signed_up_at") return OrNull(contact.signed_up_at);
  if (field == "last_seen_at") return OrNull(contact.last_seen_at);
  if (field == "unsubscribed_from_emails") return contact.unsubscribed_from_emails;
  throw std::logic_error("no way to read the search field " + field);
}

bool SearchQuery::Matches(const Contact& contact) const { return Matches(root_, contact); }

bool SearchQuery::Matches(const Node& node, const Contact& contact) const {
  if (const auto* filter = std::get_if<Filter>(&node)) return Matches(*filter, contact);
  const auto& group = std::get<Group>(node);
  const auto matches = [&](const Node& part) { return Matches(part, contact); };
  return group.all ? std::all_of(group.nodes.begin(), group.nodes.end(), matches)
                   : std::any_of(group.nodes.begin(), group.nodes.end(), matches);
}

bool SearchQuery::Matches(const Filter& filter, const Contact& contact) const {
  if (filter.type == Type::kTag) {
    const auto& wanted = filter.values.front();
    const bool has = wanted.is_null() ? contact.tags.empty()
                                      : std::find(contact.tags.begin(), contact.tags.end(),
                                                  wanted) != contact.tags.end();
    return has == (filter.comparison == Operator::kIs);
  }
  const auto value = Field(filter, contact);
  if (filter.type == Type::kDate) return MatchesDate(filter, value);
  const auto& wanted = filter.values.empty() ? json() : filter.values.front();
  const auto one_of = [&] {
    return std::find(filter.values.begin(), filter.values.end(), value) != filter.values.end();
  };
  switch (filter.comparison) {
    case Operator::kIs:
      return value == wanted;
    case Operator::kIsNot:
      return value != wanted;
    case Operator::kIn:
      return one_of();
    case Operator::kNotIn:
      return !one_of();
    case Operator::kMore:
      return !value.is_null() && value > wanted;
    case Operator::kLess:
      return !value.is_null() && value < wanted;
    case Operator::kMoreOrSame:
      return !value.is_null() && value >= wanted;
    case Operator::kLessOrSame:
      return !value.is_null() && value <= wanted;
    case Operator::kContains:
    case Operator::kContainsNot:
    case Operator::kBegins:
    case Operator::kEnds:
      break;
  }
  const auto text = value.is_null() ? "" : core::ToLower(value.get_ref<const std::string&>());
  const auto part = core::ToLower(wanted.get_ref<const std::string&>());
  if (filter.comparison == Operator::kBegins) return text.starts_with(part);
  if (filter.comparison == Operator::kEnds) return text.ends_with(part);
  return (text.find(part) != std::string::npos) == (filter.comparison == Operator::kContains);
}

bool SearchQuery::MatchesDate(const Filter& filter, const json& value) const {
  const auto& wanted = filter.values.front();
  if (value.is_null() || wanted.is_null()) return value.is_null() && wanted.is_null();
  // Both are cut to the day of the workspace's time zone.
  const auto day = [this](const json& time) {
    const auto local = time.get<std::int64_t>() + utc_offset_.count();
    return local >= 0 ? local / kDay : (local - kDay + 1) / kDay;
  };
  if (filter.comparison == Operator::kMore) return day(value) > day(wanted);
  if (filter.comparison == Operator::kLess) return day(value) < day(wanted);
  return day(value) == day(wanted);
}

std::optional<SearchQuery::Key> SearchQuery::Narrowing() const { return Narrowing(root_); }

std::optional<SearchQuery::Key> SearchQuery::Narrowing(const Node& node) {
  if (const auto* filter = std::get_if<Filter>(&node)) {
    const bool indexed =
        filter->field == "id" || filter->field == "email" || filter->field == "external_id";
    const bool listed = filter->comparison == Operator::kIs || filter->comparison == Operator::kIn;
    if (!indexed || !listed) return std::nullopt;
    Key key{filter->field, {}};
    for (const auto& value : filter->values) {
      if (value.is_null()) return std::nullopt;  // those without the field are many
      key.values.push_back(value.get<std::string>());
    }
    return key;
  }
  const auto& group = std::get<Group>(node);
  std::optional<Key> narrowest;
  for (const auto& part : group.nodes) {
    auto key = Narrowing(part);
    if (group.all) {
      if (key && (!narrowest || key->values.size() < narrowest->values.size())) narrowest = key;
      continue;
    }
    // An OR is narrow when all its parts are, by the same field.
    if (!key || (narrowest && narrowest->field != key->field)) return std::nullopt;
    if (!narrowest) {
      narrowest = std::move(key);
    } else {
      narrowest->values.insert(narrowest->values.end(), key->values.begin(), key->values.end());
    }
  }
  return narrowest;
}

}  // namespace accoil::simulator
