#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/postgres/database.h"
#include "services/widget/catalogue.h"
#include "services/widget/choice.h"
#include "services/widget/inbox.h"

namespace accoil::widget {

/// Who looks into the Inbox at whom, from a request whose signature was right.
struct Look {
  core::WorkspaceId workspace;
  core::ContactId contact;
  bool lead = false;
  /// Intercom's companies of the conversation: the one that it names first.
  std::vector<core::CompanyId> companies;
  /// The teammate; empty when the request names none.
  std::string admin;
};

/// What the workspace may see of the contact.
struct Sight {
  Situation situation = Situation::kNotConnected;
  /// The contact's user in each of the workspace's products.
  std::map<core::ProductId, Subject> users;
  /// Names of these products.
  std::map<core::ProductId, std::string> products;
  /// Of these products, by product and name; their catalogues are not read yet.
  std::vector<Profile> profiles;
  std::map<ProfileKey, std::int64_t> versions;
  /// What the teammate chose last; nothing when it was nothing.
  std::optional<Choice> kept;
};

/// A teammate's choice, to be remembered.
struct KeptChoice {
  core::WorkspaceId workspace;
  std::string admin;
  Choice choice;
};

/// Reads what canvases show, all by key, those of many requests in one statement each. Only ever
/// what belongs to the products that are connected to a request's own workspace. Any thread. Throws
/// core::Unavailable when the database cannot be reached.
class InboxStore {
 public:
  /// One sight a look, in their order.
  std::vector<Sight> Find(postgres::Transaction& tx, std::span<const Look> looks) const;

  /// Everything that the choices need: the measures of the profile that is shown and of the summary
  /// profile. Looks, sights and choices go together by their places.
  std::vector<Inbox> Load(postgres::Transaction& tx, std::span<const Look> looks,
                          std::vector<Sight> sights, std::span<const Choice> choices,
                          core::TimePoint now) const;

  /// Remembers tab and profile for each teammate, the last one where one is there twice. A choice's
  /// page and account are not kept: they belong to one conversation. Should the server crash, the
  /// last ones may be lost.
  void KeepChoices(postgres::Transaction& tx, std::span<const KeptChoice> choices) const;

 private:
  void LoadProfiles(postgres::Transaction& tx, std::vector<Sight>& sights) const;
  void LoadAccounts(postgres::Transaction& tx, std::span<const Look> looks,
                    std::vector<Inbox>& inboxes) const;
  CatalogueCache::Catalogue LoadCatalogue(postgres::Transaction& tx, const ProfileKey& profile,
                                          std::int64_t version) const;

  mutable CatalogueCache catalogues_;
};

}  // namespace accoil::widget
