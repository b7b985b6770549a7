#include "services/connections/validation.h"

#include <algorithm>
#include <set>

#include "libs/core/errors.h"
#include "libs/core/text.h"

namespace accoil::connections {
namespace {

using core::InvalidArgument;

constexpr int kMostTraits = 200;
constexpr std::size_t kLongestDefinition = 1'000;
constexpr int kMostWanted = 1'000;
constexpr std::size_t kLongestSecret = 4'096;
/// The trait that is made of segment memberships.
constexpr std::string_view kSegments = "Segments";

void ValidateText(const std::string& field, std::string_view text, std::size_t least,
                  std::size_t most) {
  if (text.size() < least || text.size() > most || !core::IsPlainText(text)) {
    throw InvalidArgument(field, "must be " + std::to_string(least) + " to " +
                                     std::to_string(most) +
                                     " bytes of UTF-8 without control characters");
  }
}

void ValidateIdentifier(const std::string& field, std::string_view text) {
  if (!core::IsIdentifier(text)) {
    throw InvalidArgument(field, "must be 1 to 64 characters of [A-Za-z0-9_-]");
  }
}

void ValidateSecret(const std::string& field, std::string_view secret) {
  const bool printable =
      std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (secret.empty() || secret.size() > kLongestSecret || !printable) {
    throw InvalidArgument(field, "must be 1 to 4096 characters of printable ASCII without spaces");
  }
}

void ValidateTrait(const std::string& field, const events::v1::TraitDefinition& trait) {
  namespace events = events::v1;
  ValidateIdentifier(field + ".name", trait.name());
  if (!events::TraitType_IsValid(trait.type()) || trait.type() == events::TRAIT_TYPE_UNSPECIFIED) {
    throw InvalidArgument(field + ".type", "must be STRING, INTEGER, FLOAT, BOOLEAN or DATE");
  }
  if (trait.name() == kSegments && trait.type() != events::STRING) {
    throw InvalidArgument(field + ".type", "must be STRING for the trait Segments");
  }
  std::set<int> kinds(trait.on().begin(), trait.on().end());
  const bool known = std::all_of(kinds.begin(), kinds.end(), [](int kind) {
    return kind == events::USER || kind == events::ACCOUNT;
  });
  if (kinds.empty() || !known || static_cast<int>(kinds.size()) != trait.on_size()) {
    throw InvalidArgument(field + ".on", "must be USER, ACCOUNT or both, each once");
  }
  if (trait.definition().size() > kLongestDefinition || !core::IsUtf8(trait.definition())) {
    throw InvalidArgument(field + ".definition", "must be at most 1000 bytes of UTF-8");
  }
}

}  // namespace

void ValidateProductId(std::int64_t product_id) {
  if (product_id <= 0) throw InvalidArgument("product_id", "must be above 0");
}

void ValidateProductName(std::string_view name) {
  ValidateText("name", name, 1, 255);
  if (core::Trim(name).empty()) throw InvalidArgument("name", "must not be only spaces");
}

void ValidateProfileId(std::string_view profile_id) {
  ValidateIdentifier("profile_id", profile_id);
}

void ValidateProfile(const v1::Profile& profile) {
  ValidateProfileId(profile.profile_id());
  ValidateText("name", profile.name(), 1, 100);
  if (WithoutSpaces(profile.name()).empty()) {
    throw InvalidArgument("name", "must not be only spaces");
  }
  if (profile.catalogue_size() > kMostTraits) {
    throw InvalidArgument("catalogue", "must have at most 200 traits");
  }
  std::set<std::string_view> names;
  for (int index = 0; index < profile.catalogue_size(); ++index) {
    const auto field = "catalogue[" + std::to_string(index) + "]";
    ValidateTrait(field, profile.catalogue(index));
    if (!names.insert(profile.catalogue(index).name()).second) {
      throw InvalidArgument(field + ".name", "must be unique in the catalogue");
    }
  }
  if (!events::v1::SyncMode_IsValid(profile.sync_mode()) ||
      profile.sync_mode() == events::v1::SYNC_MODE_UNSPECIFIED) {
    throw InvalidArgument("sync_mode", "must be OFF, SEGMENTS_ONLY or ALL_TRAITS");
  }
}

void ValidateWorkspaceId(std::string_view workspace_id) {
  ValidateText("workspace_id", workspace_id, 1, 64);
}

void ValidateAccessToken(std::string_view token) { ValidateSecret("access_token", token); }

void ValidateClientSecret(std::string_view secret) {
  if (!secret.empty()) ValidateSecret("client_secret", secret);
}

void ValidateAttributePrefix(std::string_view prefix) {
  const bool plain = std::all_of(prefix.begin(), prefix.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (prefix.size() > 32 || !plain) {
    throw InvalidArgument("attribute_prefix", "must be 1 to 32 characters of [A-Za-z0-9-]");
  }
}

void ValidateApiKeyRequest(const v1::CreateApiKeyRequest& request) {
  ValidateProductId(request.product_id());
  ValidateText("label", request.label(), 0, 100);
  if (request.scopes().empty()) throw InvalidArgument("scopes", "must name at least one scope");
  for (const int scope : request.scopes()) {
    if (!v1::Scope_IsValid(scope) || scope == v1::SCOPE_UNSPECIFIED) {
      throw InvalidArgument("scopes", "must be INGEST, READ or ADMIN");
    }
  }
}

void ValidateLeaseRequest(const v1::LeaseCallsRequest& request) {
  ValidateWorkspaceId(request.workspace_id());
  if (request.wanted() < 0 || request.wanted() > kMostWanted) {
    throw InvalidArgument("wanted", "must be 0 to 1000");
  }
  const bool known = v1::CallPriority_IsValid(request.priority());
  const bool given = request.priority() != v1::CALL_PRIORITY_UNSPECIFIED;
  if (!known || (!given && request.wanted() > 0)) {
    throw InvalidArgument("priority", "must be INTERACTIVE, AUTOMATION, TRAITS or MATCHING");
  }
  for (int index = 0; index < request.reports_size(); ++index) {
    const auto& report = request.reports(index);
    if (report.ended() < 0 || report.unused() < 0) {
      throw InvalidArgument("reports[" + std::to_string(index) + "]",
                            "ended and unused must not be below 0");
    }
  }
}

std::string WithoutSpaces(std::string_view name) {
  std::string key(name);
  std::erase(key, ' ');
  return key;
}

}  // namespace accoil::connections
