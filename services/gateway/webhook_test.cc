#include "services/gateway/webhook.h"

#include <string>
#include <vector>

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using events::v1::IntercomWebhook;
using Fate = Webhook::Fate;

// 2026-03-01T12:00:00Z
constexpr std::int64_t kNow = 1'772'366'400'000'000;

Webhook Read(std::string_view body) { return ReadWebhook(body, core::FromMicroseconds(kNow)); }

/// A notification about an item, in the form that Intercom sends.
std::string Notification(const std::string& topic, const std::string& item) {
  return R"({"type":"notification_event","app_id":"ws1","data":{"type":"notification_event_data",)"
         R"("item":)" +
         item + R"(},"links":{},"id":"notif_1","topic":")" + topic +
         R"(","delivery_status":"pending","delivery_attempts":1,"delivered_at":0,)"
         R"("first_sent_at":1768026660,"created_at":1768026659,"self":null})";
}

IntercomWebhook Event(const std::string& topic, const std::string& item) {
  const auto webhook = Read(Notification(topic, item));
  REQUIRE(webhook.fate == Fate::kEvent);
  CHECK(webhook.workspace_id == "ws1");
  CHECK_NOTHROW(events::Validate(webhook.event));
  return webhook.event;
}

std::vector<std::string> ContactsOf(const IntercomWebhook& event) {
  std::vector<std::string> ids;
  for (const auto& contact : event.contacts()) ids.push_back(contact.contact_id());
  return ids;
}
std::vector<std::string> CompaniesOf(const IntercomWebhook& event) {
  return {event.company_ids().begin(), event.company_ids().end()};
}
using Ids = std::vector<std::string>;

std::string Refusal(std::string_view body) {
  try {
    Read(body);
  } catch (const core::InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("a contact's notification tells who it is, when and where") {
  const auto event = Event("contact.user.created",
                           R"({"type":"contact","id":"c1","external_id":"u1","role":"user",
                               "email":"ann@example.com","phone":null,"custom_attributes":{"id":1},
                               "companies":{"type":"list","data":[{"type":"company","id":"co1"}]}})");
  CHECK(event.kind() == events::v1::CONTACT_CREATED);
  CHECK(event.workspace_id() == "ws1");
  CHECK(event.notification_id() == "notif_1");
  CHECK(event.created_at().seconds() == 1768026659);
  REQUIRE(event.contacts_size() == 1);
  CHECK(event.contacts(0).contact_id() == "c1");
  CHECK(event.contacts(0).email() == "ann@example.com");
  CHECK(event.contacts(0).external_id() == "u1");
  CHECK(event.company_ids().empty());
}

TEST_CASE("every topic of use becomes its kind") {
  const std::string contact = R"({"type":"contact","id":"c1"})";
  const std::string company = R"({"type":"company","id":"co1","company_id":"customers-own"})";
  for (const auto* topic :
       {"contact.created", "contact.user.created", "contact.lead.created", "contact.lead.signed_up",
        "contact.lead.added_email", "contact.unarchive", "contact.unarchived"}) {
    CHECK(Event(topic, contact).kind() == events::v1::CONTACT_CREATED);
  }
  CHECK(Event("contact.email.updated", contact).kind() == events::v1::CONTACT_EMAIL_UPDATED);
  CHECK(Event("contact.archived", contact).kind() == events::v1::CONTACT_ARCHIVED);
  CHECK(Event("contact.deleted", R"({"id":"c1","external_id":"1","type":"contact","deleted":true})")
            .kind() == events::v1::CONTACT_DELETED);
  CHECK(Event("company.created", company).kind() == events::v1::COMPANY_CREATED);
  CHECK(Event("company.updated", company).kind() == events::v1::COMPANY_UPDATED);
  const auto deleted = Event("company.deleted", company);
  CHECK(deleted.kind() == events::v1::COMPANY_DELETED);
  CHECK(CompaniesOf(deleted) == Ids{"co1"});
  CHECK(deleted.contacts().empty());
}

TEST_CASE("an attached or detached company comes with its contact, in whatever form") {
  for (const auto* item :
       {R"({"company":{"type":"company","id":"co1","company_id":"x"},
            "contact":{"type":"contact","id":"c1","companies":{"data":[{"id":"co9"}]}}})",
        R"({"type":"company","id":"co1","contact":{"id":"c1"}})",
        R"({"type":"contact","id":"c1","company":{"id":"co1"}})",
        R"({"type":"company","id":"co1","contacts":[{"type":"contact","id":"c1"}]})",
        R"({"company":{"id":"co1"},"contacts":{"type":"list","data":[{"id":"c1"}]}})",
        R"({"company":{"id":"co1"},"user":{"type":"user","id":"c1"}})"}) {
    INFO(item);
    const auto attached = Event("company.contact.attached", item);
    CHECK(attached.kind() == events::v1::COMPANY_CONTACT_ATTACHED);
    CHECK(ContactsOf(attached) == Ids{"c1"});
    CHECK(CompaniesOf(attached) == Ids{"co1"});
    CHECK(Event("company.contact.detached", item).kind() == events::v1::COMPANY_CONTACT_DETACHED);
  }
}

TEST_CASE("a merge names the contact that lives on and those that are gone") {
  const auto event = Event("contact.merged", R"({"type":"contact","id":"c1","email":"a@example.com",
                           "merged_from":{"type":"contact","id":"c2"}})");
  CHECK(event.kind() == events::v1::CONTACT_MERGED);
  CHECK(ContactsOf(event) == Ids{"c1", "c2"});
  CHECK(ContactsOf(Event("contact.merged", R"({"type":"contact","id":"c1","merged_from":
                         [{"id":"c2"},{"id":"c3"},{"id":"c1"}]})")) == Ids{"c1", "c2", "c3"});
  CHECK(ContactsOf(Event("contact.merged", R"({"type":"contact","id":"c1"})")) == Ids{"c1"});
}

