#pragma once

#include <chrono>

#include "libs/core/backoff.h"

/// When rounds of deliveries and of clearings give up, and how long they wait.
namespace accoil::traitsync {

/// So many failures without a success between them are the workspace's, not the deliveries'.
inline constexpr int kTrouble = 5;
/// The most calls that are spent on finding a subject's refused attributes.
inline constexpr int kMostMendingCalls = 24;
/// Between the tries of a delivery that failed.
inline constexpr core::Backoff kBackoff{std::chrono::seconds(1), std::chrono::minutes(1)};
/// A connection that was refused is tried again at last after this: `connections` may have a newer
/// token than the one that was refused.
inline constexpr std::chrono::milliseconds kShutOut = std::chrono::minutes(1);

}  // namespace accoil::traitsync
