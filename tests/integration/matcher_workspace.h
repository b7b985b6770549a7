#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/matcher/contact_source.h"

namespace accoil::test {

/// A workspace in memory that stands in for Intercom behind matcher::ContactSource: lists, searches
/// and answers single objects as the REST API does, counts its calls by method, and can lag and
/// fail. Of one thread.
class FakeWorkspace final : public matcher::ContactSources {
 public:
  explicit FakeWorkspace(std::string id = "workspace-1") : id_(std::move(id)) {}

  std::map<core::ContactId, intercom::Contact> contacts;
  std::map<core::CompanyId, intercom::Company> companies;
  /// All companies of contacts that have more than ten.
  std::map<core::ContactId, std::vector<core::CompanyId>> all_companies;
  /// Contacts that search does not show (yet).
  std::set<core::ContactId> hidden_from_search;
  /// Contacts that search still shows although they are gone.
  std::map<core::ContactId, intercom::Contact> ghosts;
  std::size_t companies_per_page = 50;
  /// Called before each call with its method; may throw matcher::SourceFailed.
  std::function<void(const std::string& method)> before_call = [](const std::string&) {};

  /// Calls since the last Forget, by method.
  std::map<std::string, int> calls;
  int total() const {
    int sum = 0;
    for (const auto& [method, count] : calls) sum += count;
    return sum;
  }
  void Forget() { calls.clear(); }

  intercom::Contact& Add(const std::string& id, const std::string& email,
                         std::initializer_list<const char*> its_companies = {}) {
    auto& contact = contacts[core::ContactId(id)];
    contact.id = core::ContactId(id);
    contact.email = email;
    for (const auto* company : its_companies) contact.companies.emplace_back(company);
    return contact;
  }
  void AddCompany(const std::string& id, const std::string& company_id, const std::string& name) {
    companies[core::CompanyId(id)] = {
        .id = core::CompanyId(id), .company_id = company_id, .name = name};
  }
  void MoveTo(std::string id) { id_ = core::WorkspaceId(std::move(id)); }

  std::unique_ptr<matcher::ContactSource> Open(core::ProductId,
                                               const core::WorkspaceId& workspace) override {
    if (workspace != id_) throw matcher::SourceFailed("another workspace", true);
    return std::make_unique<Source>(*this);
  }

 private:
  class Source final : public matcher::ContactSource {
   public:
    explicit Source(FakeWorkspace& workspace) : workspace_(workspace) {}

    const core::WorkspaceId& workspace() const override { return workspace_.id_; }
    int calls() const override { return calls_; }

    intercom::Page<intercom::Contact> ListContacts(const std::string& cursor) override {
      Count("list_contacts");
      std::vector<intercom::Contact> all;
      for (const auto& [id, contact] : workspace_.contacts) {
        if (id.value() > cursor) all.push_back(contact);
      }
      return PageOf(std::move(all), workspace_.contacts.size());
    }

    intercom::Page<intercom::Contact> SearchContacts(const std::string& field,
                                                     const std::vector<std::string>& values,
                                                     const std::string& cursor) override {
      Count("search_contacts");
      const std::set<std::string> wanted(values.begin(), values.end());
      std::vector<intercom::Contact> found;
      auto shown = workspace_.contacts;
      shown.insert(workspace_.ghosts.begin(), workspace_.ghosts.end());
      std::size_t total = 0;
      for (const auto& [id, contact] : shown) {
        if (workspace_.hidden_from_search.contains(id)) continue;
        if (!wanted.contains(field == "email" ? contact.email : contact.external_id)) continue;
        ++total;
        if (id.value() > cursor) found.push_back(contact);
      }
      return PageOf(std::move(found), total);
    }

    std::optional<intercom::Contact> GetContact(const core::ContactId& id) override {
      Count("get_contact");
      const auto found = workspace_.contacts.find(id);
      if (found == workspace_.contacts.end()) return std::nullopt;
      return found->second;
    }

    std::optional<intercom::Page<intercom::Company>> ListContactCompanies(const core::ContactId& id,
                                                                          int) override {
      Count("list_contact_companies");
      if (!workspace_.contacts.contains(id)) return std::nullopt;
      intercom::Page<intercom::Company> page;
      for (const auto& company : workspace_.all_companies[id]) {
        page.items.push_back(workspace_.companies.at(company));
      }
      return page;
    }

    std::optional<intercom::Company> GetCompany(const core::CompanyId& id) override {
      Count("get_company");
      const auto found = workspace_.companies.find(id);
      if (found == workspace_.companies.end()) return std::nullopt;
      return found->second;
    }

    intercom::Page<intercom::Company> ListCompanies(int number) override {
      Count("list_companies");
      intercom::Page<intercom::Company> page;
      page.total_count = static_cast<std::int64_t>(workspace_.companies.size());
      const auto begin = static_cast<std::size_t>(number - 1) * workspace_.companies_per_page;
      std::size_t index = 0;
      for (const auto& [id, company] : workspace_.companies) {
        if (index >= begin && page.items.size() < workspace_.companies_per_page) {
          page.items.push_back(company);
        }
        ++index;
      }
      if (begin + page.items.size() < workspace_.companies.size()) {
        page.next = std::to_string(number + 1);
      }
      return page;
    }

   private:
    void Count(const std::string& method) {
      ++calls_;
      ++workspace_.calls[method];
      workspace_.before_call(method);
    }

    static intercom::Page<intercom::Contact> PageOf(std::vector<intercom::Contact> contacts,
                                                    std::size_t total) {
      constexpr std::size_t kPerPage = 150;
      intercom::Page<intercom::Contact> page;
      page.total_count = static_cast<std::int64_t>(total);
      const bool more = contacts.size() > kPerPage;
      if (more) contacts.resize(kPerPage);
      if (more) page.next = contacts.back().id.value();
      page.items = std::move(contacts);
      return page;
    }

    FakeWorkspace& workspace_;
    int calls_ = 0;
  };

  core::WorkspaceId id_;
};

}  // namespace accoil::test
