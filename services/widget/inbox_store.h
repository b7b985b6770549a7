#pragma once

#include <array>
#include <map>
#include <optional>
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
  /// Of these products, by product and name; their catalogues are not read yet.
  std::vector<Profile> profiles;
  std::map<ProfileKey, std::int64_t> versions;
  /// What the teammate chose last; nothing when it was nothing.
  std::optional<Choice> kept;
};

/// Reads what a canvas shows, all by key. Only ever what belongs to the products that are connected
/// to the workspace. Any thread. Throws core::Unavailable when the database cannot be reached.
class InboxStore {
 public:
  Sight Find(postgres::Transaction& tx, const Look& look) const;

  /// Everything that `choice` needs: the measures of the profile that is shown and of the summary
  /// profile.
  Inbox Load(postgres::Transaction& tx, const Look& look, Sight sight, const Choice& choice,
             core::TimePoint now) const;

  /// Remembers the tab and the profile for the teammate. The choice's page and account are not
  /// kept: they belong to one conversation. Should the server crash, the last ones may be lost.
  void KeepChoice(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                  const std::string& admin, const Choice& choice) const;

 private:
  std::vector<Subject> LoadAccounts(postgres::Transaction& tx, const Look& look,
                                    core::ProductId product, const core::SubjectId& user) const;
  void LoadCatalogue(postgres::Transaction& tx, Profile& profile, std::int64_t version) const;
  /// Of a user, the first account and the chosen one; null when there is none.
  void LoadMeasures(postgres::Transaction& tx, core::ProductId product,
                    const std::vector<core::ProfileId>& profiles,
                    const std::array<Subject*, 3>& subjects, core::TimePoint now) const;

  mutable CatalogueCache catalogues_;
};

}  // namespace accoil::widget
