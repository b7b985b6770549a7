#pragma once

#include <array>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <span>

#include "libs/core/environment.h"

namespace accoil::core {

/// Something with a life of its own in a service: a server, a consumer, a loop. Start returns when
/// it works (or throws), Stop when it has finished what it had in hand. Both are called once, from
/// the main thread.
class Part {
 public:
  virtual ~Part() = default;
  virtual void Start() = 0;
  virtual void Stop() = 0;
  /// The process is about to stop: tells so to whoever asks, and goes on. Called before any Stop.
  virtual void Leave() {}
};

/// ACCOIL_DRAIN_TIME: how long a process that is told to stop says that it is leaving before it
/// takes nothing more, so that proxies and clients turn to other replicas first.
std::chrono::milliseconds DrainTimeFromEnvironment(Environment& environment);

/// Starts the parts in order, waits for SIGTERM or SIGINT, has all of them Leave, goes on for
/// `drain`, stops them in reverse. Answers the process's exit status: 0 after a signal, 1 when a
/// part could not start (the reason goes to standard error). A second signal ends the process at
/// once.
int RunUntilSignalled(std::chrono::milliseconds drain, std::span<Part* const> parts);

template <typename... Parts>
int RunUntilSignalled(std::chrono::milliseconds drain, Parts&... parts) {
  const std::array<Part*, sizeof...(Parts)> all{&parts...};
  return RunUntilSignalled(drain, std::span<Part* const>(all));
}

/// A thread that repeats `step` until it is stopped. The step answers how long to rest before the
/// next one; Wake cuts the rest short. What a step throws is given to `failed`, which answers the
/// rest before the next try.
class Loop final : public Part {
 public:
  using Step = std::function<std::chrono::milliseconds()>;
  using Failed = std::function<std::chrono::milliseconds(const std::exception&)>;

  Loop(Step step, Failed failed);
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void Start() override;
  /// Waits for the step that is under way. May be called twice.
  void Stop() override;
  /// Any thread.
  void Wake();

 private:
  struct State;
  void Run();

  Step step_;
  Failed failed_;
  std::unique_ptr<State> state_;
};

}  // namespace accoil::core
