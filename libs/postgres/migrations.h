#pragma once

#include <string>
#include <vector>

namespace accoil::postgres {

/// One step of a schema's history. Applied once, in order, each in the transaction that applies all
/// that are missing; never changed afterwards.
struct Migration {
  /// Its place and what it does, for example 0001_directory; unique in its schema.
  std::string name;
  std::string sql;
};

}  // namespace accoil::postgres
