#pragma once

#include <string>
#include <string_view>

#include "accoil/events/v1/events.pb.h"
#include "libs/core/clock.h"
#include "libs/events/record.h"

/// The events of proto/accoil/events/v1: their topics, keys, limits and bytes.
namespace accoil::events {

/// The topic of a message type: "trait-changed" for TraitChanged. Specialised for every event.
template <typename Message>
std::string_view TopicOf();
template <>
std::string_view TopicOf<v1::SubjectIdentified>();
template <>
std::string_view TopicOf<v1::TraitChanged>();
template <>
std::string_view TopicOf<v1::SegmentEntered>();
template <>
std::string_view TopicOf<v1::SegmentExited>();
template <>
std::string_view TopicOf<v1::UserMatched>();
template <>
std::string_view TopicOf<v1::ProfileChanged>();
template <>
std::string_view TopicOf<v1::ConnectionChanged>();
template <>
std::string_view TopicOf<v1::IntercomWebhook>();
template <>
std::string_view TopicOf<v1::TagApplied>();
template <>
std::string_view TopicOf<v1::DeadLetter>();

/// The identity of the fact, which is its record key: product/kind/subject/profile/trait. Kinds are
/// written user and account.
std::string KeyOf(const v1::Subject& subject);
std::string KeyOf(const v1::SubjectIdentified& event);
std::string KeyOf(const v1::TraitChanged& event);
std::string KeyOf(const v1::SegmentEntered& event);
std::string KeyOf(const v1::SegmentExited& event);
std::string KeyOf(const v1::UserMatched& event);
std::string KeyOf(const v1::ProfileChanged& event);
std::string KeyOf(const v1::ConnectionChanged& event);
/// workspace/notification.
std::string KeyOf(const v1::IntercomWebhook& event);
/// product/kind/subject/tag, the tag's ASCII letters in lower case.
std::string KeyOf(const v1::TagApplied& event);
/// topic/partition/offset of the record that failed.
std::string KeyOf(const v1::DeadLetter& event);

/// Throws core::InvalidArgument, naming the field and what would be right, unless the event keeps
/// the limits that its .proto states.
void Validate(const v1::SubjectIdentified& event);
void Validate(const v1::TraitChanged& event);
void Validate(const v1::SegmentEntered& event);
void Validate(const v1::SegmentExited& event);
void Validate(const v1::UserMatched& event);
void Validate(const v1::ProfileChanged& event);
void Validate(const v1::ConnectionChanged& event);
void Validate(const v1::IntercomWebhook& event);
void Validate(const v1::TagApplied& event);

/// As bytes for Kafka: Protobuf, with the headers event-id (a UUID), event-type (the topic's name),
/// occurred-at (RFC 3339), content-type and, when there is a current trace, traceparent. Does not
/// validate; throws core::InvalidArgument when it has more than 512 KiB.
template <typename Message>
OutgoingRecord ToRecord(const Message& event);

/// Reads a record's value: Protobuf, or JSON (Protobuf's mapping) when its content-type header is
/// application/json. Validates it and holds the key against it. Throws core::InvalidArgument.
/// A tombstone is no event: the caller passes over it.
template <typename Message>
Message FromRecord(const Record& record);

/// Instantiated for every event in event.cc.

/// Timestamps of events as points in time and back; a missing one is the epoch.
core::TimePoint ToTime(const google::protobuf::Timestamp& timestamp);
void SetTime(core::TimePoint time, google::protobuf::Timestamp& timestamp);

}  // namespace accoil::events
