#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/postgres/database.h"
#include "services/widget/condition_sql.h"
#include "services/widget/inbox.h"
#include "services/widget/list_cursor.h"

namespace accoil::widget {

/// What a list is sorted by: an expression over `listed`, its type, and whether there is an index
/// of it, in the order of which lists can be read.
struct SortKey {
  enum class By { kName, kScore, kLastActive, kTrait };
  By by = By::kName;
  /// Of kTrait.
  std::string trait;
  conditions::Type type = conditions::Type::kText;

  bool indexed() const { return by != By::kTrait; }
};

/// Who is listed, and in which order.
struct ListScope {
  core::ProductId product;
  SubjectKind kind = SubjectKind::kUser;
  core::ProfileId profile;
  SortKey sort;
  bool descending = false;
  /// Each empty or null: everybody.
  std::string segment;
  std::string search;
  const conditions::Condition* condition = nullptr;
  /// Outlives it.
  const ListFields& fields;
  core::TimePoint now;

  bool filtered() const { return condition != nullptr || !segment.empty() || !search.empty(); }
};

/// At most `count` places of the list from after `cursor` on. In the order of an index as far as
/// that leads quickly; otherwise all rows of the profile are looked at once.
std::vector<ListCursor> FindPlaces(postgres::Transaction& tx, const ListScope& scope,
                                   const std::optional<ListCursor>& cursor, int count);

}  // namespace accoil::widget
