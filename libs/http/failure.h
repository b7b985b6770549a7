#pragma once

#include <exception>

#include "libs/http/message.h"
#include "libs/telemetry/log.h"

namespace accoil::http {

/// The answer to a request whose handler threw; see Handler for which error becomes what. What is
/// a defect goes to the log and not to the client.
Response FromFailure(const std::exception_ptr& failure, const Request& request,
                     const telemetry::Logger& logger);

}  // namespace accoil::http
