#pragma once

#include "libs/conditions/condition.h"
#include "libs/conditions/lexer.h"

namespace accoil::conditions {

/// Reads a whole condition and checks it against the schema. Throws ConditionError at the first
/// thing that is wrong.
Node ParseNode(const Source& source, const Schema& schema);

}  // namespace accoil::conditions
