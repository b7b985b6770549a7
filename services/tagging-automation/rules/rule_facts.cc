#include "services/tagging-automation/rules/rule_facts.h"

#include <algorithm>
#include <string_view>

#include "libs/events/event.h"
#include "services/tagging-automation/rules/settle_plan.h"

namespace accoil::tagging {
namespace {

using events::v1::ProfileChanged;
using events::v1::SegmentEntered;
using events::v1::SegmentExited;
using events::v1::SubjectIdentified;
using events::v1::TraitChanged;
using postgres::Transaction;

using AllTold = std::map<FactsKey, ToldFacts>;

Subject SubjectOf(const events::v1::Subject& subject) {
  return {core::ProductId(subject.product_id()), static_cast<SubjectKind>(subject.kind()),
          core::SubjectId(subject.subject_id())};
}

template <typename Message>
void AddProducts(const events::Batch& batch, std::set<core::ProductId>& products) {
  for (const auto& received : batch.Of<Message>()) {
    products.insert(core::ProductId(received.event.subject().product_id()));
  }
}

/// Rules that a profile's catalogue has broken or healed are marked so.
void CheckRules(Transaction& tx, core::ProductId product,
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

AllTold Gather(const events::Batch& batch) {
  AllTold all;
  const auto tell = [&](const auto& received) -> ToldFacts& {
    const auto who = SubjectOf(received.event.subject());
    auto& told =
        all[FactsKey{who.product, who.kind, core::ProfileId(received.event.profile_id()), who.id}];
    told.needs_row = true;
    if (told.traceparent.empty()) told.traceparent = received.traceparent;
    return told;
  };
  const auto tell_membership = [&](const auto& received, bool entered) {
    const auto& event = received.event;
    tell(received).memberships.push_back(
        {&event.segment(), event.version(), entered, events::ToTime(event.occurred_at())});
  };
  for (const auto& received : batch.Of<TraitChanged>()) {
    tell(received).traits.push_back(&received.event);
  }
  for (const auto& received : batch.Of<SegmentEntered>()) tell_membership(received, true);
  for (const auto& received : batch.Of<SegmentExited>()) tell_membership(received, false);
  return all;
}

/// Calls `work` for every profile in which there are rules for subjects of this kind.
template <typename Work>
void ForProfiles(const HeldRules& rules, const Subject& subject, const Work& work) {
  for (const auto& [key, of_profile] : rules.at(subject.product)->profiles()) {
    if (key.first != subject.kind) continue;
    work(of_profile, FactsKey{subject.product, subject.kind, key.second, subject.id});
  }
}

/// Adds those whose identity the batch tells: any rule may look at it.
void AddIdentified(Transaction& tx, const events::Batch& batch, const HeldRules& rules,
                   AllTold& told) {
  std::set<Subject> wanted_as_new;
  for (const auto& received : batch.Of<SubjectIdentified>()) {
    const auto subject = SubjectOf(received.event.subject());
    ForProfiles(rules, subject, [&](const ProfileRules& of_profile, const FactsKey& key) {
      auto& of_subject = told[key];
      if (of_subject.traceparent.empty()) of_subject.traceparent = received.traceparent;
      if (of_profile.depends_on_appearance()) wanted_as_new.insert(subject);
    });
  }
  const auto known = RulesStore::FindSeen(tx, wanted_as_new);
  for (const auto& subject : wanted_as_new) {
    if (known.contains(subject)) continue;
    ForProfiles(rules, subject, [&](const ProfileRules& of_profile, const FactsKey& key) {
      if (of_profile.depends_on_appearance()) told[key].needs_row = true;
    });
  }
}

std::vector<FactsRow> Lock(Transaction& tx, const AllTold& told) {
  std::set<FactsKey> keys;
  for (const auto& [key, of_subject] : told) keys.insert(keys.end(), key);
  auto rows = RulesStore::LockFacts(tx, keys);
  if (rows.size() == keys.size()) return rows;

  // The rows that are not there yet are few once a product has been told of. Made first and locked
  // then, for another replica may have been faster.
  for (const auto& row : rows) keys.erase(row.key);
  std::erase_if(keys, [&](const FactsKey& key) { return !told.at(key).needs_row; });
  RulesStore::EnsureFacts(tx, keys);
  auto made = RulesStore::LockFacts(tx, keys);
  rows.insert(rows.end(), std::make_move_iterator(made.begin()),
              std::make_move_iterator(made.end()));
  return rows;
}

void MergeMemberships(const ToldFacts& told, Case& subject) {
  // An exit before the entrance that came after it, so that both are seen.
  auto memberships = told.memberships;
  std::sort(memberships.begin(), memberships.end(),
            [](const auto& one, const auto& other) { return one.version < other.version; });
  std::set<std::string_view> left;
  for (const auto& [segment, version, entered, occurred_at] : memberships) {
    const auto change = subject.facts.ApplyMembership(*segment, version, entered, occurred_at);
    if (change.stored) subject.write = true;
    if (change.value || change.reentered) subject.changed.segments.push_back(*segment);
    if (change.value && !entered) left.insert(*segment);
    if (change.reentered || (change.value && entered && left.contains(*segment))) {
      subject.reentered.push_back(*segment);
    }
  }
}

Case Merge(const FactsRow& row, const ToldFacts& told, bool keeps_before, core::TimePoint now) {
  Case subject;
  subject.key = row.key;
  subject.facts = SubjectFacts(row.bytes);
  subject.due_at = row.due_at;
  subject.traceparent = told.traceparent;
  if (keeps_before) subject.before = subject.facts;
  for (const auto* const trait : told.traits) {
    const auto change =
        subject.facts.ApplyTrait(trait->trait(), trait->version(),
                                 events::ToTime(trait->occurred_at()), trait->value(), now);
    if (change.stored) subject.write = true;
    if (change.value) subject.changed.traits.push_back(trait->trait());
    if (change.scores) subject.changed.scores = true;
  }
  MergeMemberships(told, subject);
  subject.changed.appeared = told.appeared;
  subject.changed.everything = told.everything;
  return subject;
}

}  // namespace

HeldRules RuleFacts::HoldRules(Transaction& tx, const events::Batch& batch) {
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

RuleFacts::Begun RuleFacts::Begin(Transaction& tx, const events::Batch& batch) {
  Begun begun;
  begun.rules = HoldRules(tx, batch);
  begun.told = Gather(batch);
  AddIdentified(tx, batch, begun.rules, begun.told);
  if (!begun.told.empty()) begun.rows = Lock(tx, begun.told);
  return begun;
}

void RuleFacts::Apply(Transaction& tx, Begun begun, const DirectoryChanges& directory) {
  auto& rules = begun.rules;
  auto& told = begun.told;
  auto& rows = begun.rows;
  // Whether a name is another or the subject is gone or back is not told apart: all of its rules
  // are looked at. Facts may also have come before the subject appeared.
  const auto mark = [&](const Subject& subject, bool appeared) {
    ForProfiles(rules, subject, [&](const ProfileRules&, const FactsKey& key) {
      told[key].everything = true;
      told[key].appeared = appeared;
    });
  };
  for (const auto& subject : directory.appeared) mark(subject, true);
  for (const auto& subject : directory.changed) mark(subject, false);

  const auto now = clock_.Now();
  const auto began = std::chrono::steady_clock::now();
  std::vector<Case> cases;
  cases.reserve(rows.size());
  for (const auto& row : rows) {
    const auto* const of_profile = rules.at(row.key.product)->Find(row.key.kind, row.key.profile);
    const bool keeps_before = of_profile != nullptr && of_profile->settles();
    auto subject = Merge(row, told.at(row.key), keeps_before, now);
    if (subject.write || subject.changed.any()) cases.push_back(std::move(subject));
  }
  evaluation_.Spend(std::chrono::steady_clock::now() - began);
  if (!cases.empty()) evaluation_.Observe(tx, rules, cases, now);
}

}  // namespace accoil::tagging