TEST_CASE("an uninstall needs no more than a workspace, and the next one is another") {
  for (const auto* topic : {"app.uninstalled", "app_uninstalled", "app.uninstall"}) {
    CHECK(Event(topic, "{}").kind() == events::v1::APP_UNINSTALLED);
  }
  const auto bare = Read(R"({"app_id":"ws1"})");
  CHECK(bare.fate == Fate::kEvent);
  CHECK(bare.event.kind() == events::v1::APP_UNINSTALLED);
  CHECK(bare.event.workspace_id() == "ws1");
  const auto later = ReadWebhook(R"({"app_id":"ws1"})", core::FromMicroseconds(kNow + 1));
  CHECK(later.event.notification_id() != bare.event.notification_id());
}

TEST_CASE("pings and topics that nobody needs are no events") {
  const auto ping = Read(R"({"type":"notification_event","app_id":"ws1","data":{"type":
      "notification_event_data","item":{"type":"ping","message":"hello"}},"id":null,
      "topic":"ping","created_at":1553288147})");
  CHECK(ping.fate == Fate::kPing);
  CHECK(ping.workspace_id == "ws1");
  CHECK(Read(R"({"topic":"ping"})").fate == Fate::kPing);
  CHECK(Read(Notification("ticket.created", R"({"type":"ticket"})")).fate == Fate::kOtherTopic);
  CHECK(Read(Notification("contact.user.updated", "17")).fate == Fate::kOtherTopic);
}

TEST_CASE("a notification that names nothing is told apart") {
  for (const auto* item : {"{}", "null", R"({"type":"contact"})", R"({"type":"contact","id":""})",
                           R"({"type":"visitor","id":"v1"})"}) {
    CHECK(Read(Notification("contact.created", item)).fate == Fate::kNamesNothing);
  }
  CHECK(Read(Notification("company.created", R"({"type":"contact","id":"c1"})")).fate ==
        Fate::kNamesNothing);
  CHECK(Read(R"({"topic":"contact.created","app_id":"ws1"})").fate == Fate::kNamesNothing);
}

TEST_CASE("a notification without an id gets the same one each time") {
  const std::string body =
      R"({"topic":"contact.created","app_id":"ws1","data":{"item":{"type":"contact","id":"c1"}}})";
  const auto first = Read(body).event;
  CHECK(first.notification_id().starts_with("sha256-"));
  CHECK(first.created_at().seconds() == kNow / 1'000'000);
  const auto again = ReadWebhook(body, core::FromMicroseconds(kNow + 60'000'000)).event;
  CHECK(again.notification_id() == first.notification_id());
  CHECK(Read(body + " ").event.notification_id() != first.notification_id());
}

TEST_CASE("what a contact states beyond the limits is as if it were not stated") {
  const std::string rest = R"("type":"contact","id":"c1")";
  const auto contact = [&](const std::string& email, const std::string& external_id) {
    return Event("contact.created", "{" + rest + R"(,"email":")" + email + R"(","external_id":")" +
                                        external_id + "\"}")
        .contacts(0);
  };
  CHECK(contact(std::string(254, 'e'), std::string(255, 'x')).email().size() == 254);
  CHECK(contact(std::string(255, 'e'), "").email().empty());
  CHECK(contact("a@example.com", std::string(256, 'x')).external_id().empty());
  CHECK(contact("a\\n@example.com", "x\\u0000").email().empty());
  CHECK(contact("a@example.com", "x\\u0000").external_id().empty());
}

TEST_CASE("what is no notification is refused by name") {
  CHECK(Refusal("") == "not JSON at byte 1");
  CHECK(Refusal("[]") == "must be an object");
  CHECK(Refusal("{}") == "topic: is required");
  CHECK(Refusal(R"({"topic":7})") == "topic: must be a string");
  CHECK(Refusal(R"({"type":"event","topic":"ping"})") == "type: must be notification_event");
  CHECK(Refusal(R"({"topic":"contact.created","data":{"item":{"id":"c1"}}})") ==
        "workspace_id: must be 1 to 255 bytes of UTF-8 without control characters");
  CHECK(Refusal(R"({"app_id":7})") == "app_id: must be a string");
  CHECK(Refusal(Notification("contact.created", "[]")) == "data.item: must be an object");
  CHECK(Refusal(Notification("contact.created", R"({"type":"contact","id":7})")) ==
        "data.item.id: must be a string");
  CHECK(Refusal(Notification("contact.created", R"({"type":"contact","id":"c","email":[]})")) ==
        "data.item.email: must be a string");
  CHECK(Refusal(Notification("contact.merged", R"({"id":"c","merged_from":"d"})")) ==
        "data.item.merged_from: must be an object or an array of objects");
  CHECK(Refusal(Notification("contact.merged", R"({"id":"c","merged_from":["d"]})")) ==
        "data.item.merged_from[0]: must be an object");
  CHECK(Refusal(R"({"topic":"contact.created","app_id":"ws1","created_at":"now"})") ==
        "created_at: must be a time in whole Unix seconds");
  CHECK(
      Refusal(R"({"topic":"contact.created","app_id":"ws1","created_at":18446744073709551615})") ==
      "created_at: must be a time between 1970 and 2200");
  std::string many;
  for (int i = 0; i < 101; ++i) {
    many += (i == 0 ? "" : ",") + std::string(R"({"id":"c)") + std::to_string(i) + "\"}";
  }
  CHECK(Refusal(Notification("contact.merged", R"({"contacts":[)" + many + "]}")) ==
        "contacts: must have at most 100");
}

}  // namespace
}  // namespace accoil::gateway
