#pragma once

#include <vector>

#include "libs/events/batch.h"
#include "libs/postgres/database.h"

namespace accoil::widget {

/// The service's tables.
std::vector<postgres::Migration> Migrations();

/// From event to table: keeps what is newer than what is known, in batches, rows in key order,
/// and notes whose lists they change.
/// While the model is rebuilt, what is told again counts as newer. Stateless; within the consumer's
/// transaction.
class ReadModel {
 public:
  void ApplyConnections(postgres::Transaction& tx, const events::Batch& batch) const;
  void ApplyProfiles(postgres::Transaction& tx, const events::Batch& batch) const;
  void ApplySubjects(postgres::Transaction& tx, const events::Batch& batch) const;
  void ApplyTraits(postgres::Transaction& tx, const events::Batch& batch) const;
  void ApplyMemberships(postgres::Transaction& tx, const events::Batch& batch) const;
  void ApplyMatches(postgres::Transaction& tx, const events::Batch& batch) const;
  void ApplyTags(postgres::Transaction& tx, const events::Batch& batch) const;
};

}  // namespace accoil::widget
