#include "services/widget/inbox_reader.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <tuple>

#include "services/widget/facts.h"

namespace accoil::widget {
namespace {

using postgres::Transaction;

/// The profile that a choice means: the one that was chosen if it is there, else a summary profile,
/// else the first one that is on, else the first.
std::optional<ProfileKey> ShownOf(const std::vector<Profile>& profiles,
                                  const std::optional<ProfileKey>& chosen) {
  const auto find = [&](auto&& fits) {
    const auto found = std::find_if(profiles.begin(), profiles.end(), fits);
    return found == profiles.end() ? std::optional<ProfileKey>() : found->key;
  };
  auto shown = find([&](const Profile& profile) { return profile.key == chosen; });
  if (!shown) shown = find([](const Profile& profile) { return profile.summary; });
  if (!shown) shown = find([](const Profile& profile) { return profile.mode != SyncMode::kOff; });
  if (!shown) shown = find([](const Profile&) { return true; });
  return shown;
}

/// An account, in the order in which accounts are offered: those of the conversation's companies
/// first, then by the name that is shown.
struct FoundAccount {
  std::ptrdiff_t company = 0;
  Subject subject;

  const std::string& shown() const {
    return subject.name.empty() ? subject.id.value() : subject.name;
  }
  friend bool operator<(const FoundAccount& left, const FoundAccount& right) {
    return std::tie(left.company, left.shown(), left.subject.id) <
           std::tie(right.company, right.shown(), right.subject.id);
  }
};

/// Values that several of a batch need, by their keys: each read and unpacked once.
template <typename Key, typename Value>
std::map<Key, Value> ReadOnce(FactReader& facts, const std::set<Key>& keys,
                              Value (*unpack)(std::string_view)) {
  const std::vector<Key> wanted(keys.begin(), keys.end());
  const auto packed = facts.Read(wanted);
  std::map<Key, Value> values;
  if (facts.missing()) return values;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    values.emplace_hint(values.end(), wanted[i], unpack(packed[i]));
  }
  return values;
}

}  // namespace

/// One batch, step by step: what a step has read says what the next one needs.
class InboxReader::Gathering {
 public:
  Gathering(const InboxReader& reader, std::span<const Look> looks, core::TimePoint now,
            FactReader& facts, Transaction* tx)
      : reader_(reader), looks_(looks), now_(now), facts_(facts), tx_(tx), seen_(looks.size()) {}

  /// Nothing when facts were missing.
  std::optional<std::vector<Seen>> All() {
    for (const auto step : {&Gathering::Choices, &Gathering::Users, &Gathering::Profiles,
                            &Gathering::Accounts, &Gathering::Measured}) {
      (this->*step)();
      if (facts_.missing() || catalogue_missing_) return std::nullopt;
    }
    return std::move(seen_);
  }

 private:
  void Choices() {
    std::vector<std::size_t> places;
    std::vector<TeammateKey> teammates;
    for (std::size_t i = 0; i < looks_.size(); ++i) {
      const auto& look = looks_[i];
      if (look.choice) {
        seen_[i].choice = *look.choice;
      } else if (!look.admin.empty()) {
        TeammateKey teammate{look.workspace, look.admin};
        if (auto choice = reader_.choices_.Find(teammate)) {
          seen_[i].choice = *std::move(choice);
        } else {
          places.push_back(i);
          teammates.push_back(std::move(teammate));
        }
      }
    }
    const auto chosen = facts_.Read(teammates);
    for (std::size_t i = 0; i < places.size(); ++i) {
      seen_[places[i]].choice = FromStoredData(chosen[i]);
    }
  }

