#pragma once

#include <cstdint>
#include <string>

#include "tests/intercom-simulator/workspace.h"

/// What an app is notified of, as Intercom writes it: real notifications differ from the API's
/// objects in that their times are text and that deletions name the object alone. Pure.
namespace accoil::simulator {

/// Something that happened in a workspace.
struct Event {
  /// For example contact.archived.
  std::string topic;
  /// The notification's data.item, JSON.
  std::string item;
};

/// An event on its way to an app.
struct Notification {
  /// The same when it is delivered again.
  std::string id;
  /// The workspace's id_code.
  std::string workspace;
  Event event;
  /// Unix seconds.
  std::int64_t created_at = 0;
};

/// The body of an attempt, which is counted from 1. `first_sent_at` is Unix seconds.
std::string NotificationBody(const Notification& notification, int attempt,
                             std::int64_t first_sent_at);

std::string ContactItem(const Contact& contact, const Workspace& workspace,
                        const std::string& id_code);
/// The contact that lives on; with where it was merged from, unless `from` is empty.
std::string MergedContactItem(const Contact& into, const std::string& from,
                              const Workspace& workspace, const std::string& id_code);
std::string ArchivedContactItem(const Contact& contact);
std::string CompanyItem(const Company& company, const Workspace& workspace,
                        const std::string& id_code);
/// {"company":…,"contact":…}
std::string CompanyContactItem(const Company& company, const Contact& contact,
                               const Workspace& workspace, const std::string& id_code);
/// {"id":…,"type":…,"deleted":true}; `type` is contact or company.
std::string DeletedItem(const std::string& type, const std::string& id);
/// Of the uninstall of an app. Not documented: assumed.
std::string UninstalledItem(const std::string& id_code);
std::string PingItem();

}  // namespace accoil::simulator
