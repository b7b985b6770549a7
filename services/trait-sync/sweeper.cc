#include "services/trait-sync/sweeper.h"

namespace accoil::traitsync {
namespace {

using std::chrono::milliseconds;

// Also how soon a sweep goes on once the slice before is worked off.
constexpr milliseconds kIdle(200);
constexpr milliseconds kAfterError(2'000);
constexpr std::chrono::minutes kBetweenCleanings(1);

}  // namespace

Sweeper::Sweeper(Store& store, milliseconds interval, Warnings& warnings,
                 std::function<void()> marked)
    : loop_(
          [&store, interval, marked = std::move(marked),
           cleaned = std::chrono::steady_clock::time_point()]() mutable {
            const auto now = std::chrono::steady_clock::now();
            if (now - cleaned >= kBetweenCleanings) {
              store.ForgetUnconnectedChanges();
              store.StopUnconnectedSweeps();
              cleaned = now;
            }
            if (!store.SweepOnce(kSlice, interval)) return kIdle;
            marked();
            return milliseconds(0);
          },
          [&warnings](const std::exception& error) {
            warnings.Warn("sweep", "a sweep could not go on", error.what());
            return kAfterError;
          }) {}

}  // namespace accoil::traitsync
