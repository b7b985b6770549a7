#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/core/ids.h"
#include "libs/core/run.h"
#include "libs/intercom/outcome.h"
#include "libs/rpc/tls.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::intercom {

using Priority = connections::v1::CallPriority;

/// Calls that may be sent to a workspace until `valid_until`.
struct Grant {
  int calls = 0;
  std::int64_t window_id = 0;
  std::chrono::steady_clock::time_point valid_until;
  /// When fewer were granted than wanted: how long to wait before asking again.
  std::chrono::milliseconds retry_after{0};
};

/// A service's side of the call budget: asks `connections` for leases and reports what became of
/// them, together with the next lease or within a tenth of a second. Every granted call must end in
/// Ended or Unused, or its place stays taken until its window and the calls' time-out have passed.
/// Any thread.
class Budget final : public core::Part {
 public:
  Budget(const rpc::Target& connections, telemetry::Telemetry& telemetry);
  ~Budget() override;

  /// Up to `wanted` calls, at least as many as the window has; none is an ordinary answer. Throws
  /// core::Unavailable when the authority cannot be reached: then nothing may be sent.
  Grant Lease(const core::WorkspaceId& workspace, Priority priority, int wanted);
  /// A leased call has ended, whatever its answer.
  void Ended(const core::WorkspaceId& workspace, std::int64_t window_id,
             const std::optional<RateLimit>& rate_limit, bool throttled);
  /// Leased calls that will not be sent.
  void Unused(const core::WorkspaceId& workspace, std::int64_t window_id, int calls);

  /// Starts the thread that reports.
  void Start() override;
  /// Reports what is left.
  void Stop() override;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::intercom
