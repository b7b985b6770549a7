#include "libs/core/run.h"

#include <semaphore.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace accoil::core {
namespace {

// A signal handler can only reach what has static storage; it posts and nothing else.
sem_t signalled;
volatile std::sig_atomic_t signals_seen = 0;

void OnSignal(int) {
  signals_seen = signals_seen + 1;
  if (signals_seen > 1) std::_Exit(130);
  sem_post(&signalled);
}

}  // namespace

std::chrono::milliseconds DrainTimeFromEnvironment(Environment& environment) {
  using namespace std::chrono_literals;
  return environment.Duration("ACCOIL_DRAIN_TIME", 1s, 0s, 5min);
}

int RunUntilSignalled(std::chrono::milliseconds drain, std::span<Part* const> parts) {
  sem_init(&signalled, 0, 0);
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  // A peer that goes away shows as an error of the write, not as the death of the process.
  std::signal(SIGPIPE, SIG_IGN);

  int status = 0;
  std::size_t started = 0;
  try {
    for (; started < parts.size(); ++started) parts[started]->Start();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cannot start: %s\n", error.what());
    status = 1;
  }
  if (status == 0) {
    while (sem_wait(&signalled) != 0) {
    }
    for (auto* part : parts) part->Leave();
    std::this_thread::sleep_for(drain);
  }
  while (started > 0) parts[--started]->Stop();
  return status;
}

struct Loop::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  bool woken = false;
  std::thread thread;
};

Loop::Loop(Step step, Failed failed)
    : step_(std::move(step)), failed_(std::move(failed)), state_(std::make_unique<State>()) {}

Loop::~Loop() { Stop(); }

void Loop::Start() {
  state_->thread = std::thread([this] { Run(); });
}

void Loop::Stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

void Loop::Wake() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->woken = true;
  }
  state_->changed.notify_all();
}

void Loop::Run() {
  while (true) {
    {
      const std::lock_guard lock(state_->mutex);
      if (state_->stopping) return;
      state_->woken = false;
    }
    std::chrono::milliseconds rest{};
    try {
      rest = step_();
    } catch (const std::exception& error) {
      rest = failed_(error);
    }
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, rest, [this] { return state_->stopping || state_->woken; });
  }
}

}  // namespace accoil::core
