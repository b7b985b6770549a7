#include <array>
#include <string>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "libs/events/event.h"
#include "libs/events/stored_value.h"
#include "services/trait-sync/attribute_value.h"
#include "tests/property/targets.h"

namespace accoil::test {
namespace {

namespace v1 = events::v1;

/// The key that the reader wants, which is in the event: so inputs get beyond that check. Throws
/// core::InvalidArgument when the record is refused for anything else.
template <typename Message>
std::string KeyWithin(const events::Record& record) {
  try {
    events::FromRecord<Message>(record);
  } catch (const core::InvalidArgument& refusal) {
    constexpr std::string_view kBefore = "must be the fact's identity, ";
    if (refusal.field() == "key" && refusal.problem().starts_with(kBefore)) {
      return refusal.problem().substr(kBefore.size());
    }
    throw;
  }
  return record.key;
}

/// What a value becomes on its way to Intercom, by whatever type the catalogue has for it.
void FollowValue(const google::protobuf::Value& value) {
  using traitsync::TraitType;
  if (value.kind_case() == google::protobuf::Value::kNullValue) return;
  constexpr std::size_t kMostCharacters = 255;
  const auto stored = events::StoredText(value);
  for (const auto type : {TraitType::kString, TraitType::kInteger, TraitType::kFloat,
                          TraitType::kBoolean, TraitType::kDate}) {
    const auto typed = traitsync::Typed(stored, type, kMostCharacters);
    if (const auto* rejection = std::get_if<traitsync::Rejection>(&typed)) {
      Demand(!rejection->reason.empty(), "is set aside without a reason");
      continue;
    }
    const auto& attribute = std::get<intercom::AttributeValue>(typed);
    const auto again = traitsync::ValueFromJson(traitsync::ToJson(attribute));
    Demand(traitsync::SameValue(again, attribute), "is another value when it is read again");
  }
}
void Follow(const v1::TraitChanged& event) { FollowValue(event.value()); }
template <typename Message>
void Follow(const Message&) {}

template <typename Message>
bool ReadEvent(events::Record record) {
  record.key = KeyWithin<Message>(record);
  const auto event = events::FromRecord<Message>(record);
  const auto written = events::ToRecord(event);
  events::Record again{record.topic, 0, 0, written.key, written.value, written.headers, {}};
  Demand(events::FromRecord<Message>(again).SerializeAsString() == event.SerializeAsString(),
         "says something else when it is written again");
  Demand(core::IsUtf8(record.key), "has a key that is no text");
  Follow(event);
  return true;
}

/// One line with the topic's name and the content type, then the record's value.
bool ReadRecord(std::string_view text) {
  const auto line = TakeLine(text);
  const auto space = line.find(' ');
  const auto topic = line.substr(0, space);
  events::Record record;
  record.topic = std::string(topic);
  record.value = std::string(text);
  record.headers["content-type"] =
      space == std::string_view::npos ? "" : std::string(line.substr(space + 1));
  if (topic == "subject-identified") return ReadEvent<v1::SubjectIdentified>(record);
  if (topic == "trait-changed") return ReadEvent<v1::TraitChanged>(record);
  if (topic == "segment-entered") return ReadEvent<v1::SegmentEntered>(record);
  if (topic == "segment-exited") return ReadEvent<v1::SegmentExited>(record);
  if (topic == "user-matched") return ReadEvent<v1::UserMatched>(record);
  if (topic == "profile-changed") return ReadEvent<v1::ProfileChanged>(record);
  if (topic == "connection-changed") return ReadEvent<v1::ConnectionChanged>(record);
  if (topic == "intercom-webhook") return ReadEvent<v1::IntercomWebhook>(record);
  if (topic == "tag-applied") return ReadEvent<v1::TagApplied>(record);
  if (topic == "dead-letter") return ReadEvent<v1::DeadLetter>(record);
  throw core::InvalidArgument("topic", "must be one of ours");
}

constexpr std::array kTargets{Target{"record", ReadRecord}};

}  // namespace

std::span<const Target> EventTargets() { return kTargets; }

}  // namespace accoil::test
