#include <cmath>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "libs/events/event.h"

/// The limits that events.proto states, as checks.
namespace accoil::events {
namespace {

using core::InvalidArgument;

constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestEmail = 254;
/// 255 characters of up to four bytes.
constexpr std::size_t kLongestTag = 1'020;
constexpr int kMostAccounts = 100;
/// A point in time of ours has 64 bits of nanoseconds, which end in 2262.
constexpr std::int64_t kYear2200 = 7'258'118'400;

void CheckAboveZero(const std::string& field, std::int64_t number) {
  if (number <= 0) throw InvalidArgument(field, "must be above 0");
}

void CheckTime(const std::string& field, const google::protobuf::Timestamp& time) {
  constexpr std::int32_t kNanosOfSecond = 1'000'000'000;
  if (time.seconds() < 0 || time.seconds() >= kYear2200 || time.nanos() < 0 ||
      time.nanos() >= kNanosOfSecond) {
    throw InvalidArgument(field, "must be a time between 1970 and 2200");
  }
}

/// One line of text: UTF-8, no control characters.
void CheckLine(const std::string& field, const std::string& text, std::size_t shortest,
               std::size_t longest) {
  if (text.size() < shortest || text.size() > longest || !core::IsPlainText(text)) {
    throw InvalidArgument(field, "must be " + std::to_string(shortest) + " to " +
                                     std::to_string(longest) +
                                     " bytes of UTF-8 without control characters");
  }
}

/// Text of any length: PostgreSQL stores every character but U+0000.
void CheckText(const std::string& field, const std::string& text) {
  if (!core::IsUtf8(text) || text.find('\0') != std::string::npos) {
    throw InvalidArgument(field, "must be UTF-8 without U+0000");
  }
}

void CheckIdentifier(const std::string& field, const std::string& text) {
  if (!core::IsIdentifier(text)) {
    throw InvalidArgument(field, "must be 1 to 64 characters of [A-Za-z0-9_-]");
  }
}

void CheckKind(const std::string& field, int kind) {
  if (kind != v1::USER && kind != v1::ACCOUNT) {
    throw InvalidArgument(field, "must be USER or ACCOUNT");
  }
}

/// Known and not the unspecified 0.
void CheckEnum(const std::string& field, int value, bool known) {
  if (value == 0 || !known) throw InvalidArgument(field, "must be one of the named values");
}

void CheckSubject(const v1::Subject& subject) {
  CheckAboveZero("subject.product_id", subject.product_id());
  CheckKind("subject.kind", subject.kind());
  CheckLine("subject.subject_id", subject.subject_id(), 1, kLongestName);
}

/// What all facts about a subject have.
template <typename Message>
void CheckFact(const Message& event) {
  CheckSubject(event.subject());
  CheckAboveZero("version", event.version());
  CheckTime("occurred_at", event.occurred_at());
}

template <typename Message>
void CheckMembership(const Message& event) {
  CheckFact(event);
  CheckIdentifier("profile_id", event.profile_id());
  CheckLine("segment", event.segment(), 1, kLongestName);
}

void CheckTraitValue(const google::protobuf::Value& value) {
  switch (value.kind_case()) {
    case google::protobuf::Value::kNullValue:
    case google::protobuf::Value::kBoolValue:
      return;
    case google::protobuf::Value::kNumberValue:
      if (!std::isfinite(value.number_value())) {
        throw InvalidArgument("value", "must be a finite number");
      }
      return;
    case google::protobuf::Value::kStringValue:
      CheckText("value", value.string_value());
      return;
    default:
      throw InvalidArgument("value", "must be a string, a number, a boolean or null");
  }
}

void CheckTraitDefinition(const std::string& field, const v1::TraitDefinition& trait) {
  CheckIdentifier(field + ".name", trait.name());
  CheckEnum(field + ".type", trait.type(), v1::TraitType_IsValid(trait.type()));
  if (trait.on().empty()) throw InvalidArgument(field + ".on", "must name USER, ACCOUNT or both");
  for (const auto kind : trait.on()) CheckKind(field + ".on", kind);
  CheckText(field + ".definition", trait.definition());
}

bool Matches(v1::MatchDecision decision) {
  return decision > v1::MATCH_DECISION_UNSPECIFIED && decision <= v1::MATCHED_BY_NAME;
}

}  // namespace

void Validate(const v1::SubjectIdentified& event) {
  CheckFact(event);
  CheckLine("email", event.email(), 0, kLongestEmail);
  CheckLine("name", event.name(), 0, kLongestName);
  if (event.account_ids_size() > kMostAccounts) {
    throw InvalidArgument("account_ids", "must have at most 100");
  }
  for (int i = 0; i < event.account_ids_size(); ++i) {
    CheckLine("account_ids[" + std::to_string(i) + "]", event.account_ids(i), 1, kLongestName);
  }
  if (event.subject().kind() == v1::ACCOUNT) {
    if (!event.email().empty()) throw InvalidArgument("email", "must be empty for an account");
    if (!event.account_ids().empty()) {
      throw InvalidArgument("account_ids", "must be empty for an account");
    }
  }
}

void Validate(const v1::TraitChanged& event) {
  CheckFact(event);
  CheckIdentifier("profile_id", event.profile_id());
  CheckIdentifier("trait", event.trait());
  if (event.trait() == "Segments") {
    throw InvalidArgument("trait", "Segments is derived from memberships and never sent");
  }
  if (!event.has_value()) throw InvalidArgument("value", "is required; null withdraws the trait");
  CheckTraitValue(event.value());
}

void Validate(const v1::SegmentEntered& event) { CheckMembership(event); }
void Validate(const v1::SegmentExited& event) { CheckMembership(event); }

void Validate(const v1::UserMatched& event) {
  CheckFact(event);
  CheckLine("workspace_id", event.workspace_id(), 0, kLongestName);
  CheckLine("target_id", event.target_id(), 0, kLongestName);
  CheckEnum("decision", event.decision(), v1::MatchDecision_IsValid(event.decision()));
  if (Matches(event.decision()) == event.target_id().empty()) {
    throw InvalidArgument("target_id", "must be there when the decision is a match, only then");
  }
  CheckText("reason", event.reason());
}

void Validate(const v1::ProfileChanged& event) {
  CheckAboveZero("product_id", event.product_id());
  CheckIdentifier("profile_id", event.profile_id());
  CheckAboveZero("version", event.version());
  CheckTime("occurred_at", event.occurred_at());
  CheckLine("name", event.name(), event.removed() ? 0 : 1, kLongestName);
  if (!event.removed()) {
    CheckEnum("sync_mode", event.sync_mode(), v1::SyncMode_IsValid(event.sync_mode()));
  }
  std::set<std::string_view> names;
  for (int i = 0; i < event.catalogue_size(); ++i) {
    const auto field = "catalogue[" + std::to_string(i) + "]";
    CheckTraitDefinition(field, event.catalogue(i));
    if (!names.insert(event.catalogue(i).name()).second) {
      throw InvalidArgument(field + ".name", "must be there once");
    }
  }
}

void Validate(const v1::ConnectionChanged& event) {
  CheckAboveZero("product_id", event.product_id());
  CheckAboveZero("version", event.version());
  CheckTime("occurred_at", event.occurred_at());
  CheckEnum("state", event.state(), v1::ConnectionState_IsValid(event.state()));
  CheckLine("workspace_id", event.workspace_id(), event.state() == v1::CONNECTED ? 1 : 0,
            kLongestName);
  CheckLine("attribute_prefix", event.attribute_prefix(), 0, kLongestName);
  CheckLine("product_name", event.product_name(), 0, kLongestName);
}

void Validate(const v1::IntercomWebhook& event) {
  constexpr int kMostObjects = 100;
  CheckLine("workspace_id", event.workspace_id(), 1, kLongestName);
  CheckLine("notification_id", event.notification_id(), 1, kLongestName);
  CheckEnum("kind", event.kind(), v1::WebhookKind_IsValid(event.kind()));
  CheckTime("created_at", event.created_at());
  if (event.contacts_size() > kMostObjects) {
    throw InvalidArgument("contacts", "must have at most 100");
  }
  for (int i = 0; i < event.contacts_size(); ++i) {
    const auto field = "contacts[" + std::to_string(i) + "]";
    CheckLine(field + ".contact_id", event.contacts(i).contact_id(), 1, kLongestName);
    CheckLine(field + ".email", event.contacts(i).email(), 0, kLongestEmail);
    CheckLine(field + ".external_id", event.contacts(i).external_id(), 0, kLongestName);
  }
  if (event.company_ids_size() > kMostObjects) {
    throw InvalidArgument("company_ids", "must have at most 100");
  }
  for (int i = 0; i < event.company_ids_size(); ++i) {
    CheckLine("company_ids[" + std::to_string(i) + "]", event.company_ids(i), 1, kLongestName);
  }
}

void Validate(const v1::TagApplied& event) {
  CheckFact(event);
  CheckLine("workspace_id", event.workspace_id(), 1, kLongestName);
  CheckLine("target_id", event.target_id(), 1, kLongestName);
  CheckLine("tag", event.tag(), 1, kLongestTag);
}

}  // namespace accoil::events
