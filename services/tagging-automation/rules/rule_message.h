#pragma once

#include <string>

#include "accoil/tagging/v1/tagging.pb.h"
#include "services/tagging-automation/rules/rule.h"

/// Rules as tagging.proto has them.
namespace accoil::tagging {

/// Checks everything that can be checked without the profile: core::InvalidArgument names the
/// field, for example "actions[2].tag".
RuleDefinition DefinitionOf(const v1::Rule& message);

v1::Rule ToMessage(const Rule& rule);

/// Trigger, filter and actions, as they are stored.
std::string DefinitionBytes(const RuleDefinition& definition);
/// Reads them into a definition; throws std::runtime_error for anything else.
void ReadDefinition(const std::string& bytes, RuleDefinition& definition);

}  // namespace accoil::tagging
