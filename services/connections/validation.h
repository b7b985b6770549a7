#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "accoil/connections/v1/connections.pb.h"

/// The limits that connections.proto states. Each function throws core::InvalidArgument, naming the
/// field and what would be right.
namespace accoil::connections {

void ValidateProductId(std::int64_t product_id);
void ValidateProductName(std::string_view name);
void ValidateProfileId(std::string_view profile_id);
/// Fields are named as from the profile: "catalogue[3].type".
void ValidateProfile(const v1::Profile& profile);
void ValidateWorkspaceId(std::string_view workspace_id);
/// Printable ASCII without spaces, so that it can stand in a header. The message never quotes it.
void ValidateAccessToken(std::string_view token);
/// As ValidateAccessToken; empty is allowed.
void ValidateClientSecret(std::string_view secret);
/// Empty is allowed: it means the default.
void ValidateAttributePrefix(std::string_view prefix);
void ValidateApiKeyRequest(const v1::CreateApiKeyRequest& request);
void ValidateLeaseRequest(const v1::LeaseCallsRequest& request);

/// A profile's name as it stands in attribute names: without its spaces.
std::string WithoutSpaces(std::string_view name);

}  // namespace accoil::connections
