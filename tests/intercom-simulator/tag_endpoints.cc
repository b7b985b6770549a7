#include "tests/intercom-simulator/api.h"
#include "tests/intercom-simulator/api_error.h"
#include "tests/intercom-simulator/render.h"
#include "tests/intercom-simulator/request_bodies.h"

namespace accoil::simulator {
namespace {

std::string List(Call& call) {
  std::vector<std::string> items;
  for (const auto& entry : call.workspace().tags()) items.push_back(TagJson(entry.second));
  return PlainListJson(items);
}

std::string Get(Call& call) {
  return TagJson(call.workspace().GetTag(call.request.Parameter("id")));
}

std::string Delete(Call& call) {
  const auto& id = call.request.Parameter("id");
  call.workspace().DeleteTag(id, call.moment());
  call.ids.push_back(id);
  return {};
}

void Note(Call& call, const std::vector<TagEntry>& entries) {
  for (const auto& entry : entries) call.ids.push_back(entry.id);
}

std::string Post(Call& call) {
  auto request = ReadTagRequest(call.body, call.settings);
  auto& workspace = call.workspace();
  if (!request.users.empty()) {
    Note(call, request.users);
    return TagJson(workspace.TagContacts(request.name, request.users,
                                         call.settings.bulk_unknown_status, call.moment()));
  }
  if (!request.companies.empty() || !request.company_ids.empty()) {
    for (const auto& entry : request.company_ids) {
      request.companies.push_back({workspace.GetCompanyByCompanyId(entry.id).id, entry.untag});
    }
    Note(call, request.companies);
    return TagJson(workspace.TagCompanies(request.name, request.companies,
                                          call.settings.bulk_unknown_status, call.moment()));
  }
  if (!request.id.empty()) return TagJson(workspace.RenameTag(request.id, request.name));
  return TagJson(workspace.FindOrCreateTag(request.name));
}

std::string ListOfContact(Call& call) {
  const auto contact = call.workspace().GetContact(call.request.Parameter("id"));
  std::vector<std::string> items;
  for (const auto& tag : contact->tags) items.push_back(TagJson(call.workspace().GetTag(tag)));
  return PlainListJson(items);
}

std::string Attach(Call& call) {
  const auto& contact = call.request.Parameter("id");
  const auto& tag =
      call.workspace().TagContact(contact, RequiredText(call.body, "id"), true, call.moment());
  call.ids.push_back(contact);
  return TagJson(tag);
}

std::string Detach(Call& call) {
  const auto& contact = call.request.Parameter("id");
  const auto& tag =
      call.workspace().TagContact(contact, call.request.Parameter("tag"), false, call.moment());
  call.ids.push_back(contact);
  return TagJson(tag);
}

}  // namespace

const std::vector<Endpoint>& TagEndpoints() {
  static const std::vector<Endpoint> endpoints = {
      {"GET", "/tags", List},
      {"POST", "/tags", Post},
      {"GET", "/tags/{id}", Get},
      {"DELETE", "/tags/{id}", Delete},
      {"GET", "/contacts/{id}/tags", ListOfContact},
      {"POST", "/contacts/{id}/tags", Attach},
      {"DELETE", "/contacts/{id}/tags/{tag}", Detach},
  };
  return endpoints;
}

}  // namespace accoil::simulator
