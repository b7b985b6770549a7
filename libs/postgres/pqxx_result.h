#pragma once

#include <pqxx/pqxx>

#include "libs/postgres/result.h"

namespace accoil::postgres {

/// Only for the .cc files of this library: libpqxx is known nowhere else.
struct ResultRows {
  pqxx::result rows;
};

}  // namespace accoil::postgres
