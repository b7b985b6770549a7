#pragma once

#include <chrono>
#include <functional>

#include "libs/core/run.h"
#include "services/trait-sync/metrics.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {

/// Walks the sweeps that are due, a slice at a time, one replica a slice. What it is given outlives
/// it.
class Sweeper final : public core::Part {
 public:
  /// Deliveries that are marked at a time.
  static constexpr int kSlice = 5'000;

  /// `marked` is called when a slice was marked.
  Sweeper(Store& store, std::chrono::milliseconds interval, Warnings& warnings,
          std::function<void()> marked);

  void Start() override { loop_.Start(); }
  void Stop() override { loop_.Stop(); }
  /// A sweep was asked for; any thread.
  void Wake() { loop_.Wake(); }

 private:
  core::Loop loop_;
};

}  // namespace accoil::traitsync
