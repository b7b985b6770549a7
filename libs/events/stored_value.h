#pragma once

#include <string>

namespace google::protobuf {
class Value;
}

namespace accoil::events {

/// A trait's value as it is stored: JSON text of a string, number or boolean, or NaN, Infinity,
/// -Infinity. Throws core::InvalidArgument for lists and objects. Null has no stored text; it must
/// not be given.
std::string StoredText(const google::protobuf::Value& value);

/// Whether a number is whole and within the 53 bits that JSON and Protobuf carry exactly.
bool IsWhole(double number);

}  // namespace accoil::events
