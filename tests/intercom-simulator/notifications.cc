#include "tests/intercom-simulator/notifications.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "tests/intercom-simulator/render.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

/// "2026-01-10T04:03:04.000+00:00"
std::string IsoTime(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000+00:00", &utc);
  return text;
}

json WithTextTimes(json object) {
  for (auto& [name, value] : object.items()) {
    if (name.ends_with("_at") && value.is_number_integer()) {
      value = IsoTime(value.get<std::int64_t>());
    }
  }
  return object;
}

json ContactObject(const Contact& contact, const Workspace& workspace, const std::string& id_code) {
  return WithTextTimes(json::parse(ContactJson(contact, workspace, id_code)));
}

json CompanyObject(const Company& company, const Workspace& workspace, const std::string& id_code) {
  return WithTextTimes(json::parse(CompanyJson(company, workspace, id_code)));
}

}  // namespace

std::string NotificationBody(const Notification& notification, int attempt,
                             std::int64_t first_sent_at) {
  return R"({"type":"notification_event","app_id":)" + Quoted(notification.workspace) +
         R"(,"data":{"type":"notification_event_data","item":)" + notification.event.item +
         R"(},"links":{},"id":)" + Quoted(notification.id) + R"(,"topic":)" +
         Quoted(notification.event.topic) + R"(,"delivery_status":)" +
         (attempt == 1 ? R"("pending")" : R"("retry")") + R"(,"delivery_attempts":)" +
         std::to_string(attempt) + R"(,"delivered_at":0,"first_sent_at":)" +
         std::to_string(first_sent_at) + R"(,"created_at":)" +
         std::to_string(notification.created_at) + R"(,"self":null})";
}

std::string ContactItem(const Contact& contact, const Workspace& workspace,
                        const std::string& id_code) {
  return ContactObject(contact, workspace, id_code).dump();
}

std::string MergedContactItem(const Contact& into, const std::string& from,
                              const Workspace& workspace, const std::string& id_code) {
  auto object = ContactObject(into, workspace, id_code);
  if (!from.empty()) object["merged_from"] = {{"type", "contact"}, {"id", from}};
  return object.dump();
}

std::string ArchivedContactItem(const Contact& contact) {
  return json{{"id", contact.id},
              {"external_id", contact.external_id.empty() ? json() : json(contact.external_id)},
              {"type", "contact"},
              {"archived", true}}
      .dump();
}

std::string CompanyItem(const Company& company, const Workspace& workspace,
                        const std::string& id_code) {
  return CompanyObject(company, workspace, id_code).dump();
}

std::string CompanyContactItem(const Company& company, const Contact& contact,
                               const Workspace& workspace, const std::string& id_code) {
  return json{{"company", CompanyObject(company, workspace, id_code)},
              {"contact", ContactObject(contact, workspace, id_code)}}
      .dump();
}

std::string DeletedItem(const std::string& type, const std::string& id) {
  return json{{"id", id}, {"type", type}, {"deleted", true}}.dump();
}

std::string UninstalledItem(const std::string& id_code) {
  return json{{"type", "app"}, {"id_code", id_code}}.dump();
}

std::string PingItem() {
  return json{{"type", "ping"}, {"message", "simulated: the webhook works"}}.dump();
}

}  // namespace accoil::simulator
