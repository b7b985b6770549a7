#pragma once

#include <cstdint>
#include <string>

#include "tests/demo-data/random.h"

namespace accoil::demo {

/// A person's name; `email_part` is its spelling in an email address.
struct PersonName {
  std::string shown;
  std::string email_part;
};
PersonName MakePersonName(Random& random);

/// The name of account number `index`; no two accounts have the same.
std::string AccountName(std::uint64_t index);
/// The email domain of account number `index`, below the reserved top level domain `example`.
std::string AccountDomain(std::uint64_t index);

}  // namespace accoil::demo
