#include "tests/intercom-simulator/search_index.h"

#include <algorithm>

namespace accoil::simulator {
namespace {

void Erase(std::unordered_map<std::string, std::set<std::string>>& index, const std::string& key,
           const std::string& id) {
  const auto found = index.find(key);
  if (found == index.end()) return;
  found->second.erase(id);
  if (found->second.empty()) index.erase(found);
}

}  // namespace

void SearchIndex::Put(const ContactPtr& contact, core::TimePoint now,
                      std::chrono::milliseconds lag) {
  Advance(now);
  removed_.erase(contact->id);
  if (lag.count() == 0 && pending_.empty()) return Apply(contact);
  // Kept in the order of time, also when the lag was made shorter.
  const auto visible_at = now + lag;
  const auto place =
      std::upper_bound(pending_.begin(), pending_.end(), visible_at,
                       [](auto time, const Pending& pending) { return time < pending.visible_at; });
  pending_.insert(place, {visible_at, contact});
}

void SearchIndex::Remove(const std::string& id) {
  Forget(id);
  if (!pending_.empty()) removed_.insert(id);
}

void SearchIndex::Clear() {
  contacts_.clear();
  by_email_.clear();
  by_external_id_.clear();
  pending_.clear();
  removed_.clear();
}

void SearchIndex::Advance(core::TimePoint now) {
  while (!pending_.empty() && pending_.front().visible_at <= now) {
    Apply(pending_.front().contact);
    pending_.pop_front();
  }
  if (pending_.empty()) removed_.clear();
}

void SearchIndex::Apply(const ContactPtr& contact) {
  if (removed_.contains(contact->id)) return;
  auto& known = contacts_[contact->id];
  if (!known || known->email != contact->email || known->external_id != contact->external_id) {
    if (known) {
      Erase(by_email_, known->email, known->id);
      Erase(by_external_id_, known->external_id, known->id);
    }
    if (!contact->email.empty()) by_email_[contact->email].insert(contact->id);
    if (!contact->external_id.empty()) by_external_id_[contact->external_id].insert(contact->id);
  }
  known = contact;
}

void SearchIndex::Forget(const std::string& id) {
  const auto found = contacts_.find(id);
  if (found == contacts_.end()) return;
  Erase(by_email_, found->second->email, id);
  Erase(by_external_id_, found->second->external_id, id);
  contacts_.erase(found);
}

SearchIndex::Ids SearchIndex::Candidates(const SearchQuery::Key& key) const {
  Ids ids;
  for (const auto& value : key.values) {
    if (key.field == "id") {
      ids.insert(value);
      continue;
    }
    const auto& index = key.field == "email" ? by_email_ : by_external_id_;
    const auto found = index.find(value);
    if (found != index.end()) ids.insert(found->second.begin(), found->second.end());
  }
  return ids;
}

Page<ContactPtr> SearchIndex::Find(const SearchQuery& query, const std::string& after,
                                   std::size_t per_page, core::TimePoint now) {
  Advance(now);
  Page<ContactPtr> page;
  bool more = false;
  const auto look_at = [&](const ContactPtr& contact) {
    if (!query.Matches(*contact)) return;
    ++page.total;
    if (contact->id <= after) return;
    if (page.items.size() < per_page) {
      page.items.push_back(contact);
    } else {
      more = true;
    }
  };
  if (const auto key = query.Narrowing()) {
    for (const auto& id : Candidates(*key)) {
      const auto found = contacts_.find(id);
      if (found != contacts_.end()) look_at(found->second);
    }
  } else {
    for (const auto& entry : contacts_) look_at(entry.second);
  }
  if (more) page.next = page.items.back()->id;
  return page;
}

}  // namespace accoil::simulator
