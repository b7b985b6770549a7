#include "services/tagging-automation/rule_facts.h"

#include <algorithm>

#include "libs/events/event.h"
#include "services/tagging-automation/settle_plan.h"

namespace accoil::tagging {

using events::v1::ProfileChanged;
using events::v1::SegmentEntered;
using events::v1::SegmentExited;
using events::v1::SubjectIdentified;
using events::v1::TraitChanged;
using postgres::Transaction;

struct RuleFacts::Told {
  struct Membership {
    const std::string* segment;
    std::int64_t version;
    bool entered;
    core::TimePoint occurred_at;
  };
  std::vector<const TraitChanged*> traits;
  std::vector<Membership> memberships;
  bool appeared = false;
  /// Who it is has changed.
  bool everything = false;
  /// Of the first event.
  std::string traceparent;

  /// Whether it must have facts from now on.
  bool makes_facts() const { return !traits.empty() || !memberships.empty() || appeared; }
};

namespace {

template <typename Message>
void AddProducts(const events::Batch& batch, std::set<core::ProductId>& products) {
  for (const auto& received : batch.Of<Message>()) {
    products.insert(core::ProductId(received.event.subject().product_id()));
  }
}

template <typename Event>
FactsKey KeyOf(const Event& event) {
  const auto& subject = event.subject();
  return {core::ProductId(subject.product_id()), static_cast<SubjectKind>(subject.kind()),
          core::ProfileId(event.profile_id()), core::SubjectId(subject.subject_id())};
}

}  // namespace

HeldRules RuleFacts::Begin(Transaction& tx, const events::Batch& batch) {
  std::map<core::ProductId, std::set<core::ProfileId>> profiles;
  std::set<core::ProductId> products;
  for (const auto& received : batch.Of<ProfileChanged>()) {
    const core::ProductId product(received.event.product_id());
    profiles[product].insert(core::ProfileId(received.event.profile_id()));
    products.insert(product);
  }
  if (!products.empty()) {
    RulesStore::ChangeVersions(tx, products);
    RulesStore::ApplyProfiles(tx, batch);
    for (const auto& [product, changed] : profiles) CheckRules(tx, product, changed);
  }
  AddProducts<SubjectIdentified>(batch, products);
  AddProducts<TraitChanged>(batch, products);
  AddProducts<SegmentEntered>(batch, products);
  AddProducts<SegmentExited>(batch, products);
  return evaluation_.Hold(tx, products);
}

void RuleFacts::CheckRules(Transaction& tx, core::ProductId product,
                           const std::set<core::ProfileId>& profiles) {
  for (auto& rule : RulesStore::List(tx, product)) {
    if (!profiles.contains(rule.definition.profile)) continue;
    const auto profile = RulesStore::FindProfile(tx, product, rule.definition.profile);
    auto problem = ProblemOf(rule, profile ? &*profile : nullptr);
    if (problem == rule.broken) continue;
    const bool heals = problem.empty();
    rule.broken = std::move(problem);
    if (heals) PlanHealing(rule);
    RulesStore::Update(tx, rule);
  }
}

RuleFacts::AllTold RuleFacts::Gather(const events::Batch& batch) {
  AllTold all;
  const auto tell = [&](const auto& received) -> Told& {
    auto& told = all[KeyOf(received.event)];
    if (told.traceparent.empty()) told.traceparent = received.traceparent;
    return told;
  };
  for (const auto& received : batch.Of<TraitChanged>()) {
    tell(received).traits.push_back(&received.event);
  }
  for (const auto& received : batch.Of<SegmentEntered>()) {
    const auto& event = received.event;
    tell(received).memberships.push_back(
        {&event.segment(), event.version(), true, events::ToTime(event.occurred_at())});
  }
  for (const auto& received : batch.Of<SegmentExited>()) {
    const auto& event = received.event;
    tell(received).memberships.push_back(
        {&event.segment(), event.version(), false, events::ToTime(event.occurred_at())});
  }
  return all;
}

void RuleFacts::AddIdentities(const DirectoryChanges& directory, const HeldRules& rules,
                              AllTold& told) {
  const auto for_profiles = [&](const Subject& subject, const auto& add) {
    for (const auto& [key, of_profile] : rules.at(subject.product)->profiles()) {
      if (key.first != subject.kind) continue;
      add(of_profile, FactsKey{subject.product, subject.kind, key.second, subject.id});
    }
  };
  // Whether a name is another or the subject is gone or back is not told apart: all of its rules
  // are looked at. Facts may also have come before the subject appeared.
  for (const auto& subject : directory.appeared) {
    for_profiles(subject, [&](const ProfileRules& of_profile, const FactsKey& key) {
      told[key].everything = true;
      if (of_profile.depends_on_appearance()) told[key].appeared = true;
    });
  }
  for (const auto& subject : directory.changed) {
    for_profiles(subject,
                 [&](const ProfileRules&, const FactsKey& key) { told[key].everything = true; });
  }
}

std::vector<FactsRow> RuleFacts::Lock(Transaction& tx, const AllTold& told) {
  std::set<FactsKey> keys;
  for (const auto& [key, of_subject] : told) keys.insert(keys.end(), key);
  auto rows = RulesStore::LockFacts(tx, keys);
  if (rows.size() == keys.size()) return rows;

  // The rows that are not there yet are few once a product has been told of. Made first and locked
  // then, for another replica may have been faster.
  for (const auto& row : rows) keys.erase(row.key);
  std::erase_if(keys, [&](const FactsKey& key) { return !told.at(key).makes_facts(); });
  RulesStore::EnsureFacts(tx, keys);
  auto made = RulesStore::LockFacts(tx, keys);
  rows.insert(rows.end(), std::make_move_iterator(made.begin()),
              std::make_move_iterator(made.end()));
  return rows;
}

Case RuleFacts::Merge(const FactsRow& row, const Told& told, const ProfileRules* rules,
                      core::TimePoint now) {
  Case subject;
  subject.key = row.key;
  subject.facts = SubjectFacts(row.bytes);
  subject.due_at = row.due_at;
  subject.traceparent = told.traceparent;
  if (rules != nullptr && rules->settles()) subject.before = subject.facts;
  auto& changed = subject.changed;
  for (const auto* const trait : told.traits) {
    const auto change =
        subject.facts.ApplyTrait(trait->trait(), trait->version(),
                                 events::ToTime(trait->occurred_at()), trait->value(), now);
    if (change.stored) subject.write = true;
    if (change.value) changed.traits.push_back(trait->trait());
    if (change.scores) changed.scores = true;
  }
  // An exit before the entrance that came after it, so that both are seen.
  auto memberships = told.memberships;
  std::sort(memberships.begin(), memberships.end(),
            [](const auto& one, const auto& other) { return one.version < other.version; });
  std::set<std::string_view> left;
  for (const auto& [segment, version, entered, occurred_at] : memberships) {
    const auto change = subject.facts.ApplyMembership(*segment, version, entered, occurred_at);
    if (change.stored) subject.write = true;
    if (change.value || change.reentered) changed.segments.push_back(*segment);
    if (change.value && !entered) left.insert(*segment);
    if (change.reentered || (change.value && entered && left.contains(*segment))) {
      subject.reentered.push_back(*segment);
    }
  }
  changed.appeared = told.appeared;
  changed.everything = told.everything;
  return subject;
}

void RuleFacts::Apply(Transaction& tx, const events::Batch& batch,
                      const DirectoryChanges& directory, const HeldRules& rules) {
  const auto now = clock_.Now();
  auto told = Gather(batch);
  AddIdentities(directory, rules, told);
  if (told.empty()) return;
  const auto rows = Lock(tx, told);

  const auto began = std::chrono::steady_clock::now();
  std::vector<Case> cases;
  cases.reserve(rows.size());
  for (const auto& row : rows) {
    const auto* const of_profile = rules.at(row.key.product)->Find(row.key.kind, row.key.profile);
    auto subject = Merge(row, told.at(row.key), of_profile, now);
    if (subject.write || subject.changed.any()) cases.push_back(std::move(subject));
  }
  evaluation_.Spend(std::chrono::steady_clock::now() - began);
  evaluation_.Observe(tx, rules, cases, now);
}

}  // namespace accoil::tagging
