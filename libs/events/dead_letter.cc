#include "libs/events/dead_letter.h"

#include "libs/events/event.h"
#include "libs/telemetry/trace.h"

namespace accoil::events {
namespace {

constexpr std::string_view kCut = " (its value is cut)";

}  // namespace

OutgoingRecord ToDeadLetter(const Rejected& rejected, const std::string& consumer,
                            core::TimePoint now) {
  // With its surroundings a letter must stay below the 2 MB that its topic takes.
  constexpr std::size_t kMostBytes = 1'500'000;
  const auto& record = *rejected.record;
  v1::DeadLetter letter;
  letter.set_consumer(consumer);
  letter.set_reason(rejected.reason);
  letter.set_topic(record.topic);
  letter.set_partition(record.partition);
  letter.set_offset(record.offset);
  letter.set_key(record.key);
  auto room = kMostBytes - std::min(kMostBytes, record.key.size());
  for (const auto& [name, value] : record.headers) {
    if (name.size() + value.size() > room) break;
    room -= name.size() + value.size();
    (*letter.mutable_headers())[name] = value;
  }
  if (record.value) {
    letter.set_value(record.value->substr(0, room));
    if (record.value->size() > room) letter.set_reason(letter.reason() + std::string(kCut));
  }
  SetTime(now, *letter.mutable_failed_at());

  const auto trace = record.headers.find("traceparent");
  const telemetry::TraceScope scope(
      trace == record.headers.end() ? std::nullopt : telemetry::ParseTraceparent(trace->second));
  return ToRecord(letter);
}

bool IsCut(const v1::DeadLetter& letter) { return letter.reason().ends_with(kCut); }

}  // namespace accoil::events
