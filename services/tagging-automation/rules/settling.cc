#include "services/tagging-automation/rules/settling.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;
using std::chrono::milliseconds;

// Rules that were made by another replica, which has died, are found by this.
constexpr milliseconds kIdle(1'000);
constexpr milliseconds kAfterError(2'000);
constexpr int kMostRules = 100;
constexpr int kDeletedAtOnce = 5'000;

enum class Slice { kNotOurs, kDone, kNobodyLeft };

}  // namespace

Settling::Settling(postgres::Database& database, Evaluation& evaluation, const core::Clock& clock,
                   telemetry::Telemetry& telemetry)
    : database_(database),
      evaluation_(evaluation),
      clock_(clock),
      loop_([this] { return Step() ? milliseconds(0) : kIdle; },
            [logger = telemetry.logger()](const std::exception& error) {
              logger.Warn("rules could not settle", {{"problem", error.what()}});
              return kAfterError;
            }) {}

bool Settling::Step() {
  const auto rules =
      database_.Transact([&](Transaction& tx) { return RulesStore::FindSettling(tx, kMostRules); });
  for (const auto& [product, rule] : rules) {
    if (StepOf(product, rule)) return true;
  }
  return database_.Transact(
      [&](Transaction& tx) { return RulesStore::CleanUpDeleted(tx, kDeletedAtOnce); });
}

std::vector<core::SubjectId> Settling::Next(Transaction& tx, const Rule& rule) const {
  if (rule.settling == SettleScope::kInside) {
    return RulesStore::NextInside(tx, rule, rule.settle_after, kSlice);
  }
  if (std::holds_alternative<NewSubject>(rule.definition.trigger)) {
    return RulesStore::NextExisting(tx, rule, std::nullopt, rule.settle_after, kSlice);
  }
  return RulesStore::NextMeasured(tx, rule, rule.settle_after, kSlice);
}

bool Settling::StepOf(core::ProductId product, RuleId id) {
  const auto now = clock_.Now();
  const auto slice = database_.Transact([&](Transaction& tx) {
    const auto rules = evaluation_.Hold(tx, {product}).at(product);
    const auto rule = RulesStore::LockSettling(tx, id);
    // Another replica is at it.
    if (!rule) return Slice::kNotOurs;
    const auto subjects = Next(tx, *rule);
    if (subjects.empty()) return Slice::kNobodyLeft;

    const auto* const of_profile = rules->Find(rule->definition.kind, rule->definition.profile);
    const auto* const compiled = rules->FindRule(id);
    if (of_profile == nullptr || compiled == nullptr) return Slice::kNotOurs;
    std::set<FactsKey> keys;
    for (const auto& subject : subjects) {
      keys.insert({product, rule->definition.kind, rule->definition.profile, subject});
    }
    RulesStore::EnsureFacts(tx, keys);
    std::vector<Case> cases;
    for (const auto& row : RulesStore::LockFacts(tx, keys)) {
      Case subject;
      subject.key = row.key;
      subject.facts = SubjectFacts(row.bytes);
      subject.due_at = row.due_at;
      cases.push_back(std::move(subject));
    }
    evaluation_.Settle(tx, *compiled, *of_profile, cases, now);
    RulesStore::AdvanceSettling(tx, id, subjects.back());
    return Slice::kDone;
  });
  if (slice == Slice::kNobodyLeft) Finish(product, id);
  return slice != Slice::kNotOurs;
}

void Settling::Finish(core::ProductId product, RuleId id) {
  database_.Transact([&](Transaction& tx) {
    // Nobody evaluates now, so whoever is not found here has an event that will know the rule as
    // settled.
    RulesStore::ChangeVersions(tx, {product});
    const auto rule = RulesStore::LockSettling(tx, id);
    if (rule && Next(tx, *rule).empty()) RulesStore::AdvanceSettling(tx, id, std::nullopt);
  });
}

}  // namespace accoil::tagging
