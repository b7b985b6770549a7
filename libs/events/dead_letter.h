#pragma once

#include <string>

#include "libs/core/clock.h"
#include "libs/events/batch_applier.h"
#include "libs/events/record.h"

namespace accoil::events {

/// The dead letter of a record that `consumer` gave up on, continuing the record's trace.
OutgoingRecord ToDeadLetter(const Rejected& rejected, const std::string& consumer,
                            core::TimePoint now);

}  // namespace accoil::events
