#pragma once

#include <cstdint>
#include <string>

#include "libs/postgres/database.h"

namespace accoil::widget {

/// Rebuilds the read model from Kafka while the old one serves: a new epoch begins, all topics are
/// read again from their start, and when everything that was applied before has been told again,
/// rows that were not told in the new epoch are deleted. Its state is in the database, so that any
/// replica may die meanwhile. Stateless; any thread.
class Rebuild {
 public:
  explicit Rebuild(postgres::Database& database) : database_(database) {}

  struct Progress {
    std::int64_t epoch = 0;
    bool under_way = false;
    /// Records that are to be applied again, and those of them that still are.
    std::int64_t records = 0;
    std::int64_t left = 0;
  };

  /// Begins one; one that is under way begins anew.
  void Begin();
  Progress Look();
  /// Once everything was told again, deletes a slice of what was not, and ends the rebuild when
  /// nothing is left to delete. Answers whether it did anything.
  bool Sweep();

 private:
  postgres::Database& database_;
};

}  // namespace accoil::widget
