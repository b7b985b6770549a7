#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "accoil/events/v1/events.pb.h"
#include "libs/core/clock.h"
#include "libs/core/ids.h"
#include "services/gateway/json_object.h"

namespace accoil::gateway {

/// The kinds of item that a batch may hold.
enum class ItemType { kUser, kAccount, kTrait, kSegmentEntered, kSegmentExited };

inline constexpr std::array kItemTypes{ItemType::kUser, ItemType::kAccount, ItemType::kTrait,
                                       ItemType::kSegmentEntered, ItemType::kSegmentExited};

/// The type as items write it, for example segment-entered.
std::string_view NameOf(ItemType type);

/// An item as the event that it becomes.
struct Item {
  ItemType type;
  std::variant<events::v1::SubjectIdentified, events::v1::TraitChanged, events::v1::SegmentEntered,
               events::v1::SegmentExited>
      event;
};

/// The rule that an item breaks: the first that was found.
struct ItemProblem {
  /// Nothing when not even the type can be read.
  std::optional<ItemType> type;
  Fault fault = Fault::kMalformed;
  /// As the item names it, for example account_ids[2]; empty when it is the whole.
  std::string field;
  /// What is wrong and what would be right.
  std::string problem;
};

/// What an item does not say itself.
struct ItemContext {
  core::ProductId product;
  /// When it arrived: its occurred_at unless it names one.
  core::TimePoint now;
  /// Its version, unless it names one or an occurred_at.
  std::int64_t version = 0;
};

/// Reads one item, given as JSON:
///   {"type":"user","user_id":…,"email":…,"name":…,"account_ids":[…]}
///   {"type":"account","account_id":…,"name":…}
///   {"type":"trait","profile_id":…,"user_id"|"account_id":…,"trait":…,"value":…}
///   {"type":"segment-entered"|"segment-exited","profile_id":…,"user_id"|"account_id":…,
///    "segment":…}
/// each with an optional "version" (an integer above 0) and "occurred_at" (RFC 3339), user and
/// account also with "removed". Without a version, the microseconds of occurred_at are it, else the
/// context's.
///
/// Answers the problem unless the item is of one of these forms, has nothing besides, and keeps the
/// limits of its event. Pure.
std::variant<Item, ItemProblem> ReadItem(std::string_view json, const ItemContext& context);

}  // namespace accoil::gateway
