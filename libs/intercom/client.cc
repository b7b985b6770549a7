#include "libs/intercom/client.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "libs/http/client.h"
#include "libs/intercom/answers.h"

namespace accoil::intercom {
namespace {

using nlohmann::json;

// The most that Intercom gives a page of companies.
constexpr int kCompaniesPerPage = 50;

std::optional<std::int64_t> IntegerHeader(const http::Headers& headers, const char* name) {
  const auto found = headers.find(name);
  if (found == headers.end()) return std::nullopt;
  std::int64_t value = 0;
  const auto& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<RateLimit> ReadRateLimit(const http::Headers& headers) {
  constexpr std::int64_t kMost = 1'000'000;
  const auto limit = IntegerHeader(headers, "X-RateLimit-Limit");
  const auto remaining = IntegerHeader(headers, "X-RateLimit-Remaining");
  const auto reset = IntegerHeader(headers, "X-RateLimit-Reset");
  if (!limit || !remaining || !reset) return std::nullopt;
  if (*limit < 1 || *limit > kMost || *remaining < 0 || *remaining > kMost || *reset < 0) {
    return std::nullopt;
  }
  return RateLimit{static_cast<int>(*limit), static_cast<int>(*remaining), *reset};
}

Failure NoAnswer(const http::Reply& reply) {
  Failure failure;
  failure.kind = reply.result == http::Reply::Result::kNotSent ? Failure::Kind::kNotSent
                                                               : Failure::Kind::kUnknown;
  failure.message = reply.error;
  return failure;
}

/// Turns a reply into an outcome; `read` makes the value of a 2xx body or nothing.
template <typename T, typename Read>
Outcome<T> ToOutcome(const http::Reply& reply, Read read) {
  if (reply.result != http::Reply::Result::kAnswered) return {NoAnswer(reply), std::nullopt};
  const auto rate_limit = ReadRateLimit(reply.headers);
  if (reply.status >= 200 && reply.status < 300) {
    std::optional<T> value = read(reply.body);
    if (value) return {std::move(*value), rate_limit};
    Failure failure;
    failure.kind = Failure::Kind::kServer;
    failure.status = reply.status;
    failure.message = "the answer is not what Intercom documents";
    return {std::move(failure), rate_limit};
  }
  return {ReadFailure(reply.status, reply.body), rate_limit};
}

std::optional<Done> ReadNothing(std::string_view) { return Done{}; }

json ToJson(const AttributeValue& value) {
  return std::visit(
      [](const auto& held) -> json {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) {
          return nullptr;
        } else {
          return held;
        }
      },
      value);
}

std::string AttributesBody(const AttributeValues& attributes) {
  json values = json::object();
  for (const auto& [name, value] : attributes) values[name] = ToJson(value);
  return json{{"custom_attributes", std::move(values)}}.dump();
}

std::string Escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      escaped += c;
    } else {
      escaped += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return escaped;
}

}  // namespace

const char* ToString(Model model) { return model == Model::kContact ? "contact" : "company"; }

std::string BaseUrl(const std::string& region) {
  if (region == "EU") return "https://api.eu.intercom.io";
  if (region == "AU") return "https://api.au.intercom.io";
  return "https://api.intercom.io";
}

http::Reply Client::Send(const char* endpoint, const std::string& method, const std::string& path,
                         const std::string& body) {
  return transport_.Send(base_url_, token_, endpoint, method, path, body);
}

Outcome<Workspace> Client::Me() {
  return ToOutcome<Workspace>(Send("GET /me", "GET", "/me"), ReadWorkspace);
}

Outcome<Page<Contact>> Client::ListContacts(const std::string& cursor) {
  auto path = "/contacts?per_page=" + std::to_string(kContactsPerPage);
  if (!cursor.empty()) path += "&starting_after=" + Escaped(cursor);
  return ToOutcome<Page<Contact>>(Send("GET /contacts", "GET", path), ReadContacts);
}

Outcome<Page<Contact>> Client::SearchContacts(const std::string& field,
                                              const std::vector<std::string>& values,
                                              const std::string& cursor) {
  json body{{"query", {{"field", field}, {"operator", "IN"}, {"value", values}}},
            {"pagination", {{"per_page", kContactsPerPage}}}};
  if (!cursor.empty()) body["pagination"]["starting_after"] = cursor;
  return ToOutcome<Page<Contact>>(
      Send("POST /contacts/search", "POST", "/contacts/search", body.dump()), ReadContacts);
}

Outcome<Contact> Client::GetContact(const core::ContactId& id) {
  return ToOutcome<Contact>(Send("GET /contacts/{id}", "GET", "/contacts/" + Escaped(id.value())),
                            ReadContact);
}

Outcome<Page<Company>> Client::ListContactCompanies(const core::ContactId& id, int page) {
  return ToOutcome<Page<Company>>(
      Send("GET /contacts/{id}/companies", "GET",
           "/contacts/" + Escaped(id.value()) + "/companies?per_page=" +
               std::to_string(kCompaniesPerPage) + "&page=" + std::to_string(page)),
      ReadCompanies);
}

Outcome<Company> Client::GetCompany(const core::CompanyId& id) {
  return ToOutcome<Company>(Send("GET /companies/{id}", "GET", "/companies/" + Escaped(id.value())),
                            ReadCompany);
}

Outcome<Page<Company>> Client::ListCompanies(int page) {
  return ToOutcome<Page<Company>>(
      Send("POST /companies/list", "POST",
           "/companies/list?per_page=" + std::to_string(kCompaniesPerPage) +
               "&page=" + std::to_string(page)),
      ReadCompanies);
}

Outcome<Done> Client::UpdateContact(const core::ContactId& id, const AttributeValues& attributes) {
  return ToOutcome<Done>(Send("PUT /contacts/{id}", "PUT", "/contacts/" + Escaped(id.value()),
                              AttributesBody(attributes)),
                         ReadNothing);
}

Outcome<Done> Client::UpdateCompany(const core::CompanyId& id, const AttributeValues& attributes) {
  return ToOutcome<Done>(Send("PUT /companies/{id}", "PUT", "/companies/" + Escaped(id.value()),
                              AttributesBody(attributes)),
                         ReadNothing);
}

Outcome<std::vector<DataAttribute>> Client::ListDataAttributes(Model model) {
  return ToOutcome<std::vector<DataAttribute>>(
      Send("GET /data_attributes", "GET",
           std::string("/data_attributes?include_archived=true&model=") + ToString(model)),
      ReadDataAttributes);
}

Outcome<DataAttribute> Client::CreateDataAttribute(Model model, const std::string& name,
                                                   const std::string& data_type,
                                                   const std::string& description) {
  json body{{"name", name}, {"model", ToString(model)}, {"data_type", data_type}};
  if (!description.empty()) body["description"] = description;
  return ToOutcome<DataAttribute>(Send("POST /data_attributes", "POST", "/data_attributes",
                                       body.dump(-1, ' ', false, json::error_handler_t::replace)),
                                  ReadDataAttribute);
}

Outcome<DataAttribute> Client::ArchiveDataAttribute(std::int64_t id, bool archived) {
  return ToOutcome<DataAttribute>(
      Send("PUT /data_attributes/{id}", "PUT", "/data_attributes/" + std::to_string(id),
           json{{"archived", archived}}.dump()),
      ReadDataAttribute);
}

}  // namespace accoil::intercom
