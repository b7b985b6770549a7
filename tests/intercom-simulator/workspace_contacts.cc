#include <algorithm>
#include <cstdio>

#include "libs/core/text.h"
#include "tests/intercom-simulator/api_error.h"
#include "tests/intercom-simulator/workspace.h"

namespace accoil::simulator {
namespace {

void Merge(Attributes& attributes, const std::map<std::string, nlohmann::json>& changes) {
  for (const auto& [name, value] : changes) {
    if (value.is_null()) {
      attributes.erase(name);
    } else {
      attributes[name] = value;
    }
  }
}

void Apply(const ContactChanges& changes, Contact& contact) {
  if (changes.is_user) contact.is_user = *changes.is_user;
  if (changes.external_id) contact.external_id = *changes.external_id;
  if (changes.email) contact.email = core::NormalizeEmail(*changes.email);
  if (changes.name) contact.name = *changes.name;
  if (changes.phone) contact.phone = *changes.phone;
  if (changes.avatar) contact.avatar = *changes.avatar;
  if (changes.signed_up_at) contact.signed_up_at = *changes.signed_up_at;
  if (changes.last_seen_at) contact.last_seen_at = *changes.last_seen_at;
  if (changes.owner_id) contact.owner_id = *changes.owner_id;
  if (changes.unsubscribed_from_emails) {
    contact.unsubscribed_from_emails = *changes.unsubscribed_from_emails;
  }
  Merge(contact.custom_attributes, changes.custom_attributes);
}

template <typename T>
void Unite(std::vector<T>& into, const std::vector<T>& from) {
  for (const auto& item : from) {
    if (std::find(into.begin(), into.end(), item) == into.end()) into.push_back(item);
  }
}

ApiError AlreadyExists(const std::string& id) {
  return {409, "conflict", "A contact matching those details already exists with id=" + id};
}

}  // namespace

Workspace::Workspace(const std::string& id_code)
    : id_prefix_([&] {
        // FNV-1a: the same for the same name on every machine.
        std::uint32_t hash = 2166136261U;
        for (const char c : id_code) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
        char text[9];
        std::snprintf(text, sizeof text, "%08x", hash);
        return std::string(text);
      }()) {}

void Workspace::Clear() {
  attributes_ = {};
  contacts_.clear();
  archived_.clear();
  by_external_id_.clear();
  by_email_.clear();
  search_.Clear();
  companies_.clear();
  by_company_id_.clear();
  tags_.clear();
  tag_by_name_.clear();
  last_contact_ = last_company_ = last_tag_ = 0;
}

std::string Workspace::NewId(char kind, std::int64_t number) const {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%015llx", static_cast<unsigned long long>(number));
  return id_prefix_ + kind + digits;
}

ContactPtr Workspace::GetContact(const std::string& id) const {
  const auto found = contacts_.find(id);
  if (found == contacts_.end()) throw ContactNotFound();
  return found->second;
}

ContactPtr Workspace::GetContactByExternalId(const std::string& external_id) const {
  const auto found = by_external_id_.find(external_id);
  if (found == by_external_id_.end()) throw ContactNotFound();
  return GetContact(found->second);
}

void Workspace::Index(const Contact& contact) {
  if (!contact.external_id.empty()) by_external_id_.emplace(contact.external_id, contact.id);
  if (!contact.email.empty()) by_email_[contact.email].insert(contact.id);
}

void Workspace::Unindex(const Contact& contact) {
  const auto by_external_id = by_external_id_.find(contact.external_id);
  if (by_external_id != by_external_id_.end() && by_external_id->second == contact.id) {
    by_external_id_.erase(by_external_id);
  }
  const auto by_email = by_email_.find(contact.email);
  if (by_email == by_email_.end()) return;
  by_email->second.erase(contact.id);
  if (by_email->second.empty()) by_email_.erase(by_email);
}

ContactPtr Workspace::Store(Contact contact, const Moment& moment) {
  contact.updated_at = moment.seconds();
  auto& known = contacts_[contact.id];
  if (!known || known->email != contact.email || known->external_id != contact.external_id) {
    if (known) Unindex(*known);
    Index(contact);
  }
  known = std::make_shared<const Contact>(std::move(contact));
  search_.Put(known, moment.now, moment.search_lag);
  return known;
}

void Workspace::CheckUnique(const Contact& contact) const {
  if (!contact.external_id.empty()) {
    const auto found = by_external_id_.find(contact.external_id);
    if (found != by_external_id_.end() && found->second != contact.id) {
      throw AlreadyExists(found->second);
    }
    return;
  }
  const auto same_email = by_email_.find(contact.email);
  if (same_email == by_email_.end()) return;
  for (const auto& id : same_email->second) {
    if (id != contact.id && contacts_.at(id)->is_user == contact.is_user) throw AlreadyExists(id);
  }
}

Contact Workspace::NewContact(const ContactChanges& changes, const Moment& moment) {
  Contact contact;
  contact.id = NewId('c', last_contact_ + 1);
  contact.created_at = moment.seconds();
  Apply(changes, contact);
  return contact;
}

ContactPtr Workspace::CreateContact(const ContactChanges& changes, const Moment& moment) {
  auto contact = NewContact(changes, moment);
  CheckUnique(contact);
  ++last_contact_;
  return Store(std::move(contact), moment);
}

ContactPtr Workspace::SeedContact(const ContactChanges& changes,
                                  const std::vector<std::string>& companies, const Moment& moment) {
  auto contact = NewContact(changes, moment);
  ++last_contact_;
  for (const auto& company_id : companies) {
    auto& company = MakeCompany(company_id, moment);
    if (!company.contacts.insert(contact.id).second) continue;
    contact.companies.push_back(company.id);
  }
  return Store(std::move(contact), moment);
}

ContactPtr Workspace::UpdateContact(const std::string& id, const ContactChanges& changes,
                                    const Moment& moment) {
  const auto known = GetContact(id);
  auto contact = *known;
  Apply(changes, contact);
  // Duplicates that are there already do not keep a contact from being changed otherwise.
  if (contact.external_id != known->external_id || contact.email != known->email) {
    CheckUnique(contact);
  }
  return Store(std::move(contact), moment);
}

ContactPtr Workspace::ArchiveContact(const std::string& id) {
  auto contact = DeleteContact(id);
  archived_[id] = contact;
  return contact;
}

ContactPtr Workspace::DeleteContact(const std::string& id) {
  auto contact = GetContact(id);
  Unindex(*contact);
  search_.Remove(id);
  for (const auto& company : contact->companies) companies_.at(company).contacts.erase(id);
  contacts_.erase(id);
  return contact;
}

ContactPtr Workspace::UnarchiveContact(const std::string& id, const Moment& moment) {
  const auto found = archived_.find(id);
  if (found == archived_.end()) return GetContact(id);
  auto contact = *found->second;
  CheckUnique(contact);
  archived_.erase(found);
  std::erase_if(contact.companies,
                [&](const auto& company) { return !companies_.contains(company); });
  for (const auto& company : contact.companies) companies_.at(company).contacts.insert(id);
  return Store(std::move(contact), moment);
}

ContactPtr Workspace::MergeContacts(const std::string& from, const std::string& into,
                                    const Moment& moment) {
  const auto lead = GetContact(from);
  auto user = *GetContact(into);
  if (lead->is_user) throw ParameterInvalid("The contact to merge from must be a lead", "from");
  if (!user.is_user) throw ParameterInvalid("The contact to merge into must be a user", "into");
  DeleteContact(from);
  if (user.email.empty()) user.email = lead->email;
  if (user.name.empty()) user.name = lead->name;
  if (user.phone.empty()) user.phone = lead->phone;
  for (const auto& [name, value] : lead->custom_attributes) {
    user.custom_attributes.emplace(name, value);
  }
  Unite(user.tags, lead->tags);
  Unite(user.companies, lead->companies);
  for (const auto& company : user.companies) companies_.at(company).contacts.insert(into);
  return Store(std::move(user), moment);
}

Page<ContactPtr> Workspace::ListContacts(const std::string& after, std::size_t per_page) const {
  Page<ContactPtr> page;
  page.total = contacts_.size();
  auto next = after.empty() ? contacts_.begin() : contacts_.upper_bound(after);
  for (; next != contacts_.end() && page.items.size() < per_page; ++next) {
    page.items.push_back(next->second);
  }
  if (next != contacts_.end()) page.next = page.items.back()->id;
  return page;
}

Page<ContactPtr> Workspace::SearchContacts(const SearchQuery& query, const std::string& after,
                                           std::size_t per_page, core::TimePoint now) {
  return search_.Find(query, after, per_page, now);
}

}  // namespace accoil::simulator
