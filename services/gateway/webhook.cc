#include "services/gateway/webhook.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "libs/core/hex.h"
#include "libs/core/json.h"
#include "libs/core/text.h"
#include "libs/events/event.h"
#include "services/gateway/json_object.h"

namespace accoil::gateway {
namespace {

using events::v1::IntercomWebhook;
using events::v1::WebhookKind;
using nlohmann::json;

// What a contact may state about itself; IntercomWebhook has the same limits.
constexpr std::size_t kLongestEmail = 254;
constexpr std::size_t kLongestExternalId = 255;

struct Topic {
  std::string_view name;
  WebhookKind kind;
  bool contacts;
  bool companies;
};

constexpr bool kYes = true;
constexpr bool kNo = false;
constexpr std::array kTopics{
    Topic{"contact.created", events::v1::CONTACT_CREATED, kYes, kNo},
    Topic{"contact.user.created", events::v1::CONTACT_CREATED, kYes, kNo},
    Topic{"contact.lead.created", events::v1::CONTACT_CREATED, kYes, kNo},
    Topic{"contact.lead.signed_up", events::v1::CONTACT_CREATED, kYes, kNo},
    Topic{"contact.lead.added_email", events::v1::CONTACT_CREATED, kYes, kNo},
    // Intercom's list of topics has the first, older texts of it the second.
    Topic{"contact.unarchive", events::v1::CONTACT_CREATED, kYes, kNo},
    Topic{"contact.unarchived", events::v1::CONTACT_CREATED, kYes, kNo},
    Topic{"contact.email.updated", events::v1::CONTACT_EMAIL_UPDATED, kYes, kNo},
    Topic{"contact.archived", events::v1::CONTACT_ARCHIVED, kYes, kNo},
    Topic{"contact.deleted", events::v1::CONTACT_DELETED, kYes, kNo},
    Topic{"contact.merged", events::v1::CONTACT_MERGED, kYes, kNo},
    Topic{"company.created", events::v1::COMPANY_CREATED, kNo, kYes},
    Topic{"company.updated", events::v1::COMPANY_UPDATED, kNo, kYes},
    Topic{"company.deleted", events::v1::COMPANY_DELETED, kNo, kYes},
    Topic{"company.contact.attached", events::v1::COMPANY_CONTACT_ATTACHED, kYes, kYes},
    Topic{"company.contact.detached", events::v1::COMPANY_CONTACT_DETACHED, kYes, kYes},
    // Assumed: Intercom's list of topics does not have the uninstall, so whatever it may be called
    // is taken.
    Topic{"app.uninstalled", events::v1::APP_UNINSTALLED, kNo, kNo},
    Topic{"app_uninstalled", events::v1::APP_UNINSTALLED, kNo, kNo},
    Topic{"app.uninstall", events::v1::APP_UNINSTALLED, kNo, kNo},
};

const Topic* FindTopic(std::string_view name) {
  const auto* const at = std::find_if(kTopics.begin(), kTopics.end(),
                                      [&](const Topic& topic) { return topic.name == name; });
  return at == kTopics.end() ? nullptr : at;
}

std::string PathOf(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

/// A member of an object; nullptr when it is missing or null, which mean the same to Intercom.
const json* Find(const json& object, std::string_view name) {
  const auto& members = object.get_ref<const json::object_t&>();
  const auto at = members.find(name);
  return at == members.end() || at->second.is_null() ? nullptr : &at->second;
}

const json* FindObject(const json& object, const std::string& path, std::string_view name) {
  const auto* value = Find(object, name);
  if (value != nullptr && !value->is_object()) {
    throw FieldProblem(Fault::kWrongType, PathOf(path, name), "must be an object");
  }
  return value;
}

/// A text, empty when it is missing.
std::string Text(const json& object, const std::string& path, std::string_view name) {
  const auto* value = Find(object, name);
  if (value == nullptr) return {};
  return TextAt(*value, PathOf(path, name));
}

/// Applies `add` to every object that a member holds: one object, an array of them, or Intercom's
/// {"type":"list","data":[…]}.
template <typename Add>
void ForEach(const json& object, const std::string& path, std::string_view name, Add add) {
  const auto* value = Find(object, name);
  auto at = PathOf(path, name);
  if (value != nullptr && value->is_object()) {
    const auto* data = Find(*value, "data");
    if (data == nullptr) return add(*value, at);
    value = data;
    at += ".data";
  }
  if (value == nullptr) return;
  if (!value->is_array()) {
    throw FieldProblem(Fault::kWrongType, at, "must be an object or an array of objects");
  }
  for (std::size_t i = 0; i < value->size(); ++i) {
    const auto element = at + "[" + std::to_string(i) + "]";
    if (!(*value)[i].is_object()) {
      throw FieldProblem(Fault::kWrongType, element, "must be an object");
    }
    add((*value)[i], element);
  }
}

/// Gathers the contacts and companies of an item.
class Gatherer {
 public:
  explicit Gatherer(IntercomWebhook& event) : event_(event) {}

  void Contacts(const json& item, const std::string& path, bool of_contact) {
    const auto add = [this](const json& contact, const std::string& at) {
      AddContact(contact, at);
    };
    const auto type = Text(item, path, "type");
    const bool is_contact = type == "contact" || type == "user" || type == "lead";
    if (is_contact || (type.empty() && of_contact)) AddContact(item, path);
    // merged_from is the contact that lives on in the item.
    for (const auto* name : {"contact", "user", "lead", "contacts", "merged_from"}) {
      ForEach(item, path, name, add);
    }
  }

  void Companies(const json& item, const std::string& path, bool of_contact) {
    const auto add = [this](const json& company, const std::string& at) {
      AddCompany(company, at);
    };
    const auto type = Text(item, path, "type");
    if (type == "company" || (type.empty() && !of_contact)) AddCompany(item, path);
    ForEach(item, path, "company", add);
  }

 private:
  void AddContact(const json& contact, const std::string& path) {
    const auto id = Text(contact, path, "id");
    const auto& contacts = event_.contacts();
    const bool known = std::any_of(contacts.begin(), contacts.end(),
                                   [&](const auto& other) { return other.contact_id() == id; });
    if (id.empty() || known) return;
    auto& added = *event_.add_contacts();
    added.set_contact_id(id);
    // A statement that no user of ours can have is as good as none: the id says where to look.
    const auto email = Text(contact, path, "email");
    if (email.size() <= kLongestEmail && core::IsPlainText(email)) added.set_email(email);
    const auto external_id = Text(contact, path, "external_id");
    if (external_id.size() <= kLongestExternalId && core::IsPlainText(external_id)) {
      added.set_external_id(external_id);
    }
  }

  void AddCompany(const json& company, const std::string& path) {
    // Not company_id, which is the customer's own id.
    const auto id = Text(company, path, "id");
    const auto& ids = event_.company_ids();
    if (id.empty() || std::find(ids.begin(), ids.end(), id) != ids.end()) return;
    event_.add_company_ids(id);
  }

  IntercomWebhook& event_;
};

std::string DerivedId(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return "sha256-" + core::ToHex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

void SetCreatedAt(const json& body, core::TimePoint now, IntercomWebhook& event) {
  const auto* created_at = Find(body, "created_at");
  if (created_at == nullptr) return events::SetTime(now, *event.mutable_created_at());
  if (!created_at->is_number_integer()) {
    throw FieldProblem(Fault::kWrongType, "created_at", "must be a time in whole Unix seconds");
  }
  // One beyond 64 bits turns negative, which no valid time is.
  event.mutable_created_at()->set_seconds(created_at->get<std::int64_t>());
}

IntercomWebhook MakeEvent(const json& body, std::string_view bytes, WebhookKind kind,
                          core::TimePoint now) {
  IntercomWebhook event;
  event.set_workspace_id(Text(body, "", "app_id"));
  event.set_kind(kind);
  SetCreatedAt(body, now, event);
  auto id = Text(body, "", "id");
  if (id.empty()) id = DerivedId(bytes);
  event.set_notification_id(id);
  return event;
}

/// Assumed: an uninstall may also be told by a body that has the workspace and nothing else.
bool IsBareUninstall(const json& body) {
  return body.size() == 1 && Find(body, "app_id") != nullptr;
}

Webhook BareUninstall(const json& body, std::string_view bytes, core::TimePoint now) {
  Webhook webhook{Webhook::Fate::kEvent, {}, {}};
  webhook.event = MakeEvent(body, bytes, events::v1::APP_UNINSTALLED, now);
  // Its bytes are the same each time that the app is taken out, so the time tells them apart.
  webhook.event.set_notification_id(
      DerivedId(std::string(bytes) + std::to_string(core::ToMicroseconds(now))));
  events::Validate(webhook.event);
  webhook.workspace_id = webhook.event.workspace_id();
  return webhook;
}

void Gather(const json& body, const Topic& topic, IntercomWebhook& event) {
  const auto* data = FindObject(body, "", "data");
  const auto* item = data == nullptr ? nullptr : FindObject(*data, "data", "item");
  if (item == nullptr) return;
  Gatherer gatherer(event);
  if (topic.contacts) gatherer.Contacts(*item, "data.item", !topic.companies);
  if (topic.companies) gatherer.Companies(*item, "data.item", topic.contacts);
}

}  // namespace

Webhook ReadWebhook(std::string_view body, core::TimePoint now) {
  const auto notification = core::ParseJson(body, {.size = body.size()});
  if (!notification.is_object()) throw FieldProblem(Fault::kWrongType, "", "must be an object");
  if (IsBareUninstall(notification)) return BareUninstall(notification, body, now);
  const auto type = Text(notification, "", "type");
  if (!type.empty() && type != "notification_event") {
    throw FieldProblem(Fault::kInvalidValue, "type", "must be notification_event");
  }
  const auto name = Text(notification, "", "topic");
  if (name.empty()) throw FieldProblem(Fault::kMissingField, "topic", "is required");

  Webhook webhook;
  webhook.workspace_id = Text(notification, "", "app_id");
  const auto* topic = FindTopic(name);
  if (topic == nullptr) {
    webhook.fate = name == "ping" ? Webhook::Fate::kPing : Webhook::Fate::kOtherTopic;
    return webhook;
  }
  webhook.event = MakeEvent(notification, body, topic->kind, now);
  Gather(notification, *topic, webhook.event);
  events::Validate(webhook.event);
  const bool names_something = webhook.event.contacts_size() + webhook.event.company_ids_size() > 0;
  const bool needs_none = topic->kind == events::v1::APP_UNINSTALLED;
  webhook.fate =
      names_something || needs_none ? Webhook::Fate::kEvent : Webhook::Fate::kNamesNothing;
  return webhook;
}

}  // namespace accoil::gateway
