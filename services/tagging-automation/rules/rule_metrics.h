#pragma once

#include <chrono>
#include <map>
#include <string>

#include "libs/telemetry/telemetry.h"
#include "services/tagging-automation/rules/rule.h"

namespace accoil::tagging {

/// The metrics of rules behind methods named for what happened. Any thread.
class RuleMetrics {
 public:
  explicit RuleMetrics(telemetry::Telemetry& telemetry);

  /// So many rules were looked at for some subjects, which took so long without the database.
  void Evaluated(int rules, std::chrono::duration<double> took);
  void Fired(const Trigger& trigger);
  /// An entry waits for its filter; its filter became true in time; it did not.
  void FilterAwaited();
  void FilterPassed();
  void FilterMissed();
  /// Subjects that were looked at because time had passed.
  void Revisited(int subjects);
  /// Subjects that settling came to.
  void Settled(int subjects);

 private:
  telemetry::Counter evaluations_;
  telemetry::Histogram duration_;
  telemetry::Counter awaited_;
  telemetry::Counter passed_;
  telemetry::Counter missed_;
  telemetry::Counter revisited_;
  telemetry::Counter settled_;
  std::map<std::string, telemetry::Counter> fired_;
};

}  // namespace accoil::tagging
