#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "libs/core/clock.h"
#include "tests/intercom-simulator/model.h"
#include "tests/intercom-simulator/search_query.h"

namespace accoil::simulator {

/// What search sees of the contacts: their states of a while ago. Not for several threads at once.
class SearchIndex {
 public:
  /// The contact's new state, seen when the lag has passed.
  void Put(const ContactPtr& contact, core::TimePoint now, std::chrono::milliseconds lag);
  /// The contact is gone, at once: archived and merged contacts never appear.
  void Remove(const std::string& id);
  void Clear();

  /// A page of the matches as of `now`, in the order of creation, after the contact `after`.
  Page<ContactPtr> Find(const SearchQuery& query, const std::string& after, std::size_t per_page,
                        core::TimePoint now);

 private:
  using Ids = std::set<std::string>;
  void Advance(core::TimePoint now);
  void Apply(const ContactPtr& contact);
  void Forget(const std::string& id);
  Ids Candidates(const SearchQuery::Key& key) const;

  std::map<std::string, ContactPtr> contacts_;
  std::unordered_map<std::string, Ids> by_email_;
  std::unordered_map<std::string, Ids> by_external_id_;
  struct Pending {
    core::TimePoint visible_at;
    ContactPtr contact;
  };
  std::deque<Pending> pending_;
  /// Contacts that were removed while a state of theirs was pending.
  std::set<std::string> removed_;
};

}  // namespace accoil::simulator
