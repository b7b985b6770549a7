#include "libs/intercom/client.h"

#include <nlohmann/json.hpp>

#include "libs/http/client.h"
#include "libs/http/percent.h"
#include "libs/intercom/answers.h"
#include "libs/intercom/attribute_json.h"

namespace accoil::intercom {
namespace {

using nlohmann::json;

// The most that Intercom gives a page of companies.
constexpr int kCompaniesPerPage = 50;

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

/// Names are UTF-8 by promise; bytes that are not would otherwise end the process.
std::string Dump(const json& body) {
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <typename Id>
std::string TagBody(const std::string& name, const char* list, const std::vector<Id>& ids,
                    bool untag) {
  auto entries = json::array();
  for (const auto& id : ids) {
    json entry{{"id", id.value()}};
    if (untag) entry["untag"] = true;
    entries.push_back(std::move(entry));
  }
  return Dump({{"name", name}, {list, std::move(entries)}});
}

std::string AttributesBody(const AttributeValues& attributes) {
  return json{{"custom_attributes", ToJson(attributes)}}.dump();
}

}  // namespace

const char* ToString(Model model) { return model == Model::kContact ? "contact" : "company"; }

std::string BaseUrl(const std::string& region) {
  if (region == "EU") return "https://api.eu.intercom.io";
  if (region == "AU") return "https://api.au.intercom.io";
  return "https://api.intercom.io";
}

http::Reply Client::Send(const char* endpoint, const char* method, const std::string& path,
                         const std::string& body) {
  return transport_.Send(base_url_, token_,
                         {.endpoint = endpoint, .method = method, .path = path, .body = body});
}

Outcome<std::string> Client::ExchangeCode(Transport& transport, const std::string& base_url,
                                          const OAuthApp& app, const std::string& code) {
  // A form, as RFC 6749 has it: any bytes can be written in one.
  const auto form = "grant_type=authorization_code&code=" + http::PercentEncode(code) +
                    "&client_id=" + http::PercentEncode(app.client_id) +
                    "&client_secret=" + http::PercentEncode(app.client_secret);
  return ToOutcome<std::string>(
      transport.Send(base_url, "",
                     {.endpoint = "POST /auth/eagle/token",
                      .method = "POST",
                      .path = "/auth/eagle/token",
                      .body = form,
                      .content_type = "application/x-www-form-urlencoded"}),
      ReadAccessToken);
}

Outcome<Workspace> Client::Me() {
  return ToOutcome<Workspace>(Send("GET /me", "GET", "/me"), ReadWorkspace);
}

Outcome<Done> Client::Uninstall() {
  return ToOutcome<Done>(Send("POST /auth/uninstall", "POST", "/auth/uninstall"), ReadNothing);
}

Outcome<Page<Contact>> Client::ListContacts(const std::string& cursor) {
  auto path = "/contacts?per_page=" + std::to_string(kContactsPerPage);
  if (!cursor.empty()) path += "&starting_after=" + http::PercentEncode(cursor);
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
  return ToOutcome<Contact>(
      Send("GET /contacts/{id}", "GET", "/contacts/" + http::PercentEncode(id.value())),
      ReadContact);
}

Outcome<Page<Company>> Client::ListContactCompanies(const core::ContactId& id, int page) {
  return ToOutcome<Page<Company>>(
      Send("GET /contacts/{id}/companies", "GET",
           "/contacts/" + http::PercentEncode(id.value()) + "/companies?per_page=" +
               std::to_string(kCompaniesPerPage) + "&page=" + std::to_string(page)),
      ReadCompanies);
}

Outcome<Company> Client::GetCompany(const core::CompanyId& id) {
  return ToOutcome<Company>(
      Send("GET /companies/{id}", "GET", "/companies/" + http::PercentEncode(id.value())),
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
  return ToOutcome<Done>(
      Send("PUT /contacts/{id}", "PUT", "/contacts/" + http::PercentEncode(id.value()),
           AttributesBody(attributes)),
      ReadNothing);
}

Outcome<Done> Client::UpdateCompany(const core::CompanyId& id, const AttributeValues& attributes) {
  return ToOutcome<Done>(
      Send("PUT /companies/{id}", "PUT", "/companies/" + http::PercentEncode(id.value()),
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
  return ToOutcome<DataAttribute>(
      Send("POST /data_attributes", "POST", "/data_attributes", Dump(body)), ReadDataAttribute);
}

Outcome<DataAttribute> Client::ArchiveDataAttribute(std::int64_t id, bool archived) {
  return ToOutcome<DataAttribute>(
      Send("PUT /data_attributes/{id}", "PUT", "/data_attributes/" + std::to_string(id),
           json{{"archived", archived}}.dump()),
      ReadDataAttribute);
}

Outcome<Tag> Client::FindOrCreateTag(const std::string& name) {
  return ToOutcome<Tag>(Send("POST /tags", "POST", "/tags", Dump({{"name", name}})), ReadTag);
}

Outcome<Tag> Client::TagContacts(const std::string& name,
                                 const std::vector<core::ContactId>& contacts, bool untag) {
  return ToOutcome<Tag>(
      Send("POST /tags", "POST", "/tags", TagBody(name, "users", contacts, untag)), ReadTag);
}

Outcome<Tag> Client::TagCompanies(const std::string& name,
                                  const std::vector<core::CompanyId>& companies, bool untag) {
  return ToOutcome<Tag>(
      Send("POST /tags", "POST", "/tags", TagBody(name, "companies", companies, untag)), ReadTag);
}

}  // namespace accoil::intercom
