#pragma once

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

/// Single values of answers. Times are RFC 3339; what is not there is null.
namespace accoil::gateway {

/// Null when the text is empty.
nlohmann::ordered_json TextOrNull(const std::string& text);
/// Null unless `there`.
nlohmann::ordered_json TimeOrNull(bool there, const google::protobuf::Timestamp& time);
/// A number without a fraction is written without one.
nlohmann::ordered_json NumberToJson(double number);
/// Null unless `there`. A number without a fraction is written without one.
nlohmann::ordered_json ValueOrNull(bool there, const google::protobuf::Value& value);

}  // namespace accoil::gateway
