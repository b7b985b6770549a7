#pragma once

#include <string>
#include <vector>

#include "libs/core/environment.h"

namespace accoil::service {

/// A variable of the process's environment.
struct Variable {
  std::string name;
  std::string value;
};

/// All of them.
std::vector<Variable> ProcessVariables();

/// What is wrong with variables that begin as our settings do and that nobody reads: one line each,
/// with the name that was probably meant. `own` are the settings that the program reads. Passed
/// over are
/// - settings of the suite's other programs: services of a set-up may share an environment,
/// - ACCOIL_LOCAL_, ACCOIL_TEST_, ACCOIL_SIMULATOR_ and the like, which are for our tools,
/// - what Kubernetes and Docker add for a service whose name begins with accoil:
///   ACCOIL_INTERCOM_GATEWAY_SERVICE_HOST, ACCOIL_INTERCOM_GATEWAY_PORT=tcp://….
std::vector<std::string> UnknownSettings(const std::vector<Variable>& variables,
                                         const std::vector<core::Setting>& own);

}  // namespace accoil::service
