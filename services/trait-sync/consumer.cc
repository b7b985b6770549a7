#include "services/trait-sync/consumer.h"

#include "libs/events/event.h"

namespace accoil::traitsync {

using events::v1::ConnectionChanged;
using events::v1::ProfileChanged;
using events::v1::SegmentEntered;
using events::v1::SegmentExited;
using events::v1::TraitChanged;
using events::v1::UserMatched;

std::vector<std::string_view> FactHandler::Topics() {
  return {events::TopicOf<ConnectionChanged>(), events::TopicOf<ProfileChanged>(),
          events::TopicOf<UserMatched>(),       events::TopicOf<TraitChanged>(),
          events::TopicOf<SegmentEntered>(),    events::TopicOf<SegmentExited>()};
}

void FactHandler::Apply(postgres::Transaction& tx, const events::Batch& batch) {
  // Locks are taken in one order by every transaction: sweeps before deliveries.
  store_.ApplyProfiles(tx, batch);
  const auto connections = store_.ApplyConnections(tx, batch);
  store_.ApplyFacts(tx, batch);
  store_.ApplyMatches(tx, batch);
  LookForUnknownProfiles(tx, batch);
  // Changes wait for their window and are found by themselves.
  if (!batch.Of<UserMatched>().empty()) tx.AfterCommit(listeners_.due);
  for (const auto product : connections) {
    tx.AfterCommit([this, product] { listeners_.connection_changed(product); });
  }
}

void FactHandler::LookForUnknownProfiles(postgres::Transaction& tx, const events::Batch& batch) {
  std::map<ProfileKey, int> doubtful;
  const auto look = [&](const auto& events) {
    for (const auto& received : events) {
      ProfileKey key(core::ProductId(received.event.subject().product_id()),
                     core::ProfileId(received.event.profile_id()));
      if (!known_.contains(key)) ++doubtful[std::move(key)];
    }
  };
  look(batch.Of<TraitChanged>());
  look(batch.Of<SegmentEntered>());
  look(batch.Of<SegmentExited>());
  if (doubtful.empty()) return;

  std::set<ProfileKey> asked;
  for (const auto& [key, events] : doubtful) asked.insert(key);
  const auto unknown = store_.UnknownProfiles(tx, asked);
  store_.NoteUnknownProfiles(tx, unknown);
  // Told and remembered once it is true: a transaction that is rolled back may have seen profiles
  // of its own batch.
  tx.AfterCommit([this, doubtful, unknown] {
    for (const auto& [key, events] : doubtful) {
      if (!unknown.contains(key)) {
        known_.insert(key);
        continue;
      }
      metrics_.UnknownProfile(events);
      warnings_.Warn("product " + std::to_string(key.first.value()), "events of an unknown profile",
                     "profile " + key.second.value());
    }
  });
}

}  // namespace accoil::traitsync