  /// The contact's user in each of the workspace's products.
  void Users() {
    std::set<core::WorkspaceId> workspaces;
    std::vector<std::size_t> places;
    std::vector<ContactKey> contacts;
    for (std::size_t i = 0; i < looks_.size(); ++i) {
      workspaces.insert(looks_[i].workspace);
      if (looks_[i].contact.value().empty()) continue;
      places.push_back(i);
      contacts.push_back({looks_[i].workspace, looks_[i].contact});
    }
    const auto connections = ReadOnce(facts_, workspaces, UnpackConnections);
    const auto matched = facts_.Read(contacts);
    if (facts_.missing()) return;
    users_.resize(looks_.size());
    std::vector<std::vector<SubjectKey>> candidates(looks_.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      for (auto& [product, subject] : UnpackMatched(matched[i])) {
        candidates[places[i]].push_back({product, SubjectKind::kUser, std::move(subject)});
      }
    }
    std::vector<SubjectKey> wanted;
    std::vector<std::size_t> of;
    for (std::size_t i = 0; i < looks_.size(); ++i) {
      const auto& products = connections.at(looks_[i].workspace);
      auto& situation = seen_[i].inbox.situation;
      if (!products.empty()) situation = Situation::kDisconnected;
      for (const auto& [product, connected, name] : products) {
        if (!connected) continue;
        situation = looks_[i].lead ? Situation::kLead : Situation::kUnknownContact;
        for (auto& candidate : candidates[i]) {
          if (candidate.product != product) continue;
          wanted.push_back(candidate);
          of.push_back(i);
        }
      }
    }
    const auto subjects = facts_.Read(wanted);
    if (facts_.missing()) return;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      TakeUser(of[i], std::move(wanted[i]), UnpackSubject(subjects[i]),
               connections.at(looks_[of[i]].workspace));
    }
  }

  void TakeUser(std::size_t place, SubjectKey key, SubjectFact fact,
                const std::vector<ConnectedProduct>& products) {
    const auto& look = looks_[place];
    if (!fact.known || fact.removed || fact.match_workspace != look.workspace.value() ||
        fact.match_target != look.contact.value()) {
      return;
    }
    auto& users = users_[place];
    const auto before = users.find(key.product);
    // While a contact goes over from one user to another, both may have it for a moment.
    if (before != users.end() && before->second.match_version >= fact.match_version) return;
    auto& inbox = seen_[place].inbox;
    inbox.situation = Situation::kMatched;
    const auto product = std::find_if(products.begin(), products.end(),
                                      [&](const auto& one) { return one.product == key.product; });
    inbox.products.insert_or_assign(
        key.product,
        product->name.empty() ? "Product " + std::to_string(key.product.value()) : product->name);
    const auto id = key.product;
    users.insert_or_assign(id, User{fact.match_version,
                                    std::move(fact.accounts),
                                    {SubjectKind::kUser,
                                     std::move(key.subject),
                                     std::move(fact.name),
                                     std::move(fact.email),
                                     {}}});
  }

  void Profiles() {
    std::set<core::ProductId> products;
    for (const auto& users : users_) {
      for (const auto& [product, user] : users) products.insert(product);
    }
    profiles_ = ReadOnce(facts_, products, UnpackProfiles);
    if (facts_.missing()) return;
    for (std::size_t i = 0; i < looks_.size(); ++i) {
      auto& inbox = seen_[i].inbox;
      if (users_[i].empty()) continue;
      for (const auto& [product, user] : users_[i]) {
        for (const auto& fact : profiles_.at(product)) inbox.profiles.push_back(fact.profile);
      }
      inbox.shown = ShownOf(inbox.profiles, seen_[i].choice.profile);
      inbox.product = inbox.shown ? inbox.shown->product : users_[i].begin()->first;
      inbox.user = std::move(users_[i].at(inbox.product).subject);
    }
  }

  void Accounts() {
    std::vector<SubjectKey> wanted;
    std::vector<std::size_t> of;
    for (std::size_t i = 0; i < looks_.size(); ++i) {
      const auto& inbox = seen_[i].inbox;
      if (!inbox.user) continue;
      const auto& named = users_[i].at(inbox.product).accounts;
      for (const auto& id : std::set<std::string>(named.begin(), named.end())) {
        wanted.push_back({inbox.product, SubjectKind::kAccount, core::SubjectId(id)});
        of.push_back(i);
      }
    }
    const auto facts = facts_.Read(wanted);
    if (facts_.missing()) return;
    std::vector<std::vector<FoundAccount>> found(looks_.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      auto fact = UnpackSubject(facts[i]);
      // An account that only its users named has no row of its own yet: it is shown by its id.
      if (fact.removed) continue;
      const auto& look = looks_[of[i]];
      const core::CompanyId company(fact.match_workspace == look.workspace.value()
                                        ? std::move(fact.match_target)
                                        : std::string());
      const auto at = std::find(look.companies.begin(), look.companies.end(), company);
      found[of[i]].push_back(
          {at - look.companies.begin(),
           {SubjectKind::kAccount, std::move(wanted[i].subject), std::move(fact.name), "", {}}});
    }
    for (std::size_t i = 0; i < looks_.size(); ++i) {
      std::sort(found[i].begin(), found[i].end());
      for (auto& account : found[i]) {
        seen_[i].inbox.accounts.push_back(std::move(account.subject));
      }
    }
  }

  /// Of the profile that is shown and of the summary profile; of the accounts only those that are
  /// shown: the first, and the one that was chosen.
  void Measured() {
    std::vector<MeasuresKey> wanted;
    std::vector<Subject*> of;
    const auto want = [&](const Profile& profile, Subject& subject) {
      wanted.push_back({{profile.key.product, subject.kind, subject.id}, profile.key.profile});
      of.push_back(&subject);
    };
    for (auto& [inbox, choice] : seen_) {
      if (!inbox.shown) continue;
      for (auto& profile : inbox.profiles) {
        if (profile.key.product != inbox.product) continue;
        if (profile.key != *inbox.shown && !profile.summary) continue;
        profile.catalogue = CatalogueOf(profile.key);
        want(profile, *inbox.user);
        if (!inbox.accounts.empty()) want(profile, inbox.accounts.front());
        if (choice.account > 0 && choice.account < inbox.accounts.size()) {
          want(profile, inbox.accounts[choice.account]);
        }
      }
    }
    const auto facts = facts_.Read(wanted);
    if (facts_.missing()) return;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      of[i]->measures.insert_or_assign(wanted[i].profile, UnpackMeasures(facts[i], now_));
    }
  }

  Catalogue CatalogueOf(const ProfileKey& profile) {
    const auto& facts = profiles_.at(profile.product);
    const auto fact = std::find_if(facts.begin(), facts.end(), [&](const ProfileFact& one) {
      return one.profile.key == profile;
    });
    if (auto catalogue = reader_.catalogues_.Find(profile, fact->version)) return *catalogue;
    if (tx_ == nullptr) {
      catalogue_missing_ = true;
      return {};
    }
    const auto rows = tx_->Execute(
        "SELECT version, catalogue FROM profile WHERE product_id = $1 AND profile_id = $2",
        profile.product, profile.profile);
    // A rebuild may have deleted it just now.
    if (rows.empty()) return {};
    const auto row = rows.Only();
    return reader_.catalogues_.Keep(profile, row.Get<std::int64_t>("version"),
                                    CatalogueFromBytes(row.GetBytes("catalogue")));
  }

  struct User {
    std::int64_t match_version = 0;
    std::vector<std::string> accounts;
    Subject subject;
  };

  const InboxReader& reader_;
  const std::span<const Look> looks_;
  const core::TimePoint now_;
  FactReader& facts_;
  Transaction* const tx_;
  std::vector<Seen> seen_;
  std::vector<std::map<core::ProductId, User>> users_;
  std::map<core::ProductId, std::vector<ProfileFact>> profiles_;
  bool catalogue_missing_ = false;
};

std::vector<Seen> InboxReader::Read(std::span<const Look> looks, core::TimePoint now) const {
  if (const auto stamp = cache_.Begin()) {
    FactReader facts(cache_, *stamp);
    if (auto seen = Gathering(*this, looks, now, facts, nullptr).All()) {
      metrics_.FactsRead(facts.kept(), 0, false);
      return *std::move(seen);
    }
  }
  return database_.Transact([&](Transaction& tx) {
    const FactStore store(tx, now);
    const auto stamp = cache_.Begin();
    auto facts = stamp ? FactReader(cache_, *stamp, store) : FactReader(store);
    auto seen = Gathering(*this, looks, now, facts, &tx).All();
    metrics_.FactsRead(facts.kept(), facts.loaded(), !stamp);
    return *std::move(seen);
  });
}

}  // namespace accoil::widget
