#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/http/message.h"
#include "libs/intercom/outcome.h"
#include "libs/intercom/types.h"

/// Reads Intercom's answers, which come from outside: whatever the bytes are, a reader answers the
/// object or nothing and never throws. Fields that the suite does not use are passed over.
namespace accoil::intercom {

/// The token of a code's exchange: printable ASCII, so that it can stand in a header.
std::optional<std::string> ReadAccessToken(std::string_view body);
std::optional<Workspace> ReadWorkspace(std::string_view body);
std::optional<Contact> ReadContact(std::string_view body);
std::optional<Page<Contact>> ReadContacts(std::string_view body);
std::optional<Company> ReadCompany(std::string_view body);
/// The cursor of the next page is its number.
std::optional<Page<Company>> ReadCompanies(std::string_view body);
std::optional<DataAttribute> ReadDataAttribute(std::string_view body);
std::optional<std::vector<DataAttribute>> ReadDataAttributes(std::string_view body);
std::optional<Tag> ReadTag(std::string_view body);

/// The X-RateLimit-* headers of an answer; nothing unless all three are there and can be.
std::optional<RateLimit> ReadRateLimit(const http::Headers& headers);

/// The failure that an answer with this status (400 and above) stands for, with the first error of
/// its error.list if it has one.
Failure ReadFailure(int status, std::string_view body);

}  // namespace accoil::intercom
