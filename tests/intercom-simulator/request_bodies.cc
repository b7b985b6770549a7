#include "tests/intercom-simulator/request_bodies.h"

#include <set>

#include "libs/core/text.h"
#include "tests/intercom-simulator/api_error.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

constexpr std::size_t kMostContacts = 150;

/// Reads the members of a body one by one.
class Reader {
 public:
  explicit Reader(const json& body) : body_(body) {}

  std::optional<std::string> Text(const char* name) const {
    const auto* value = Find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_null()) return "";
    if (!value->is_string()) throw Wrong(name, "a string");
    return value->get<std::string>();
  }
  std::optional<std::optional<std::int64_t>> NullableNumber(const char* name) const {
    const auto* value = Find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_null()) return std::optional<std::int64_t>();
    if (!value->is_number_integer()) throw Wrong(name, "an integer");
    return std::optional(value->get<std::int64_t>());
  }
  std::optional<std::int64_t> Number(const char* name) const {
    const auto number = NullableNumber(name);
    if (!number) return std::nullopt;
    return number->value_or(0);
  }
  std::optional<bool> Truth(const char* name) const {
    const auto* value = Find(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (!value->is_boolean()) throw Wrong(name, "a boolean");
    return value->get<bool>();
  }
  const json* Find(const char* name) const {
    const auto found = body_.find(name);
    return found == body_.end() ? nullptr : &*found;
  }

 private:
  static ApiError Wrong(const std::string& name, const char* what) {
    return ParameterInvalid(name + " must be " + what, name);
  }
  const json& body_;
};

std::map<std::string, json> ReadCustomAttributes(const Reader& reader, Model model,
                                                 const DataAttributes& attributes,
                                                 const Settings& settings) {
  const auto* custom = reader.Find("custom_attributes");
  if (custom == nullptr || custom->is_null()) return {};
  return attributes.Check(model, *custom, settings);
}

/// The entries of a bulk list by `id_name`; those without it are left to `others`.
std::vector<TagEntry> ReadEntries(const json& list, const char* id_name, const Settings& settings) {
  if (!list.is_array() || list.empty()) throw ParameterInvalid("invalid tag parameters");
  if (list.size() > static_cast<std::size_t>(settings.bulk_limit)) {
    throw ParameterInvalid("At most " + std::to_string(settings.bulk_limit) +
                           " can be tagged in one call");
  }
  std::vector<TagEntry> entries;
  for (const auto& element : list) {
    if (!element.is_object()) throw ParameterInvalid("invalid tag parameters");
    if (!element.contains(id_name)) continue;
    entries.push_back(
        {RequiredText(element, id_name), Reader(element).Truth("untag").value_or(false)});
  }
  return entries;
}

}  // namespace

json ParseBody(const std::string& body) {
  auto parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object()) {
    throw ApiError(400, "bad_request", "The request's body is not a JSON object");
  }
  return parsed;
}

std::string RequiredText(const json& body, const char* name) {
  const auto found = body.find(name);
  if (found != body.end() && found->is_number_integer()) return found->dump();
  if (found == body.end() || !found->is_string() || found->get_ref<const std::string&>().empty()) {
    throw ApiError(400, "parameter_not_found", std::string(name) + " not specified", name);
  }
  return found->get<std::string>();
}

ContactChanges ReadContactChanges(const json& body, const DataAttributes& attributes,
                                  const Settings& settings) {
  const Reader reader(body);
  ContactChanges changes;
  if (const auto role = reader.Text("role")) {
    if (*role != "user" && *role != "lead") {
      throw ParameterInvalid("Role must be user or lead", "role");
    }
    changes.is_user = *role == "user";
  }
  changes.external_id = reader.Text("external_id");
  changes.email = reader.Text("email");
  if (changes.email && !changes.email->empty() && changes.email->find('@') == std::string::npos) {
    throw ParameterInvalid("Email is invalid", "email");
  }
  changes.name = reader.Text("name");
  changes.phone = reader.Text("phone");
  changes.avatar = reader.Text("avatar");
  changes.signed_up_at = reader.NullableNumber("signed_up_at");
  changes.last_seen_at = reader.NullableNumber("last_seen_at");
  changes.owner_id = reader.NullableNumber("owner_id");
  changes.unsubscribed_from_emails = reader.Truth("unsubscribed_from_emails");
  changes.custom_attributes = ReadCustomAttributes(reader, Model::kContact, attributes, settings);
  return changes;
}

CompanyChanges ReadCompanyChanges(const json& body, const DataAttributes& attributes,
                                  const Settings& settings) {
  static const std::set<std::string> kKnown = {"name",
                                               "company_id",
                                               "plan",
                                               "size",
                                               "website",
                                               "industry",
                                               "custom_attributes",
                                               "monthly_spend",
                                               "remote_created_at"};
  for (const auto& item : body.items()) {
    if (!kKnown.contains(item.key())) {
      throw ApiError(400, "bad_request", "bad '" + item.key() + "' parameter");
    }
  }
  const Reader reader(body);
  CompanyChanges changes;
  changes.name = reader.Text("name");
  changes.plan = reader.Text("plan");
  changes.website = reader.Text("website");
  changes.industry = reader.Text("industry");
  changes.size = reader.Number("size");
  changes.monthly_spend = reader.Number("monthly_spend");
  changes.remote_created_at = reader.Number("remote_created_at");
  changes.custom_attributes = ReadCustomAttributes(reader, Model::kCompany, attributes, settings);
  return changes;
}

TagRequest ReadTagRequest(const json& body, const Settings& settings) {
  const Reader reader(body);
  const auto name = reader.Text("name");
  if (!name || name->empty()) throw ParameterInvalid("invalid tag parameters");
  TagRequest request;
  request.name = *name;
  if (reader.Find("id") != nullptr) request.id = RequiredText(body, "id");
  if (const auto* users = reader.Find("users")) {
    request.users = ReadEntries(*users, "id", settings);
    if (request.users.size() != users->size()) throw ParameterInvalid("invalid tag parameters");
  }
  if (const auto* companies = reader.Find("companies")) {
    request.companies = ReadEntries(*companies, "id", settings);
    request.company_ids = ReadEntries(*companies, "company_id", settings);
    if (request.companies.size() + request.company_ids.size() < companies->size()) {
      throw ParameterInvalid("invalid tag parameters");
    }
  }
  return request;
}

std::size_t PageNumber(const std::map<std::string, std::string>& query, const char* name,
                       std::size_t fallback, std::size_t most) {
  const auto found = query.find(name);
  if (found == query.end()) return fallback;
  const auto number = core::ParseInteger<std::size_t>(found->second);
  if (!number || *number < 1 || *number > most) {
    throw ParameterInvalid(
        std::string(name) + " must be a number from 1 to " + std::to_string(most), name);
  }
  return *number;
}

Cursor ReadCursor(const json& pagination) {
  Cursor cursor;
  if (pagination.is_null()) return cursor;
  if (!pagination.is_object()) throw ParameterInvalid("pagination must be an object", "pagination");
  const Reader reader(pagination);
  if (const auto per_page = reader.Number("per_page")) {
    if (*per_page < 1 || *per_page > static_cast<std::int64_t>(kMostContacts)) {
      throw ParameterInvalid("per_page must be a number from 1 to 150", "per_page");
    }
    cursor.per_page = static_cast<std::size_t>(*per_page);
  }
  cursor.starting_after = reader.Text("starting_after").value_or("");
  return cursor;
}

}  // namespace accoil::simulator
