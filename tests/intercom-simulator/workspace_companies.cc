#include <algorithm>

#include "libs/core/text.h"
#include "tests/intercom-simulator/api_error.h"
#include "tests/intercom-simulator/workspace.h"

namespace accoil::simulator {
namespace {

constexpr std::size_t kMostCompanies = 1000;

void Apply(const CompanyChanges& changes, Company& company, const Moment& moment) {
  if (changes.name) company.name = *changes.name;
  if (changes.plan) company.plan = *changes.plan;
  if (changes.website) company.website = *changes.website;
  if (changes.industry) company.industry = *changes.industry;
  if (changes.size) company.size = *changes.size;
  if (changes.monthly_spend) company.monthly_spend = *changes.monthly_spend;
  if (changes.remote_created_at) company.remote_created_at = *changes.remote_created_at;
  for (const auto& [name, value] : changes.custom_attributes) {
    if (value.is_null()) {
      company.custom_attributes.erase(name);
    } else {
      company.custom_attributes[name] = value;
    }
  }
  company.updated_at = moment.seconds();
}

template <typename T>
void Switch(std::vector<T>& items, const T& item, bool on) {
  const auto found = std::find(items.begin(), items.end(), item);
  if (on && found == items.end()) items.push_back(item);
  if (!on && found != items.end()) items.erase(found);
}

}  // namespace

Company& Workspace::MakeCompany(const std::string& company_id, const Moment& moment) {
  const auto found = by_company_id_.find(company_id);
  if (found != by_company_id_.end()) return companies_.at(found->second);
  Company company;
  company.id = NewId('d', ++last_company_);
  company.company_id = company_id;
  company.remote_created_at = company.created_at = company.updated_at = moment.seconds();
  by_company_id_[company_id] = company.id;
  return companies_[company.id] = std::move(company);
}

Company& Workspace::FindCompany(const std::string& id) {
  const auto found = companies_.find(id);
  if (found == companies_.end()) throw CompanyNotFound();
  return found->second;
}

const Company& Workspace::GetCompany(const std::string& id) const {
  const auto found = companies_.find(id);
  if (found == companies_.end() || found->second.contacts.empty()) throw CompanyNotFound();
  return found->second;
}

const Company& Workspace::GetCompanyByCompanyId(const std::string& company_id) const {
  const auto found = by_company_id_.find(company_id);
  if (found == by_company_id_.end()) throw CompanyNotFound();
  return GetCompany(found->second);
}

const Company& Workspace::UpdateCompany(const std::string& id, const CompanyChanges& changes,
                                        const Moment& moment) {
  GetCompany(id);
  auto& company = FindCompany(id);
  Apply(changes, company, moment);
  return company;
}

const Company& Workspace::CreateOrUpdateCompany(const std::string& company_id,
                                                const CompanyChanges& changes,
                                                const Moment& moment) {
  auto& company = MakeCompany(company_id, moment);
  Apply(changes, company, moment);
  return company;
}

void Workspace::DeleteCompany(const std::string& id, const Moment& moment) {
  const auto& company = GetCompany(id);
  const auto contacts = company.contacts;
  for (const auto& contact : contacts) Detach(contact, id, moment);
  by_company_id_.erase(company.company_id);
  companies_.erase(id);
}

const Company& Workspace::Attach(const std::string& contact, const std::string& company,
                                 const Moment& moment) {
  auto changed = *GetContact(contact);
  auto& target = FindCompany(company);
  if (changed.companies.size() >= kMostCompanies && !target.contacts.contains(contact)) {
    throw ApiError(400, "contact_company_limit_exceeded",
                   "Contact has reached the maximum of 1000 company associations");
  }
  target.contacts.insert(contact);
  Switch(changed.companies, company, true);
  Store(std::move(changed), moment);
  return target;
}

const Company& Workspace::Detach(const std::string& contact, const std::string& company,
                                 const Moment& moment) {
  auto changed = *GetContact(contact);
  auto& target = FindCompany(company);
  if (target.contacts.erase(contact) == 0) throw CompanyNotFound();
  Switch(changed.companies, company, false);
  Store(std::move(changed), moment);
  return target;
}

std::vector<const Company*> Workspace::VisibleCompanies() const {
  std::vector<const Company*> visible;
  for (const auto& entry : companies_) {
    if (!entry.second.contacts.empty()) visible.push_back(&entry.second);
  }
  return visible;
}

const Tag& Workspace::GetTag(const std::string& id) const {
  const auto number = core::ParseInteger<std::int64_t>(id);
  const auto found = number ? tags_.find(*number) : tags_.end();
  if (found == tags_.end()) throw ResourceNotFound();
  return found->second;
}

const Tag& Workspace::FindOrCreateTag(const std::string& name) {
  auto& number = tag_by_name_[core::ToLower(name)];
  if (number == 0) {
    number = ++last_tag_;
    tags_[number] = {std::to_string(number), name};
  }
  return tags_.at(number);
}

const Tag& Workspace::RenameTag(const std::string& id, const std::string& name) {
  const auto known = GetTag(id);
  const auto taken = tag_by_name_.find(core::ToLower(name));
  if (taken != tag_by_name_.end() && std::to_string(taken->second) != id) {
    throw ParameterInvalid("A tag of this name exists already", "name");
  }
  const auto number = tag_by_name_.at(core::ToLower(known.name));
  tag_by_name_.erase(core::ToLower(known.name));
  tag_by_name_[core::ToLower(name)] = number;
  auto& tag = tags_.at(number);
  tag.name = name;
  return tag;
}

void Workspace::DeleteTag(const std::string& id, const Moment& moment) {
  const auto tag = GetTag(id);
  std::vector<ContactPtr> tagged;
  for (const auto& entry : contacts_) {
    const auto& tags = entry.second->tags;
    if (std::find(tags.begin(), tags.end(), id) != tags.end()) tagged.push_back(entry.second);
  }
  for (const auto& contact : tagged) TagContact(contact->id, id, false, moment);
  for (auto& entry : companies_) Switch(entry.second.tags, id, false);
  tags_.erase(tag_by_name_.at(core::ToLower(tag.name)));
  tag_by_name_.erase(core::ToLower(tag.name));
}

const Tag& Workspace::TagContacts(const std::string& name, const std::vector<TagEntry>& contacts,
                                  int unknown_status, const Moment& moment) {
  for (const auto& entry : contacts) {
    if (!contacts_.contains(entry.id)) {
      throw ApiError(unknown_status, "not_found", "User Not Found");
    }
  }
  const auto& tag = FindOrCreateTag(name);
  for (const auto& entry : contacts) TagContact(entry.id, tag.id, !entry.untag, moment);
  return tag;
}

const Tag& Workspace::TagCompanies(const std::string& name, const std::vector<TagEntry>& companies,
                                   int unknown_status, const Moment& moment) {
  for (const auto& entry : companies) {
    const auto found = companies_.find(entry.id);
    if (found == companies_.end() || found->second.contacts.empty()) {
      throw ApiError(unknown_status, "company_not_found", "Company Not Found");
    }
  }
  const auto& tag = FindOrCreateTag(name);
  for (const auto& entry : companies) {
    auto& company = FindCompany(entry.id);
    Switch(company.tags, tag.id, !entry.untag);
    company.updated_at = moment.seconds();
  }
  return tag;
}

const Tag& Workspace::TagContact(const std::string& contact, const std::string& tag, bool on,
                                 const Moment& moment) {
  auto changed = *GetContact(contact);
  const auto& known = GetTag(tag);
  Switch(changed.tags, known.id, on);
  Store(std::move(changed), moment);
  return known;
}

}  // namespace accoil::simulator
