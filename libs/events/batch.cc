#include "libs/events/batch.h"

namespace accoil::events {
namespace {

template <typename Message>
std::int64_t VersionOf(const Message& event) {
  return event.version();
}
/// The same notification is the same whenever it comes.
std::int64_t VersionOf(const v1::IntercomWebhook&) { return 0; }

template <typename Message>
void KeepNewest(std::vector<Received<Message>>& events) {
  // Of equal versions the first stays, as it would had each been applied by itself.
  std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) {
    if (const auto order = a.key.compare(b.key); order != 0) return order < 0;
    return VersionOf(a.event) > VersionOf(b.event);
  });
  events.erase(std::unique(events.begin(), events.end(),
                           [](const auto& a, const auto& b) { return a.key == b.key; }),
               events.end());
}

}  // namespace

void Batch::Seal() {
  std::apply([](auto&... events) { (KeepNewest(events), ...); }, events_);
}

bool Batch::empty() const {
  return std::apply([](const auto&... events) { return (events.empty() && ...); }, events_);
}

}  // namespace accoil::events
