#include "services/gateway/item.h"

#include <google/protobuf/util/time_util.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "libs/core/json.h"
#include "libs/events/event.h"
#include "services/gateway/json_object.h"

namespace accoil::gateway {
namespace {

using events::v1::SubjectKind;
using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

// An item has no structure below its arrays; a little room makes the refusal name the field.
constexpr std::size_t kItemDepth = 8;
// A fact that claims to come from the future would outvote all that follow until then.
constexpr std::chrono::hours kClockTolerance{24};
// Far beyond what Intercom takes (which trait-sync judges), far below what a record may carry.
constexpr std::size_t kLongestValue = 64 << 10;

ItemType ReadType(JsonObject& object) {
  const auto& name = object.Text("type");
  for (const auto type : kItemTypes) {
    if (NameOf(type) == name) return type;
  }
  throw FieldProblem(Fault::kInvalidValue, "type",
                     "must be one of user, account, trait, segment-entered, segment-exited");
}

Timestamp ReadTime(const std::string& text, core::TimePoint now) {
  Timestamp time;
  if (!TimeUtil::FromString(text, &time)) {
    throw FieldProblem(Fault::kInvalidValue, "occurred_at",
                       "must be a time as RFC 3339 writes it, for example 2026-03-01T12:00:00Z");
  }
  const auto point = std::chrono::seconds(time.seconds());
  // In whole seconds: the clock's finer unit does not reach as far as RFC 3339 does.
  const auto latest = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) +
                      std::chrono::seconds(kClockTolerance);
  if (point.count() < 0 || point > latest) {
    throw FieldProblem(Fault::kInvalidValue, "occurred_at",
                       "must lie between 1970 and a day from now");
  }
  return time;
}

std::int64_t VersionOf(const std::optional<std::int64_t>& given, const std::string* occurred_at,
                       const Timestamp& time, const ItemContext& context) {
  if (given) {
    if (*given <= 0) {
      throw FieldProblem(Fault::kInvalidValue, "version", "must be above 0");
    }
    return *given;
  }
  // The epoch itself is no version: 0 is what proto3 takes for "not set".
  if (occurred_at != nullptr) {
    return std::max<std::int64_t>(TimeUtil::TimestampToMicroseconds(time), 1);
  }
  return context.version;
}

/// Sets what every event has: subject, version, occurred_at.
template <typename Event>
void ReadCommon(JsonObject& object, const ItemContext& context, SubjectKind kind,
                const std::string& subject_id, Event& event) {
  auto& subject = *event.mutable_subject();
  subject.set_product_id(context.product.value());
  subject.set_kind(kind);
  subject.set_subject_id(subject_id);
  const auto version = object.FindInteger("version");
  const auto* occurred_at = object.FindText("occurred_at");
  auto& time = *event.mutable_occurred_at();
  if (occurred_at != nullptr) {
    time = ReadTime(*occurred_at, context.now);
  } else {
    events::SetTime(context.now, time);
  }
  event.set_version(VersionOf(version, occurred_at, time, context));
}

/// As ReadCommon, of whichever of user_id and account_id the item has, and its profile.
template <typename Event>
void ReadCommonOfProfile(JsonObject& object, const ItemContext& context, Event& event) {
  const auto* user_id = object.FindText("user_id");
  const auto* account_id = object.FindText("account_id");
  if (user_id != nullptr && account_id != nullptr) {
    throw FieldProblem(Fault::kUnknownField, "account_id", "cannot stand beside user_id");
  }
  if (user_id == nullptr && account_id == nullptr) {
    throw FieldProblem(Fault::kMissingField, "user_id", "user_id or account_id is required");
  }
  const auto kind = user_id != nullptr ? SubjectKind::USER : SubjectKind::ACCOUNT;
  ReadCommon(object, context, kind, user_id != nullptr ? *user_id : *account_id, event);
  event.set_profile_id(object.Text("profile_id"));
}

void ReadEmailAndAccounts(JsonObject& object, events::v1::SubjectIdentified& event) {
  if (const auto* email = object.FindText("email")) event.set_email(*email);
  const auto* accounts = object.FindArray("account_ids");
  if (accounts == nullptr) return;
  for (std::size_t i = 0; i < accounts->size(); ++i) {
    event.add_account_ids(TextAt((*accounts)[i], "account_ids[" + std::to_string(i) + "]"));
  }
}

events::v1::SubjectIdentified ReadSubject(JsonObject& object, const ItemContext& context,
                                          SubjectKind kind) {
  events::v1::SubjectIdentified event;
  const bool user = kind == SubjectKind::USER;
  ReadCommon(object, context, kind, object.Text(user ? "user_id" : "account_id"), event);
  if (user) ReadEmailAndAccounts(object, event);
  if (const auto* name = object.FindText("name")) event.set_name(*name);
  event.set_removed(object.Boolean("removed", false));
  return event;
}

/// Whether a double says exactly this integer. google.protobuf.Value has doubles only.
bool FitsDouble(const nlohmann::json& value) {
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return false;
  }
  constexpr double kTwoTo63 = 9223372036854775808.0;
  const auto integer = value.get<std::int64_t>();
  const auto rounded = static_cast<double>(integer);
  return rounded < kTwoTo63 && static_cast<std::int64_t>(rounded) == integer;
}

