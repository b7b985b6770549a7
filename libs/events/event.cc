#include "libs/events/event.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <boost/uuid/uuid_generators.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "libs/telemetry/trace.h"

namespace accoil::events {

template <>
std::string_view TopicOf<v1::SubjectIdentified>() {
  return "subject-identified";
}
template <>
std::string_view TopicOf<v1::TraitChanged>() {
  return "trait-changed";
}
template <>
std::string_view TopicOf<v1::SegmentEntered>() {
  return "segment-entered";
}
template <>
std::string_view TopicOf<v1::SegmentExited>() {
  return "segment-exited";
}
template <>
std::string_view TopicOf<v1::UserMatched>() {
  return "user-matched";
}
template <>
std::string_view TopicOf<v1::ProfileChanged>() {
  return "profile-changed";
}
template <>
std::string_view TopicOf<v1::ConnectionChanged>() {
  return "connection-changed";
}
template <>
std::string_view TopicOf<v1::IntercomWebhook>() {
  return "intercom-webhook";
}
template <>
std::string_view TopicOf<v1::TagApplied>() {
  return "tag-applied";
}
template <>
std::string_view TopicOf<v1::DeadLetter>() {
  return "dead-letter";
}

namespace {

/// Below Kafka's own limit of 1 MiB a record, with room for key and headers.
constexpr std::size_t kMostValueBytes = 512 * 1024;

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kJson = "application/json";

std::string_view KindName(v1::SubjectKind kind) {
  switch (kind) {
    case v1::USER:
      return "user";
    case v1::ACCOUNT:
      return "account";
    default:
      return "unspecified";
  }
}

std::string WithPart(std::string key, std::string_view part) {
  key += '/';
  if (part.find_first_of("/%") == std::string_view::npos) {
    key += part;
  } else {
    key += core::EncodeKeyPart(part);
  }
  return key;
}

template <typename Message>
const google::protobuf::Timestamp& OccurredAt(const Message& event) {
  return event.occurred_at();
}
const google::protobuf::Timestamp& OccurredAt(const v1::IntercomWebhook& event) {
  return event.created_at();
}
const google::protobuf::Timestamp& OccurredAt(const v1::DeadLetter& event) {
  return event.failed_at();
}

template <typename Message>
void Check(const Message& event) {
  Validate(event);
}
/// Whatever was set aside may be read again.
void Check(const v1::DeadLetter&) {}

template <typename Message>
void CheckSize(const std::string& value) {
  // Dead letters carry a whole record and more, and come from ourselves.
  if (std::is_same_v<Message, v1::DeadLetter> || value.size() <= kMostValueBytes) return;
  throw core::InvalidArgument("value",
                              "must have at most " + std::to_string(kMostValueBytes) + " bytes");
}

/// A generator for each thread, since to make one takes longer than all else about a record.
std::string NewEventId() {
  thread_local boost::uuids::random_generator_mt19937 generator;
  return boost::uuids::to_string(generator());
}

/// The content type without its parameters, in lower case.
std::string ContentType(const RecordHeaders& headers) {
  const auto found = headers.find("content-type");
  if (found == headers.end()) return std::string(kProtobuf);
  const std::string_view value = found->second;
  if (value == kProtobuf) return found->second;
  return core::ToLower(core::Trim(value.substr(0, value.find(';'))));
}

/// Protobuf says "name: problem", "(path) name: problem" or "(path): problem", or shows a piece of
/// the input in the lines after its problem, which may be personal and is left out.
core::InvalidArgument JsonProblem(std::string_view message) {
  constexpr std::size_t kMostFieldBytes = 200;
  constexpr std::size_t kMostProblemBytes = 300;
  message = message.substr(0, message.find('\n'));
  std::string field;
  if (const auto colon = message.find(": "); colon != std::string_view::npos) {
    const auto place = message.substr(0, colon);
    message.remove_prefix(colon + 2);
    const auto close = place.find(')');
    if (place.starts_with('(') && close != std::string_view::npos) {
      field = place.substr(1, close - 1);
      const auto name = core::Trim(place.substr(close + 1));
      if (!name.empty()) field += '.' + std::string(name);
    } else {
      field = place;
    }
  }
  return {std::string(core::CutUtf8(field, kMostFieldBytes)),
          "JSON that does not fit: " + std::string(core::CutUtf8(message, kMostProblemBytes))};
}

/// Protobuf's reader takes a time that grows with the square of the depth and worse, minutes for a
/// value of permitted size. Like it, this takes texts in single quotes.
void CheckDepth(std::string_view json) {
  constexpr int kDeepest = 32;
  int depth = 0;
  char quote = '\0';
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quote != '\0') {
      if (c == '\\') ++i;
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepest) {
        throw core::InvalidArgument(
            "", "JSON with more than " + std::to_string(kDeepest) + " levels of brackets");
      }
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

template <typename Message>
Message Parse(const Record& record) {
  const auto& value = *record.value;
  const auto content_type = ContentType(record.headers);
  Message event;
  if (content_type == kJson) {
    CheckDepth(value);
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = false;
    const auto status = google::protobuf::util::JsonStringToMessage(value, &event, options);
    if (!status.ok()) throw JsonProblem(status.message().ToString());
  } else if (content_type == kProtobuf || content_type == "application/protobuf") {
    if (!event.ParseFromString(value)) {
      throw core::InvalidArgument("", "not a Protobuf message of type " + event.GetTypeName());
    }
  } else {
    throw core::InvalidArgument("content-type",
                                "must be application/x-protobuf or application/json");
  }
  return event;
}

}  // namespace

std::string KeyOf(const v1::Subject& subject) {
  auto key = std::to_string(subject.product_id());
  key += '/';
  key += KindName(subject.kind());
  return WithPart(std::move(key), subject.subject_id());
}
std::string KeyOf(const v1::SubjectIdentified& event) { return KeyOf(event.subject()); }
std::string KeyOf(const v1::TraitChanged& event) {
  return WithPart(WithPart(KeyOf(event.subject()), event.profile_id()), event.trait());
}
std::string KeyOf(const v1::SegmentEntered& event) {
  return WithPart(WithPart(KeyOf(event.subject()), event.profile_id()), event.segment());
}
std::string KeyOf(const v1::SegmentExited& event) {
  return WithPart(WithPart(KeyOf(event.subject()), event.profile_id()), event.segment());
}
std::string KeyOf(const v1::UserMatched& event) { return KeyOf(event.subject()); }
std::string KeyOf(const v1::ProfileChanged& event) {
  return WithPart(std::to_string(event.product_id()) + "/profile", event.profile_id());
}
std::string KeyOf(const v1::ConnectionChanged& event) {
  return std::to_string(event.product_id()) + "/connection/intercom";
}
std::string KeyOf(const v1::IntercomWebhook& event) {
  return WithPart(core::EncodeKeyPart(event.workspace_id()), event.notification_id());
}
std::string KeyOf(const v1::TagApplied& event) {
  return WithPart(KeyOf(event.subject()), core::ToLower(event.tag()));
}
std::string KeyOf(const v1::DeadLetter& event) {
  return core::EncodeKeyPart(event.topic()) + '/' + std::to_string(event.partition()) + '/' +
         std::to_string(event.offset());
}

template <typename Message>
OutgoingRecord ToRecord(const Message& event) {
  OutgoingRecord record;
  record.topic = TopicOf<Message>();
  record.key = KeyOf(event);
  record.value = event.SerializeAsString();
  CheckSize<Message>(*record.value);
  // One by one and in their order: a list of them would be copied.
  auto& headers = record.headers;
  headers.emplace_hint(headers.end(), "content-type", kProtobuf);
  headers.emplace_hint(headers.end(), "event-id", NewEventId());
  headers.emplace_hint(headers.end(), "event-type", record.topic);
  headers.emplace_hint(headers.end(), "occurred-at",
                       google::protobuf::util::TimeUtil::ToString(OccurredAt(event)));
  if (const auto trace = telemetry::CurrentTrace()) {
    headers.emplace_hint(headers.end(), "traceparent", telemetry::ToTraceparent(*trace));
  }
  return record;
}

template <typename Message>
Message FromRecord(const Record& record) {
  if (!record.value) throw core::InvalidArgument("value", "a tombstone is no event");
  // Dead letters carry a whole record and more; they come from ourselves.
  if (record.value->size() > kMostValueBytes && !std::is_same_v<Message, v1::DeadLetter>) {
    throw core::InvalidArgument("value",
                                "must have at most " + std::to_string(kMostValueBytes) + " bytes");
  }
  auto event = Parse<Message>(record);
  Check(event);
  if (const auto key = KeyOf(event); record.key != key) {
    throw core::InvalidArgument("key", "must be the fact's identity, " + key);
  }
  return event;
}

template OutgoingRecord ToRecord(const v1::SubjectIdentified&);
template OutgoingRecord ToRecord(const v1::TraitChanged&);
template OutgoingRecord ToRecord(const v1::SegmentEntered&);
template OutgoingRecord ToRecord(const v1::SegmentExited&);
template OutgoingRecord ToRecord(const v1::UserMatched&);
template OutgoingRecord ToRecord(const v1::ProfileChanged&);
template OutgoingRecord ToRecord(const v1::ConnectionChanged&);
template OutgoingRecord ToRecord(const v1::IntercomWebhook&);
template OutgoingRecord ToRecord(const v1::TagApplied&);
template OutgoingRecord ToRecord(const v1::DeadLetter&);

template v1::SubjectIdentified FromRecord(const Record&);
template v1::TraitChanged FromRecord(const Record&);
template v1::SegmentEntered FromRecord(const Record&);
template v1::SegmentExited FromRecord(const Record&);
template v1::UserMatched FromRecord(const Record&);
template v1::ProfileChanged FromRecord(const Record&);
template v1::ConnectionChanged FromRecord(const Record&);
template v1::IntercomWebhook FromRecord(const Record&);
template v1::TagApplied FromRecord(const Record&);
template v1::DeadLetter FromRecord(const Record&);

core::TimePoint ToTime(const google::protobuf::Timestamp& timestamp) {
  return core::TimePoint(std::chrono::duration_cast<core::TimePoint::duration>(
      std::chrono::seconds(timestamp.seconds()) + std::chrono::nanoseconds(timestamp.nanos())));
}

void SetTime(core::TimePoint time, google::protobuf::Timestamp& timestamp) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  timestamp.set_seconds(seconds.time_since_epoch().count());
  timestamp.set_nanos(static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time - seconds).count()));
}

}  // namespace accoil::events
