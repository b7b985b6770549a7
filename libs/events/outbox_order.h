#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "libs/events/producer.h"
#include "libs/events/record.h"

namespace accoil::events {

/// Which of the published records are done with. Not those that failed, nor those of the same topic
/// and key behind a failed one, acknowledged or not: they are published again behind it, so that
/// the key's newest record stays its last.
std::vector<std::size_t> DoneWith(std::span<const OutgoingRecord> records,
                                  std::span<const Producer::Failure> failures);

}  // namespace accoil::events
