#include <algorithm>

#include "tests/intercom-simulator/api.h"
#include "tests/intercom-simulator/api_error.h"
#include "tests/intercom-simulator/render.h"
#include "tests/intercom-simulator/request_bodies.h"
#include "tests/intercom-simulator/search_query.h"

namespace accoil::simulator {
namespace {

constexpr std::size_t kMostContacts = 150;

std::string Answer(Call& call, const ContactPtr& contact) {
  return ContactJson(*contact, call.workspace(), call.id_code());
}

std::string Changed(Call& call, const ContactPtr& contact) {
  call.ids.push_back(contact->id);
  return Answer(call, contact);
}

/// {"type":"contact","id":…,"external_id":…,"deleted":true}
std::string Reference(Call& call, const ContactPtr& contact, const char* what, bool is) {
  call.ids.push_back(contact->id);
  return R"({"type":"contact","id":)" + Quoted(contact->id) + R"(,"external_id":)" +
         (contact->external_id.empty() ? "null" : Quoted(contact->external_id)) + ",\"" + what +
         (is ? "\":true}" : "\":false}");
}

const std::string& Id(Call& call) { return call.request.Parameter("id"); }

void TellOfContact(Call& call, const char* topic, const ContactPtr& contact) {
  call.events.push_back({topic, ContactItem(*contact, call.workspace(), call.id_code())});
}

/// Of the contact that the call is about and a company.
void TellOfLink(Call& call, const char* topic, const Company& company) {
  const auto contact = call.workspace().GetContact(Id(call));
  call.events.push_back(
      {topic, CompanyContactItem(company, *contact, call.workspace(), call.id_code())});
}

std::string List(Call& call) {
  const auto per_page = PageNumber(call.request.query, "per_page", 50, kMostContacts);
  const auto after = call.request.query.find("starting_after");
  const auto page = call.workspace().ListContacts(
      after == call.request.query.end() ? "" : after->second, per_page);
  return ContactListJson(page, per_page, call.workspace(), call.id_code());
}

std::string Search(Call& call) {
  if (!call.body.is_object() || !call.body.contains("query")) {
    throw ApiError(400, "parameter_not_found", "query not specified", "query");
  }
  const auto query =
      SearchQuery::Parse(call.body["query"], call.workspace().attributes(), call.settings);
  const auto cursor = ReadCursor(call.body.value("pagination", nlohmann::json()));
  const auto page =
      call.workspace().SearchContacts(query, cursor.starting_after, cursor.per_page, call.now);
  return ContactListJson(page, cursor.per_page, call.workspace(), call.id_code());
}

std::string Get(Call& call) { return Answer(call, call.workspace().GetContact(Id(call))); }

std::string GetByExternalId(Call& call) {
  const auto contact =
      call.workspace().GetContactByExternalId(call.request.Parameter("external_id"));
  if (!contact->is_user) throw ContactNotFound();
  return Answer(call, contact);
}

std::string Create(Call& call) {
  const auto changes = ReadContactChanges(call.body, call.workspace().attributes(), call.settings);
  const auto given = [](const std::optional<std::string>& text) { return text && !text->empty(); };
  if (!given(changes.email) && !given(changes.external_id) && !changes.is_user) {
    throw ApiError(400, "parameter_not_found", "email, external_id or role not specified");
  }
  const auto contact = call.workspace().CreateContact(changes, call.moment());
  TellOfContact(call, "contact.created", contact);
  TellOfContact(call, contact->is_user ? "contact.user.created" : "contact.lead.created", contact);
  return Changed(call, contact);
}

std::string Update(Call& call) {
  // An unknown contact comes before wrong parameters.
  const auto before = call.workspace().GetContact(Id(call));
  const auto changes = ReadContactChanges(call.body, call.workspace().attributes(), call.settings);
  const auto contact = call.workspace().UpdateContact(Id(call), changes, call.moment());
  if (contact->email != before->email) {
    TellOfContact(call, "contact.email.updated", contact);
    if (before->email.empty() && !contact->is_user) {
      TellOfContact(call, "contact.lead.added_email", contact);
    }
  }
  if (contact->is_user && !before->is_user) TellOfContact(call, "contact.lead.signed_up", contact);
  return Changed(call, contact);
}

std::string Delete(Call& call) {
  const auto contact = call.workspace().DeleteContact(Id(call));
  call.events.push_back({"contact.deleted", DeletedItem("contact", contact->id)});
  return Reference(call, contact, "deleted", true);
}

std::string Archive(Call& call) {
  const auto contact = call.workspace().ArchiveContact(Id(call));
  call.events.push_back({"contact.archived", ArchivedContactItem(*contact)});
  return Reference(call, contact, "archived", true);
}

std::string Unarchive(Call& call) {
  const bool archived = call.workspace().archived_contacts().contains(Id(call));
  const auto contact = call.workspace().UnarchiveContact(Id(call), call.moment());
  if (archived) TellOfContact(call, "contact.unarchived", contact);
  return Reference(call, contact, "archived", false);
}

std::string Merge(Call& call) {
  const auto from = RequiredText(call.body, "from");
  const auto into = RequiredText(call.body, "into");
  call.ids.push_back(from);
  const auto contact = call.workspace().MergeContacts(from, into, call.moment());
  call.events.push_back(
      {"contact.merged", MergedContactItem(*contact, call.settings.merged_from_told ? from : "",
                                           call.workspace(), call.id_code())});
  return Changed(call, contact);
}

std::string ListCompanies(Call& call) {
  const auto per_page = PageNumber(call.request.query, "per_page", 50, 50);
  const auto page = PageNumber(call.request.query, "page", 1, 1'000'000);
  const auto contact = call.workspace().GetContact(Id(call));
  std::vector<std::string> items;
  const auto first = (page - 1) * per_page;
  for (auto i = first; i < contact->companies.size() && i < first + per_page; ++i) {
    items.push_back(CompanyJson(call.workspace().GetCompany(contact->companies[i]),
                                call.workspace(), call.id_code()));
  }
  return NumberedListJson(items, page, per_page, contact->companies.size(),
                          "/contacts/" + contact->id + "/companies?per_page=" +
                              std::to_string(per_page) + "&page=" + std::to_string(page + 1));
}

std::string Attach(Call& call) {
  if (!call.body.is_object() || !call.body.contains("id")) {
    throw ApiError(400, "parameter_not_found", "company not specified");
  }
  const auto company_id = RequiredText(call.body, "id");
  const auto before = call.workspace().GetContact(Id(call))->companies;
  const bool attached = std::find(before.begin(), before.end(), company_id) != before.end();
  const auto& company = call.workspace().Attach(Id(call), company_id, call.moment());
  call.ids = {Id(call), company.id};
  if (!attached) TellOfLink(call, "company.contact.attached", company);
  return CompanyJson(company, call.workspace(), call.id_code());
}

std::string Detach(Call& call) {
  const auto& company =
      call.workspace().Detach(Id(call), call.request.Parameter("company"), call.moment());
  call.ids = {Id(call), company.id};
  TellOfLink(call, "company.contact.detached", company);
  return CompanyJson(company, call.workspace(), call.id_code());
}

}  // namespace

const std::vector<Endpoint>& ContactEndpoints() {
  static const std::vector<Endpoint> endpoints = {
      {"GET", "/contacts", List},
      {"POST", "/contacts", Create},
      {"POST", "/contacts/search", Search},
      {"POST", "/contacts/merge", Merge},
      {"GET", "/contacts/find_by_external_id/{external_id}", GetByExternalId},
      {"GET", "/contacts/{id}", Get},
      {"PUT", "/contacts/{id}", Update},
      {"DELETE", "/contacts/{id}", Delete},
      {"POST", "/contacts/{id}/archive", Archive},
      {"POST", "/contacts/{id}/unarchive", Unarchive},
      {"GET", "/contacts/{id}/companies", ListCompanies},
      {"POST", "/contacts/{id}/companies", Attach},
      {"DELETE", "/contacts/{id}/companies/{company}", Detach},
  };
  return endpoints;
}

}  // namespace accoil::simulator
