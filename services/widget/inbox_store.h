#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libs/postgres/database.h"
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
};

/// Reads what a canvas shows, all by key. Only ever what belongs to the products that are connected
/// to the workspace. Stateless.
class InboxStore {
 public:
  /// Everything that `choice` needs: the measures of the profile that is shown and of the summary
  /// profile. Throws core::Unavailable when the database cannot be reached.
  Inbox Load(postgres::Transaction& tx, const Look& look, const Choice& choice,
             core::TimePoint now) const;

  /// What the teammate chose last; nothing when it was nothing. The choice's page and account are
  /// not kept: they belong to one conversation.
  std::optional<Choice> FindChoice(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                                   const std::string& admin) const;
  void KeepChoice(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                  const std::string& admin, const Choice& choice) const;

 private:
  std::vector<Subject> LoadAccounts(postgres::Transaction& tx, const Look& look,
                                    core::ProductId product, const core::SubjectId& user) const;
  void LoadMeasures(postgres::Transaction& tx, core::ProductId product,
                    const std::vector<core::ProfileId>& profiles,
                    const std::vector<Subject*>& subjects, core::TimePoint now) const;
};

}  // namespace accoil::widget
