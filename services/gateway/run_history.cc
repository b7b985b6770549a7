#include "services/gateway/run_history.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <vector>

#include "libs/events/event.h"
#include "services/gateway/json_values.h"

namespace accoil::gateway {
namespace {

using nlohmann::ordered_json;

struct Dated {
  /// Runs that have not begun sort as the newest.
  core::TimePoint started;
  std::int64_t run_id;
  ordered_json run;
};

/// `items`, `matched` and `method` are what the two kinds of run do not have alike.
template <typename Run>
Dated DatedRun(const std::string& kind, const Run& run, std::int64_t items, ordered_json matched,
               ordered_json method) {
  return {run.has_started_at() ? events::ToTime(run.started_at()) : core::TimePoint::max(),
          run.run_id(),
          {{"kind", kind},
           {"run_id", run.run_id()},
           {"trigger", run.trigger()},
           {"state", run.state()},
           {"started_at", TimeOrNull(run.has_started_at(), run.started_at())},
           {"finished_at", TimeOrNull(run.has_finished_at(), run.finished_at())},
           {"items", items},
           {"matched", std::move(matched)},
           {"calls", run.calls()},
           {"method", std::move(method)},
           {"error", TextOrNull(run.error())}}};
}

}  // namespace

ordered_json RunHistory(const matcher::v1::ListRunsResponse& matching,
                        const traitsync::v1::ListRunsResponse& sync, std::size_t limit) {
  std::vector<Dated> dated;
  for (const auto& run : matching.runs()) {
    dated.push_back(
        DatedRun("matching", run, run.users(), run.matched(), TextOrNull(run.method())));
  }
  for (const auto& run : sync.runs()) {
    dated.push_back(DatedRun(run.kind(), run, run.items(), nullptr, nullptr));
  }
  std::stable_sort(dated.begin(), dated.end(), [](const Dated& a, const Dated& b) {
    return std::tie(a.started, a.run_id) > std::tie(b.started, b.run_id);
  });
  if (dated.size() > limit) dated.resize(limit);
  auto runs = ordered_json::array();
  for (auto& run : dated) runs.push_back(std::move(run.run));
  return {{"runs", std::move(runs)}};
}

}  // namespace accoil::gateway
