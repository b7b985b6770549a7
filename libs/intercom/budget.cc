#include "libs/intercom/budget.h"

#include "accoil/connections/v1/connections.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/rpc/call.h"

namespace accoil::intercom {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLeaseTimeout(2'000);
// Reports must be known before their window ends to be of use; more often than this would be a call
// of our own for every few of Intercom's.
constexpr milliseconds kReportInterval(100);

milliseconds ToMilliseconds(const google::protobuf::Duration& duration) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::seconds(duration.seconds()) +
                                                  std::chrono::nanoseconds(duration.nanos()));
}

/// Puts what a header told into a report: the lowest remaining of the newest window counts, since
/// every answer behind it is accounted for in it.
void Merge(const RateLimit& seen, connections::v1::CallReport& report) {
  auto& merged = *report.mutable_rate_limit();
  if (merged.reset() < seen.reset) {
    merged.set_limit(seen.limit);
    merged.set_remaining(seen.remaining);
    merged.set_reset(seen.reset);
  } else if (merged.reset() == seen.reset) {
    merged.set_limit(seen.limit);
    merged.set_remaining(std::min(merged.remaining(), seen.remaining));
  }
}

}  // namespace

struct Budget::Implementation {
  Implementation(const rpc::Target& connections, telemetry::Telemetry& telemetry)
      : stub(connections::v1::CallBudget::NewStub(rpc::MakeChannel(connections))),
        logger(telemetry.logger()),
        granted(telemetry.metrics().MakeCounter("accoil_budget_granted_calls_total",
                                                "Calls that the budget granted.")),
        refused(telemetry.metrics().MakeCounter(
            "accoil_budget_refused_calls_total",
            "Calls that were wanted and not granted; they are asked for again.")),
        reporter(
            [this] {
              ReportAll();
              return kReportInterval;
            },
            [this](const std::exception& error) {
              logger.Warn("cannot report calls to the budget", {{"problem", error.what()}});
              return kReportInterval * 5;
            }) {}

  /// Reports by window and whether their answers had rate-limit headers: headers account for all
  /// calls of their report, so calls without any need one of their own. The newest headers of a
  /// report are merged.
  using Pending = std::map<std::pair<std::int64_t, bool>, connections::v1::CallReport>;

  connections::v1::CallReport& ReportOf(const std::string& workspace, std::int64_t window_id,
                                        bool with_headers) {
    auto& report = pending[workspace][{window_id, with_headers}];
    report.set_window_id(window_id);
    return report;
  }

  Pending TakePending(const std::string& workspace) {
    const std::lock_guard lock(mutex);
    const auto found = pending.find(workspace);
    if (found == pending.end()) return {};
    auto taken = std::move(found->second);
    pending.erase(found);
    return taken;
  }

  /// Keeps what may be told twice of reports that may or may not have been taken in: what
  /// Intercom's answers said. How many calls ended is not told again: counted twice they would free
  /// calls that are taken, missing they only hold places until their window has passed.
  void KeepSayable(const std::string& workspace, const Pending& reports) {
    const std::lock_guard lock(mutex);
    for (const auto& [key, report] : reports) {
      if (!report.has_rate_limit() && !report.throttled()) continue;
      auto& kept = ReportOf(workspace, key.first, key.second);
      kept.set_throttled(kept.throttled() || report.throttled());
      if (report.has_rate_limit()) {
        const auto& seen = report.rate_limit();
        Merge({seen.limit(), seen.remaining(), seen.reset()}, kept);
      }
    }
  }

  connections::v1::LeaseCallsResponse Exchange(const std::string& workspace, Priority priority,
                                               int wanted) {
    const auto reports = TakePending(workspace);
    connections::v1::LeaseCallsRequest request;
    request.set_workspace_id(workspace);
    request.set_priority(priority);
    request.set_wanted(wanted);
    for (const auto& [key, report] : reports) *request.add_reports() = report;
    try {
      return Ask(request, rpc::Lost::kFails);
    } catch (const core::Unavailable&) {
      KeepSayable(workspace, reports);
    } catch (const core::DeadlineExceeded& error) {
      KeepSayable(workspace, reports);
      throw core::Unavailable(error.what());
    }
    // A replica that goes away costs nobody a lease; one that was granted and lost holds its places
    // until they are forgotten.
    request.clear_reports();
    try {
      return Ask(request, rpc::Lost::kAgain);
    } catch (const core::DeadlineExceeded& error) {
      throw core::Unavailable(error.what());
    }
  }

  connections::v1::LeaseCallsResponse Ask(const connections::v1::LeaseCallsRequest& request,
                                          rpc::Lost lost) {
    return rpc::Call(*stub, &connections::v1::CallBudget::Stub::LeaseCalls, request, kLeaseTimeout,
                     "LeaseCalls", lost);
  }

  void ReportAll() {
    std::vector<std::string> workspaces;
    {
      const std::lock_guard lock(mutex);
      for (const auto& [workspace, reports] : pending) workspaces.push_back(workspace);
    }
    for (const auto& workspace : workspaces) {
      Exchange(workspace, connections::v1::MATCHING, 0);
    }
  }

  std::unique_ptr<connections::v1::CallBudget::Stub> stub;
  telemetry::Logger logger;
  telemetry::Counter granted;
  telemetry::Counter refused;
  std::mutex mutex;
  // By workspace; guarded by mutex.
  std::map<std::string, Pending> pending;
  core::Loop reporter;
};

Budget::Budget(const rpc::Target& connections, telemetry::Telemetry& telemetry)
    : implementation_(std::make_unique<Implementation>(connections, telemetry)) {}

Budget::~Budget() = default;

Grant Budget::Lease(const core::WorkspaceId& workspace, Priority priority, int wanted) {
  // The lease's time counts from before it was asked for: on the safe side of the network's delay.
  const auto asked = std::chrono::steady_clock::now();
  const auto response = implementation_->Exchange(workspace.value(), priority, wanted);
  implementation_->granted.Increment(response.granted());
  implementation_->refused.Increment(std::max(0, wanted - response.granted()));
  return {response.granted(), response.window_id(), asked + ToMilliseconds(response.valid_for()),
          ToMilliseconds(response.retry_after())};
}

void Budget::Ended(const core::WorkspaceId& workspace, std::int64_t window_id,
                   const std::optional<RateLimit>& rate_limit, bool throttled) {
  const std::lock_guard lock(implementation_->mutex);
  auto& report = implementation_->ReportOf(workspace.value(), window_id, rate_limit.has_value());
  report.set_ended(report.ended() + 1);
  report.set_throttled(report.throttled() || throttled);
  if (rate_limit) Merge(*rate_limit, report);
}

void Budget::Unused(const core::WorkspaceId& workspace, std::int64_t window_id, int calls) {
  if (calls <= 0) return;
  const std::lock_guard lock(implementation_->mutex);
  auto& report = implementation_->ReportOf(workspace.value(), window_id, false);
  report.set_unused(report.unused() + calls);
}

void Budget::Start() { implementation_->reporter.Start(); }

void Budget::Stop() {
  implementation_->reporter.Stop();
  try {
    implementation_->ReportAll();
  } catch (const core::Error& error) {
    // Their places come free by themselves when the window has passed.
    implementation_->logger.Warn("the last calls could not be reported to the budget",
                                 {{"problem", error.what()}});
  }
}

}  // namespace accoil::intercom
