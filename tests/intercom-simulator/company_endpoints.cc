#include <random>

#include "tests/intercom-simulator/api.h"
#include "tests/intercom-simulator/api_error.h"
#include "tests/intercom-simulator/render.h"
#include "tests/intercom-simulator/request_bodies.h"

namespace accoil::simulator {
namespace {

constexpr std::size_t kMostPerPage = 60;
/// Numbered pages of companies reach no further.
constexpr std::size_t kMostListed = 10'000;
constexpr std::size_t kScrollPage = 100;

std::string Answer(Call& call, const Company& company) {
  return CompanyJson(company, call.workspace(), call.id_code());
}

void Tell(Call& call, const char* topic, const Company& company) {
  call.events.push_back({topic, CompanyItem(company, call.workspace(), call.id_code())});
}

std::string QueryText(const Call& call, const char* name) {
  const auto found = call.request.query.find(name);
  return found == call.request.query.end() ? "" : found->second;
}

/// A page of companies by number.
std::string NumberedPage(Call& call, const std::vector<const Company*>& companies,
                         const std::string& path) {
  const auto per_page = PageNumber(call.request.query, "per_page", 15, kMostPerPage);
  const auto page = PageNumber(call.request.query, "page", 1, 1'000'000);
  if (page * per_page > kMostListed) {
    throw ApiError(400, "page_limit_exceeded",
                   "Page limit of 10000 companies exceeded, use the scroll API");
  }
  std::vector<std::string> items;
  const auto first = (page - 1) * per_page;
  for (auto i = first; i < companies.size() && i < first + per_page; ++i) {
    items.push_back(Answer(call, *companies[i]));
  }
  return NumberedListJson(
      items, page, per_page, companies.size(),
      path + "?per_page=" + std::to_string(per_page) + "&page=" + std::to_string(page + 1));
}

std::string Get(Call& call) {
  return Answer(call, call.workspace().GetCompany(call.request.Parameter("id")));
}

std::string Find(Call& call) {
  const auto company_id = QueryText(call, "company_id");
  if (!company_id.empty()) {
    return Answer(call, call.workspace().GetCompanyByCompanyId(company_id));
  }
  const auto name = QueryText(call, "name");
  const auto tag = QueryText(call, "tag_id");
  if (!tag.empty()) call.workspace().GetTag(tag);
  std::vector<const Company*> found;
  for (const auto* company : call.workspace().VisibleCompanies()) {
    const auto& tags = company->tags;
    if (!name.empty() && company->name != name) continue;
    if (!tag.empty() && std::find(tags.begin(), tags.end(), tag) == tags.end()) continue;
    found.push_back(company);
  }
  if (name.empty()) return NumberedPage(call, found, "/companies");
  if (found.empty()) throw CompanyNotFound();
  return Answer(call, *found.front());
}

std::string CreateOrUpdate(Call& call) {
  const auto changes = ReadCompanyChanges(call.body, call.workspace().attributes(), call.settings);
  const auto company_id = RequiredText(call.body, "company_id");
  const bool known = call.workspace().KnowsCompany(company_id);
  const auto& company = call.workspace().CreateOrUpdateCompany(company_id, changes, call.moment());
  call.ids.push_back(company.id);
  Tell(call, known ? "company.updated" : "company.created", company);
  return Answer(call, company);
}

std::string Update(Call& call) {
  const auto& id = call.request.Parameter("id");
  const auto& known = call.workspace().GetCompany(id);
  const auto changes = ReadCompanyChanges(call.body, call.workspace().attributes(), call.settings);
  if (call.body.is_object() && call.body.contains("company_id") &&
      call.body["company_id"] != known.company_id) {
    throw ParameterInvalid("company_id cannot be changed", "company_id");
  }
  call.ids.push_back(id);
  const auto& company = call.workspace().UpdateCompany(id, changes, call.moment());
  Tell(call, "company.updated", company);
  return Answer(call, company);
}

std::string Delete(Call& call) {
  const auto& id = call.request.Parameter("id");
  call.workspace().DeleteCompany(id, call.moment());
  call.ids.push_back(id);
  call.events.push_back({"company.deleted", DeletedItem("company", id)});
  return R"({"id":)" + Quoted(id) + R"(,"object":"company","deleted":true})";
}

std::string List(Call& call) {
  auto companies = call.workspace().VisibleCompanies();
  const auto order = QueryText(call, "order");
  if (!order.empty() && order != "asc" && order != "desc") {
    throw ParameterInvalid("order must be asc or desc", "order");
  }
  if (order != "asc") std::reverse(companies.begin(), companies.end());
  return NumberedPage(call, companies, "/companies/list");
}

std::string ListContacts(Call& call) {
  const auto& company = call.workspace().GetCompany(call.request.Parameter("id"));
  const auto per_page = PageNumber(call.request.query, "per_page", 50, kMostPerPage);
  const auto page = PageNumber(call.request.query, "page", 1, 1'000'000);
  std::vector<std::string> items;
  std::size_t i = 0;
  for (const auto& id : company.contacts) {
    if (i >= (page - 1) * per_page && i < page * per_page) {
      items.push_back(
          ContactJson(*call.workspace().GetContact(id), call.workspace(), call.id_code()));
    }
    ++i;
  }
  return NumberedListJson(items, page, per_page, company.contacts.size(),
                          "/companies/" + company.id + "/contacts?per_page=" +
                              std::to_string(per_page) + "&page=" + std::to_string(page + 1));
}

std::string NewScrollParam() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::to_string(engine());
}

std::string ScrollOver(Call& call) {
  auto& scroll = call.tenant.scroll;
  auto param = QueryText(call, "scroll_param");
  std::string after;
  if (param.empty()) {
    param = NewScrollParam();
    scroll.Open(param, call.now);
  } else {
    after = scroll.Continue(param, call.now);
  }
  const auto& companies = call.workspace().companies();
  std::vector<std::string> items;
  for (auto next = companies.upper_bound(after);
       next != companies.end() && items.size() < kScrollPage; ++next) {
    if (next->second.contacts.empty()) continue;
    items.push_back(Answer(call, next->second));
    scroll.Advance(next->first);
  }
  if (items.empty()) scroll.Close();
  auto list = PlainListJson(items);
  list.pop_back();
  return list + R"(,"pages":null,"total_count":null,"scroll_param":)" + Quoted(param) + "}";
}

}  // namespace

const std::vector<Endpoint>& CompanyEndpoints() {
  static const std::vector<Endpoint> endpoints = {
      {"GET", "/companies", Find},           {"POST", "/companies", CreateOrUpdate},
      {"POST", "/companies/list", List},     {"GET", "/companies/scroll", ScrollOver},
      {"GET", "/companies/{id}", Get},       {"PUT", "/companies/{id}", Update},
      {"DELETE", "/companies/{id}", Delete}, {"GET", "/companies/{id}/contacts", ListContacts},
  };
  return endpoints;
}

}  // namespace accoil::simulator
