#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "libs/core/backoff.h"
#include "libs/core/run.h"
#include "libs/telemetry/trace.h"
#include "services/matcher/contact_source.h"
#include "services/matcher/workbench.h"

namespace accoil::matcher {

/// Does the work of matching: some threads that claim a product each, do what is due for it and
/// give it back. Replicas share the products by claims in the database; a claim that is not renewed
/// goes to another.
///
/// Work that fails leaves everything due, and its product rests for a while that grows with every
/// failure in a row; a run that fails says so in the history, and another follows it.
class MatchingRuns final : public core::Part {
 public:
  /// All of these outlive it. `stopping` is the flag of `tools`, which Stop sets.
  MatchingRuns(const Tools& tools, ContactSources& sources, std::atomic<bool>& stopping,
               core::RandomSource random);

  void Start() override;
  /// Puts off what is under way at its next step.
  void Stop() override;
  /// There may be work; any thread.
  void Wake();

  /// Does one piece of work if there is any; whether there was. `owner` names the claim.
  bool WorkOnce(const std::string& owner);

 private:
  void Work(Claim& claim);
  void Failed(Claim& claim, const std::exception& error, bool progress_stands);
  void PutOff(Claim& claim);

  const Tools& tools_;
  telemetry::Sampler sampler_{1};
  ContactSources& sources_;
  std::atomic<bool>& stopping_;
  core::RandomSource random_;
  std::vector<std::unique_ptr<core::Loop>> loops_;
};

}  // namespace accoil::matcher
