#include "libs/intercom/answers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libs/core/text.h"

namespace accoil::intercom {
namespace {

using nlohmann::json;

constexpr std::size_t kMostErrorBytes = 500;
/// 2200-01-01: a time that is later is none, and would not fit a TimePoint.
constexpr std::int64_t kLatestSecond = 7'258'118'400;

std::optional<json> Parse(std::string_view body) {
  auto document = json::parse(body, nullptr, false);
  if (document.is_discarded() || !document.is_object()) return std::nullopt;
  return document;
}

/// Text, or a number as text: Intercom writes some ids either way. Empty when it is neither.
std::string Text(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_integer()) return std::to_string(found->get<std::int64_t>());
  return "";
}

std::int64_t Integer(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return 0;
  if (found->is_number_integer()) return found->get<std::int64_t>();
  if (found->is_string()) {
    return core::ParseInteger<std::int64_t>(found->get_ref<const std::string&>()).value_or(0);
  }
  return 0;
}

bool Truth(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

/// A member that is an object, or nothing.
const json* Object(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? &*found : nullptr;
}

/// A member that is an array, or nothing.
const json* Array(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? &*found : nullptr;
}

std::optional<Contact> ToContact(const json& object) {
  Contact contact;
  contact.id = core::ContactId(Text(object, "id"));
  if (contact.id.value().empty()) return std::nullopt;
  contact.external_id = Text(object, "external_id");
  contact.email = core::NormalizeEmail(Text(object, "email"));
  contact.role = Text(object, "role") == "user" ? Role::kUser : Role::kLead;
  if (const auto seen = Integer(object, "last_seen_at"); seen > 0 && seen < kLatestSecond) {
    contact.last_seen_at = core::TimePoint(std::chrono::seconds(seen));
  }
  if (const auto* companies = Object(object, "companies")) {
    if (const auto* data = Array(*companies, "data")) {
      for (const auto& company : *data) {
        if (!company.is_object()) return std::nullopt;
        contact.companies.emplace_back(Text(company, "id"));
      }
    }
    contact.has_more_companies = Truth(*companies, "has_more");
  }
  return contact;
}

std::optional<Company> ToCompany(const json& object) {
  Company company{core::CompanyId(Text(object, "id")), Text(object, "company_id"),
                  Text(object, "name")};
  if (company.id.value().empty()) return std::nullopt;
  return company;
}

std::optional<DataAttribute> ToDataAttribute(const json& object) {
  DataAttribute attribute;
  attribute.id = Integer(object, "id");
  attribute.model = Text(object, "model") == "company" ? Model::kCompany : Model::kContact;
  attribute.name = Text(object, "name");
  attribute.data_type = Text(object, "data_type");
  attribute.description = Text(object, "description");
  attribute.archived = Truth(object, "archived");
  attribute.custom = Truth(object, "custom");
  if (attribute.name.empty()) return std::nullopt;
  return attribute;
}

/// Every element of `data` through `convert`; nothing when one of them is not what it should be:
/// half a page must not pass for a whole one.
template <typename T, typename Convert>
std::optional<std::vector<T>> ToList(const json& document, Convert convert) {
  const auto* data = Array(document, "data");
  if (data == nullptr) return std::nullopt;
  std::vector<T> items;
  items.reserve(data->size());
  for (const auto& element : *data) {
    if (!element.is_object()) return std::nullopt;
    auto item = convert(element);
    if (!item) return std::nullopt;
    items.push_back(std::move(*item));
  }
  return items;
}

std::optional<std::int64_t> IntegerHeader(const http::Headers& headers, const char* name) {
  const auto found = headers.find(name);
  if (found == headers.end()) return std::nullopt;
  return core::ParseInteger<std::int64_t>(found->second);
}

}  // namespace

std::optional<RateLimit> ReadRateLimit(const http::Headers& headers) {
  constexpr std::int64_t kMost = 1'000'000;
  const auto limit = IntegerHeader(headers, "X-RateLimit-Limit");
  const auto remaining = IntegerHeader(headers, "X-RateLimit-Remaining");
  const auto reset = IntegerHeader(headers, "X-RateLimit-Reset");
  if (!limit || !remaining || !reset) return std::nullopt;
  if (*limit < 1 || *limit > kMost || *remaining < 0 || *remaining > kMost || *reset < 0 ||
      *reset >= kLatestSecond) {
    return std::nullopt;
  }
  return RateLimit{static_cast<int>(*limit), static_cast<int>(*remaining), *reset};
}

std::optional<std::string> ReadAccessToken(std::string_view body) {
  const auto document = Parse(body);
  if (!document) return std::nullopt;
  auto token = Text(*document, "access_token");
  if (token.empty()) token = Text(*document, "token");
  const bool printable =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (token.empty() || !printable) return std::nullopt;
  return token;
}

std::optional<Workspace> ReadWorkspace(std::string_view body) {
  const auto document = Parse(body);
  if (!document) return std::nullopt;
  const auto* app = Object(*document, "app");
  if (app == nullptr) return std::nullopt;
  Workspace workspace{core::WorkspaceId(Text(*app, "id_code")), Text(*app, "name"),
                      Text(*app, "region")};
  if (workspace.id.value().empty()) return std::nullopt;
  return workspace;
}

std::optional<Contact> ReadContact(std::string_view body) {
  const auto document = Parse(body);
  if (!document) return std::nullopt;
  return ToContact(*document);
}

std::optional<Page<Contact>> ReadContacts(std::string_view body) {
  const auto document = Parse(body);
  if (!document) return std::nullopt;
  auto items = ToList<Contact>(*document, ToContact);
  if (!items) return std::nullopt;
  Page<Contact> page;
  page.items = std::move(*items);
  page.total_count = Integer(*document, "total_count");
  if (const auto* pages = Object(*document, "pages")) {
    if (const auto* next = Object(*pages, "next")) page.next = Text(*next, "starting_after");
  }
  return page;
}

std::optional<Company> ReadCompany(std::string_view body) {
  const auto document = Parse(body);
  if (!document) return std::nullopt;
  return ToCompany(*document);
}

std::optional<Page<Company>> ReadCompanies(std::string_view body) {
  const auto document = Parse(body);
  if (!document) return std::nullopt;
  auto items = ToList<Company>(*document, ToCompany);
  if (!items) return std::nullopt;
  Page<Company> page;
  page.items = std::move(*items);
  page.total_count = Integer(*document, "total_count");
  if (const auto* pages = Object(*document, "pages")) {
    const auto number = Integer(*pages, "page");
    if (number > 0 && number < Integer(*pages, "total_pages")) {
      page.next = std::to_string(number + 1);
    }
  }
  return page;
}

std::optional<DataAttribute> ReadDataAttribute(std::string_view body) {
  const auto document = Parse(body);
  if (!document) return std::nullopt;
  return ToDataAttribute(*document);
}

std::optional<std::vector<DataAttribute>> ReadDataAttributes(std::string_view body) {
  const auto document = Parse(body);
  if (!document) return std::nullopt;
  return ToList<DataAttribute>(*document, ToDataAttribute);
}

std::optional<Tag> ReadTag(std::string_view body) {
  const auto document = Parse(body);
  if (!document) return std::nullopt;
  Tag tag{Text(*document, "id"), Text(*document, "name")};
  if (tag.id.empty()) return std::nullopt;
  return tag;
}

Failure ReadFailure(int status, std::string_view body) {
  Failure failure;
  failure.status = status;
  if (status == 401) {
    failure.kind = Failure::Kind::kUnauthorized;
  } else if (status == 404) {
    failure.kind = Failure::Kind::kNotFound;
  } else if (status == 429) {
    failure.kind = Failure::Kind::kThrottled;
  } else if (status >= 500 || status == 408) {
    failure.kind = Failure::Kind::kServer;
  } else {
    failure.kind = Failure::Kind::kRefused;
  }
  const auto document = Parse(body);
  if (!document) return failure;
  const auto* errors = Array(*document, "errors");
  if (errors == nullptr || errors->empty() || !errors->front().is_object()) return failure;
  const auto& first = errors->front();
  failure.code = core::CutUtf8(Text(first, "code"), kMostErrorBytes);
  failure.message = core::CutUtf8(Text(first, "message"), kMostErrorBytes);
  failure.field = core::CutUtf8(Text(first, "field"), kMostErrorBytes);
  return failure;
}

}  // namespace accoil::intercom
