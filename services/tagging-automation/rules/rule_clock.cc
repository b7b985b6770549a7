#include "services/tagging-automation/rules/rule_clock.h"

namespace accoil::tagging {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAfterError(2'000);

}  // namespace

RuleClock::RuleClock(postgres::Database& database, Evaluation& evaluation, const core::Clock& clock,
                     milliseconds interval, telemetry::Telemetry& telemetry)
    : database_(database),
      evaluation_(evaluation),
      metrics_(telemetry),
      clock_(clock),
      loop_([this, interval] { return Step() < kSlice ? interval : milliseconds(0); },
            [logger = telemetry.logger()](const std::exception& error) {
              logger.Warn("rules could not be looked at again", {{"problem", error.what()}});
              return kAfterError;
            }) {}

int RuleClock::Step() {
  return database_.Transact([&](postgres::Transaction& tx) {
    const auto now = clock_.Now();
    // Found without a lock, for the rules come before facts in the order of locks.
    const auto keys = RulesStore::FindDue(tx, now, kSlice);
    if (keys.empty()) return 0;
    std::set<core::ProductId> products;
    for (const auto& key : keys) products.insert(key.product);
    const auto rules = evaluation_.Hold(tx, products);
    std::vector<Case> cases;
    for (const auto& row : RulesStore::LockFacts(tx, keys, now)) {
      Case subject;
      subject.key = row.key;
      subject.facts = SubjectFacts(row.bytes);
      subject.due_at = row.due_at;
      subject.changed.time = true;
      cases.push_back(std::move(subject));
    }
    evaluation_.Observe(tx, rules, cases, now);
    tx.AfterCommit(
        [this, looked_at = static_cast<int>(cases.size())] { metrics_.Revisited(looked_at); });
    return static_cast<int>(cases.size());
  });
}

}  // namespace accoil::tagging
