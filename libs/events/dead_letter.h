#pragma once

#include <string>

#include "accoil/events/v1/events.pb.h"
#include "libs/core/clock.h"
#include "libs/events/batch_applier.h"
#include "libs/events/record.h"

namespace accoil::events {

/// The dead letter of a record that `consumer` gave up on, continuing the record's trace.
OutgoingRecord ToDeadLetter(const Rejected& rejected, const std::string& consumer,
                            core::TimePoint now);

/// Whether the letter has only the beginning of its record's value.
bool IsCut(const v1::DeadLetter& letter);

}  // namespace accoil::events