void ReadValue(const nlohmann::json* value, google::protobuf::Value& into) {
  using Type = nlohmann::json::value_t;
  if (value == nullptr) {
    throw FieldProblem(Fault::kMissingField, "value", "is required; null withdraws the trait");
  }
  switch (value->type()) {
    case Type::null:
      into.set_null_value(google::protobuf::NULL_VALUE);
      return;
    case Type::boolean:
      into.set_bool_value(value->get<bool>());
      return;
    case Type::string:
      if (value->get_ref<const std::string&>().size() > kLongestValue) {
        throw FieldProblem(Fault::kInvalidValue, "value",
                           "must have at most " + std::to_string(kLongestValue) + " bytes");
      }
      into.set_string_value(value->get_ref<const std::string&>());
      return;
    case Type::number_float:
      into.set_number_value(value->get<double>());
      return;
    case Type::number_integer:
    case Type::number_unsigned:
      if (!FitsDouble(*value)) {
        throw FieldProblem(Fault::kInvalidValue, "value",
                           "integers beyond 9007199254740992 lose digits; send it as a string");
      }
      into.set_number_value(value->get<double>());
      return;
    default:
      throw FieldProblem(Fault::kWrongType, "value",
                         "must be a string, a number, true, false or null");
  }
}

events::v1::TraitChanged ReadTrait(JsonObject& object, const ItemContext& context) {
  events::v1::TraitChanged event;
  ReadCommonOfProfile(object, context, event);
  event.set_trait(object.Text("trait"));
  ReadValue(object.Find("value"), *event.mutable_value());
  return event;
}

template <typename Event>
Event ReadSegment(JsonObject& object, const ItemContext& context) {
  Event event;
  ReadCommonOfProfile(object, context, event);
  event.set_segment(object.Text("segment"));
  return event;
}

Item ReadAs(ItemType type, JsonObject& object, const ItemContext& context) {
  switch (type) {
    case ItemType::kUser:
      return {type, ReadSubject(object, context, SubjectKind::USER)};
    case ItemType::kAccount:
      return {type, ReadSubject(object, context, SubjectKind::ACCOUNT)};
    case ItemType::kTrait:
      return {type, ReadTrait(object, context)};
    case ItemType::kSegmentEntered:
      return {type, ReadSegment<events::v1::SegmentEntered>(object, context)};
    case ItemType::kSegmentExited:
      return {type, ReadSegment<events::v1::SegmentExited>(object, context)};
  }
  throw std::logic_error("unknown item type");
}

/// The item's name for a field of its event.
std::string ItemField(const std::string& field, SubjectKind kind) {
  if (field == "subject.subject_id") return kind == SubjectKind::USER ? "user_id" : "account_id";
  return field;
}

void ValidateEvent(const Item& item) {
  std::visit(
      [](const auto& event) {
        try {
          events::Validate(event);
        } catch (const core::InvalidArgument& error) {
          throw FieldProblem(Fault::kInvalidValue, ItemField(error.field(), event.subject().kind()),
                             error.problem());
        }
      },
      item.event);
}

nlohmann::json Parse(std::string_view text) {
  try {
    return core::ParseJson(text, {.size = text.size(), .depth = kItemDepth});
  } catch (const core::InvalidArgument& error) {
    throw FieldProblem(Fault::kMalformed, error.field(), error.problem());
  }
}

}  // namespace

std::string_view NameOf(ItemType type) {
  switch (type) {
    case ItemType::kUser:
      return "user";
    case ItemType::kAccount:
      return "account";
    case ItemType::kTrait:
      return "trait";
    case ItemType::kSegmentEntered:
      return "segment-entered";
    case ItemType::kSegmentExited:
      return "segment-exited";
  }
  return "unknown";
}

std::variant<Item, ItemProblem> ReadItem(std::string_view json, const ItemContext& context) {
  std::optional<ItemType> type;
  try {
    const auto value = Parse(json);
    JsonObject object(value);
    type = ReadType(object);
    auto item = ReadAs(*type, object, context);
    object.Finish();
    ValidateEvent(item);
    return item;
  } catch (const FieldProblem& problem) {
    return ItemProblem{type, problem.fault(), problem.field(), problem.problem()};
  }
}

}  // namespace accoil::gateway
