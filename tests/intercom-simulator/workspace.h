#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/core/clock.h"
#include "tests/intercom-simulator/data_attributes.h"
#include "tests/intercom-simulator/model.h"
#include "tests/intercom-simulator/search_index.h"

namespace accoil::simulator {

/// What a request changes of a contact; what is unset stays.
struct ContactChanges {
  std::optional<bool> is_user;
  std::optional<std::string> external_id, email, name, phone, avatar;
  /// The outer says whether, the inner to what; nothing clears.
  std::optional<std::optional<std::int64_t>> signed_up_at, last_seen_at, owner_id;
  std::optional<bool> unsubscribed_from_emails;
  /// Null values clear.
  std::map<std::string, nlohmann::json> custom_attributes;
};

/// What a request changes of a company; what is unset stays.
struct CompanyChanges {
  std::optional<std::string> name, plan, website, industry;
  std::optional<std::int64_t> size, monthly_spend, remote_created_at;
  std::map<std::string, nlohmann::json> custom_attributes;
};

/// One entry of a call that tags many.
struct TagEntry {
  std::string id;
  bool untag = false;
};

/// When a change is made and when search sees it.
struct Moment {
  core::TimePoint now;
  std::chrono::milliseconds search_lag{0};
  std::int64_t seconds() const {
    return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  }
};

/// The state of one workspace and the rules that hold between its objects. Bodies have been checked
/// before; what throws is ApiError for what the state forbids. Not for several threads at once.
class Workspace {
 public:
  /// `id_code` also decides the ids of the objects, which are the same for the same history.
  explicit Workspace(const std::string& id_code);

  DataAttributes& attributes() { return attributes_; }
  const DataAttributes& attributes() const { return attributes_; }
  /// Forgets all that the workspace holds.
  void Clear();

  // ---- contacts ----
  /// Active contacts by id, which is the order of their creation.
  const std::map<std::string, ContactPtr>& contacts() const { return contacts_; }
  const std::map<std::string, ContactPtr>& archived_contacts() const { return archived_; }
  ContactPtr GetContact(const std::string& id) const;
  ContactPtr GetContactByExternalId(const std::string& external_id) const;
  /// Refuses an external_id that is taken, and without one an email that is taken in the role.
  ContactPtr CreateContact(const ContactChanges& changes, const Moment& moment);
  /// As a seed: nothing is checked against other contacts. Companies by their company_id, which are
  /// made when they are missing.
  ContactPtr SeedContact(const ContactChanges& changes, const std::vector<std::string>& companies,
                         const Moment& moment);
  ContactPtr UpdateContact(const std::string& id, const ContactChanges& changes,
                           const Moment& moment);
  /// For good. Answers what it was.
  ContactPtr DeleteContact(const std::string& id);
  ContactPtr ArchiveContact(const std::string& id);
  ContactPtr UnarchiveContact(const std::string& id, const Moment& moment);
  /// A lead into a user, which takes over companies, tags and what it has not itself.
  ContactPtr MergeContacts(const std::string& from, const std::string& into, const Moment& moment);
  /// `after` as Page::next said.
  Page<ContactPtr> ListContacts(const std::string& after, std::size_t per_page) const;
  Page<ContactPtr> SearchContacts(const SearchQuery& query, const std::string& after,
                                  std::size_t per_page, core::TimePoint now);

  // ---- companies ----
  const std::map<std::string, Company>& companies() const { return companies_; }
  /// One that a contact is attached to; others are not found.
  const Company& GetCompany(const std::string& id) const;
  const Company& GetCompanyByCompanyId(const std::string& company_id) const;
  /// Whether there is one of that company_id, visible or not.
  bool KnowsCompany(const std::string& company_id) const {
    return by_company_id_.contains(company_id);
  }
  const Company& UpdateCompany(const std::string& id, const CompanyChanges& changes,
                               const Moment& moment);
  /// By company_id.
  const Company& CreateOrUpdateCompany(const std::string& company_id, const CompanyChanges& changes,
                                       const Moment& moment);
  void DeleteCompany(const std::string& id, const Moment& moment);
  /// Also one that is not visible yet.
  const Company& Attach(const std::string& contact, const std::string& company,
                        const Moment& moment);
  const Company& Detach(const std::string& contact, const std::string& company,
                        const Moment& moment);
  /// The visible ones by id.
  std::vector<const Company*> VisibleCompanies() const;

  // ---- tags ----
  const std::map<std::int64_t, Tag>& tags() const { return tags_; }
  const Tag& GetTag(const std::string& id) const;
  /// The tag of that name, whatever its case; made when there is none.
  const Tag& FindOrCreateTag(const std::string& name);
  const Tag& RenameTag(const std::string& id, const std::string& name);
  void DeleteTag(const std::string& id, const Moment& moment);
  /// All or none. Answers the tag.
  const Tag& TagContacts(const std::string& name, const std::vector<TagEntry>& contacts,
                         int unknown_status, const Moment& moment);
  const Tag& TagCompanies(const std::string& name, const std::vector<TagEntry>& companies,
                          int unknown_status, const Moment& moment);
  const Tag& TagContact(const std::string& contact, const std::string& tag, bool on,
                        const Moment& moment);

 private:
  std::string NewId(char kind, std::int64_t number) const;
  /// Stores a contact's new state.
  ContactPtr Store(Contact contact, const Moment& moment);
  void Index(const Contact& contact);
  void Unindex(const Contact& contact);
  void CheckUnique(const Contact& contact) const;
  Contact NewContact(const ContactChanges& changes, const Moment& moment);
  Company& MakeCompany(const std::string& company_id, const Moment& moment);
  Company& FindCompany(const std::string& id);

  const std::string id_prefix_;
  DataAttributes attributes_;
  std::map<std::string, ContactPtr> contacts_;
  std::map<std::string, ContactPtr> archived_;
  std::unordered_map<std::string, std::string> by_external_id_;
  std::unordered_map<std::string, std::set<std::string>> by_email_;
  SearchIndex search_;
  std::map<std::string, Company> companies_;
  std::unordered_map<std::string, std::string> by_company_id_;
  std::map<std::int64_t, Tag> tags_;
  std::map<std::string, std::int64_t> tag_by_name_;
  std::int64_t last_contact_ = 0;
  std::int64_t last_company_ = 0;
  std::int64_t last_tag_ = 0;
};

}  // namespace accoil::simulator
