#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "libs/core/environment.h"
#include "libs/core/run.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::http {

/// A service's own port for those who run it: /metrics, /healthz (the process is alive) and /readyz
/// (200 when every check passes and the service is not about to stop, else 503 with the reasons as
/// JSON).
class AdminServer final : public core::Part {
 public:
  /// Answers why the dependency is not usable, nothing when it is. Called for each /readyz; quick.
  using Check = std::function<std::optional<std::string>()>;

  AdminServer(core::HostPort address, telemetry::Telemetry& telemetry);
  ~AdminServer() override;

  /// Before Start.
  void AddCheck(const std::string& dependency, Check check);
  /// Called before each /metrics, to bring gauges up to date. Before Start.
  void OnScrape(std::function<void()> refresh);

  void Start() override;
  /// From now on the service is not ready.
  void Leave() override;
  void Stop() override;
  core::HostPort address() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::http
