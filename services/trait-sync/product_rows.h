#pragma once

#include <optional>
#include <string>
#include <vector>

#include "accoil/events/v1/events.pb.h"
#include "libs/core/ids.h"
#include "libs/postgres/database.h"
#include "services/trait-sync/attribute_row.h"
#include "services/trait-sync/profile.h"

/// What is known of a product, for the statements of reports.
namespace accoil::traitsync {

struct ConnectionRow {
  core::WorkspaceId workspace;
  events::v1::ConnectionState state = events::v1::CONNECTION_STATE_UNSPECIFIED;
  std::string prefix;
};
/// Nothing when the product never had one.
std::optional<ConnectionRow> FindConnection(postgres::Transaction& tx, core::ProductId product);

/// Every profile that is not removed, also those that are off, in the order of their ids.
std::vector<Profile> FindProfiles(postgres::Transaction& tx, core::ProductId product);

/// Of a row with the columns of `attribute` that AttributeRow has.
AttributeRow AttributeOf(const postgres::Row& row);

}  // namespace accoil::traitsync
