#include "libs/http/failure.h"

#include "libs/core/errors.h"

namespace accoil::http {

Response FromFailure(const std::exception_ptr& failure, const Request& request,
                     const telemetry::Logger& logger) {
  try {
    std::rethrow_exception(failure);
  } catch (const core::InvalidArgument& error) {
    return Problem(400, error.problem(), error.field());
  } catch (const core::Unauthenticated& error) {
    auto response = Problem(401, error.what());
    response.headers["WWW-Authenticate"] = "Bearer";
    return response;
  } catch (const core::PermissionDenied& error) {
    return Problem(403, error.what());
  } catch (const core::NotFound& error) {
    return Problem(404, error.what());
  } catch (const core::Conflict& error) {
    return Problem(409, error.what());
  } catch (const core::FailedPrecondition& error) {
    return Problem(409, error.what());
  } catch (const core::Unavailable& error) {
    auto response = Problem(503, error.what());
    response.headers["Retry-After"] = "1";
    return response;
  } catch (const core::DeadlineExceeded& error) {
    return Problem(504, error.what());
  } catch (const std::exception& error) {
    logger.Error("a request failed",
                 {{"method", request.method}, {"path", request.path}, {"error", error.what()}});
  } catch (...) {
    logger.Error("a request failed with something that is no exception",
                 {{"method", request.method}, {"path", request.path}});
  }
  return Problem(500, "an internal error; its cause is in the log");
}

}  // namespace accoil::http
