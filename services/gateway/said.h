#pragma once

#include <future>
#include <optional>
#include <string>
#include <utility>

#include "libs/core/errors.h"
#include "libs/telemetry/trace.h"

namespace accoil::gateway {

/// What another service said when it was asked, for answers that are put together from several
/// services and are worth something without one of them.
template <typename Message>
struct Said {
  /// Nothing when the service knows of none, or did not answer.
  std::optional<Message> message;
  /// Why the service did not answer, for people; empty when it did.
  std::string silence;

  bool answered() const { return silence.empty(); }
};

/// Calls `ask`. That there is no such thing is an answer; that nobody answers is told. Other errors
/// are thrown on.
template <typename Ask>
auto Listen(Ask ask) -> Said<decltype(ask())> {
  try {
    return {.message = ask(), .silence = {}};
  } catch (const core::NotFound&) {
    return {};
  } catch (const core::Unavailable& error) {
    return {.message = {}, .silence = error.what()};
  } catch (const core::DeadlineExceeded& error) {
    return {.message = {}, .silence = error.what()};
  }
}

/// Listens on another thread, so that several services are asked at once; works for the trace of
/// this thread. The future waits for it when it goes.
template <typename Ask>
auto ListenMeanwhile(Ask ask) {
  return std::async(std::launch::async, [ask = std::move(ask), trace = telemetry::CurrentTrace()] {
    const telemetry::TraceScope scope(trace);
    return Listen(ask);
  });
}

}  // namespace accoil::gateway
