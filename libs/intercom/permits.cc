#include "libs/intercom/permits.h"

#include <algorithm>

#include "libs/core/errors.h"

namespace accoil::intercom {
namespace {

// A call takes a moment from here to Intercom; one that would leave in the lease's last moment
// could arrive in the next window.
constexpr std::chrono::milliseconds kMargin(20);
// The most that one lease asks for, however much is planned. The reports of the calls before go
// with the next lease, so the authority learns of a limit that shrank before much is sent past it.
constexpr int kMostLeased = 32;
constexpr std::chrono::milliseconds kAuthorityAway(500);

}  // namespace

Permits::~Permits() {
  const std::lock_guard lock(mutex_);
  GiveBackLocked();
}

void Permits::Reserve(int calls) {
  const std::lock_guard lock(mutex_);
  planned_ = calls;
  if (calls > 0 && grant_.calls == 0) LeaseLocked();
}

std::optional<std::int64_t> Permits::Take() {
  const std::lock_guard lock(mutex_);
  if (grant_.calls > 0 && std::chrono::steady_clock::now() + kMargin >= grant_.valid_until) {
    GiveBackLocked();
  }
  if (grant_.calls == 0 && !exhausted_) LeaseLocked();
  if (grant_.calls == 0) return std::nullopt;
  --grant_.calls;
  ++calls_;
  planned_ = std::max(0, planned_ - 1);
  return grant_.window_id;
}

void Permits::LeaseLocked() {
  const int wanted = std::clamp(planned_, 1, kMostLeased);
  try {
    grant_ = leases_.Lease(workspace_, priority_, wanted);
  } catch (const core::Unavailable& error) {
    // Without its word nothing may be sent; what was claimed is released, not lost.
    grant_ = {};
    grant_.retry_after = kAuthorityAway;
    problem_ = error.what();
  }
  if (grant_.calls < wanted) {
    // What was granted is used up first; then this work ends instead of asking for every call.
    exhausted_ = true;
    retry_after_ = grant_.retry_after;
  }
}

void Permits::GiveBackLocked() {
  if (grant_.calls > 0) leases_.Unused(workspace_, grant_.window_id, grant_.calls);
  grant_.calls = 0;
}

bool Permits::exhausted() const {
  const std::lock_guard lock(mutex_);
  return exhausted_;
}

int Permits::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::string Permits::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

std::chrono::milliseconds Permits::retry_after() const {
  const std::lock_guard lock(mutex_);
  return retry_after_;
}

}  // namespace accoil::intercom
