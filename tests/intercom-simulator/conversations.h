#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/intercom-simulator/tenants.h"

/// What the Inbox page shows besides the app: conversations that are invented for contacts that
/// exist. The same workspace always has the same ones. Pure.
namespace accoil::simulator {

/// A teammate who looks into the Inbox.
struct Teammate {
  std::string id;
  std::string name;
  std::string email;
};
/// Two, so that it shows when something is kept for each.
const std::vector<Teammate>& Teammates();

/// A few dozen of a workspace's contacts, spread over all: users with a company, with several and
/// with none, leads, and contacts that share their email address with another.
std::vector<ContactPtr> ChooseForInbox(const Workspace& workspace);

/// Contacts whose name or email address has `words` in it, whatever their case; at most `limit`.
std::vector<ContactPtr> FindForInbox(const Workspace& workspace, std::string_view words,
                                     std::size_t limit);

/// The number that Intercom has for the conversation with a contact.
std::int64_t ConversationId(const Contact& contact);

/// A conversation as the page shows it: {"id","contact":{"id","name","email","role"},
/// "companies":[{"id","company_id","name"}],"subject","minutes_ago","lines":[{"from","text"}]};
/// `from` is contact or teammate.
nlohmann::ordered_json ConversationJson(const Contact& contact, const Workspace& workspace);

}  // namespace accoil::simulator
