#pragma once

#include <chrono>
#include <map>
#include <semaphore>
#include <string>
#include <vector>

#include "libs/core/clock.h"
#include "libs/core/ids.h"
#include "libs/postgres/database.h"
#include "services/widget/inbox.h"

namespace accoil::widget {

/// Which page of which list; the texts as a caller gave them, within the bounds of their messages.
struct ListQuery {
  core::ProductId product;
  SubjectKind kind = SubjectKind::kUser;
  /// Empty: the summary profile.
  core::ProfileId profile;
  /// Each empty: everybody.
  std::string segment;
  std::string condition;
  std::string search;
  /// Name or a trait. Empty: Score, or Name where the profile has no Score of this kind.
  std::string sort;
  bool descending = false;
  int limit = 50;
  /// Empty: the first page.
  std::string cursor;
};

/// A row of a list.
struct ListedSubject {
  core::SubjectId id;
  std::string name;
  std::string email;
  /// Those of the profile's catalogue.
  std::map<std::string, Value> traits;
  std::vector<std::string> segments;
  std::vector<std::string> tags;
  bool matched = false;
  std::vector<std::string> account_ids;
};

struct ListPage {
  std::vector<ListedSubject> subjects;
  /// Empty on the last page.
  std::string next_cursor;
  core::ProfileId profile;
};

/// Reads lists of users and accounts, page by page, from what ListKeeper keeps. Ties are in the
/// order of ids, which goes the way of the list. Any thread; `database` outlives it.
class ListStore {
 public:
  explicit ListStore(postgres::Database& database) : database_(database) {}

  /// Throws core::InvalidArgument, naming the field; core::NotFound when there is no such profile;
  /// core::DeadlineExceeded when it takes longer than `patience`, or longer than a list may;
  /// core::Unavailable when others wait for theirs already, or the database is away.
  ListPage Read(const ListQuery& query, core::TimePoint now,
                std::chrono::milliseconds patience) const;

 private:
  ListPage ReadNow(const ListQuery& query, core::TimePoint now,
                   std::chrono::milliseconds patience) const;

  /// Costly ones must leave connections and processors to canvases and to the consumer.
  static constexpr int kMostAtOnce = 3;

  postgres::Database& database_;
  mutable std::counting_semaphore<kMostAtOnce> room_{kMostAtOnce};
};

}  // namespace accoil::widget
