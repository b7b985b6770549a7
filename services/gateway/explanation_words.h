#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <vector>

#include "accoil/events/v1/events.pb.h"

/// How explanations name things.
namespace accoil::gateway {

/// "user" or "account".
std::string KindWord(events::v1::SubjectKind kind);
/// "The user u-1".
std::string Named(const events::v1::Subject& subject);
/// What a subject of the kind is in Intercom: "contact" or "company".
std::string TargetWord(events::v1::SubjectKind kind);
/// "2026-03-01T12:00:00Z", without fractions.
std::string TimeWord(const google::protobuf::Timestamp& time);
/// "1 value", "3 values".
std::string Count(std::int64_t count, const std::string& one);
/// "A, B and 3 more" of a long list.
std::string Few(const std::vector<std::string>& names);
/// "text: because." as a sentence; "text." where no reason is given.
std::string Because(const std::string& text, const std::string& reason);
/// With a full stop at its end, whoever wrote it.
std::string Sentence(std::string text);

}  // namespace accoil::gateway
