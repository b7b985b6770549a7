#include "services/matcher/matching_runs.h"

#include <random>

#include "services/matcher/matching_run.h"

namespace accoil::matcher {
namespace {

// Work that was put off without a failure is tried again so soon.
constexpr std::chrono::seconds kPutOff{1};

/// A name that no other worker has, in this replica or another.
std::string MakeOwner() {
  std::random_device random;
  std::string owner;
  for (int i = 0; i < 4; ++i) owner += std::to_string(random()) + (i < 3 ? "-" : "");
  return owner;
}

}  // namespace

MatchingRuns::MatchingRuns(const Tools& tools, ContactSources& sources, std::atomic<bool>& stopping,
                           core::RandomSource random)
    : tools_(tools), sources_(sources), stopping_(stopping), random_(std::move(random)) {
  for (int i = 0; i < tools_.config.workers; ++i) {
    loops_.push_back(std::make_unique<core::Loop>(
        [this, owner = MakeOwner()] {
          return WorkOnce(owner) ? std::chrono::milliseconds(0) : tools_.config.poll;
        },
        [this](const std::exception& error) {
          // The claim, if one was taken, runs out by itself.
          tools_.logger.Error("matching cannot work", {{"error", error.what()}});
          return std::chrono::milliseconds(1'000);
        }));
  }
}

void MatchingRuns::Start() {
  for (auto& loop : loops_) loop->Start();
}

void MatchingRuns::Stop() {
  stopping_ = true;
  for (auto& loop : loops_) loop->Stop();
}

void MatchingRuns::Wake() {
  for (auto& loop : loops_) loop->Wake();
}

bool MatchingRuns::WorkOnce(const std::string& owner) {
  if (stopping_) return false;
  const auto& config = tools_.config;
  auto claim = tools_.database.Transact([&](postgres::Transaction& tx) {
    const auto now = tools_.clock.Now();
    tools_.store.ScheduleRuns(tx, config.interval, now);
    return tools_.store.ClaimWork(tx, owner, config.claim, config.quiet, config.longest, now);
  });
  if (!claim) return false;
  Work(*claim);
  return true;
}

void MatchingRuns::Work(Claim& claim) {
  // For many users at once: a trace of its own, which its calls, events and deliveries share.
  const telemetry::TraceScope trace(
      telemetry::NewTrace(sampler_.Sample(std::chrono::steady_clock::now())));
  const auto began = tools_.clock.Now();
  const std::string trigger = claim.run ? claim.run->trigger : "changed";
  std::unique_ptr<ContactSource> source;
  std::optional<MatchingRun> work;
  const auto calls_before = claim.run ? claim.run->calls : 0;
  const auto count_calls = [&] {
    if (claim.run && source) claim.run->calls = calls_before + source->calls();
  };
  std::string outcome = "finished";
  std::string reason;
  try {
    source = sources_.Open(claim.connection.product, claim.connection.workspace);
    work.emplace(tools_, claim, *source);
    work->Execute();
    tools_.database.Transact([&](postgres::Transaction& tx) {
      tools_.store.Release(tx, claim, false, std::nullopt, tools_.clock.Now());
    });
  } catch (const Superseded& error) {
    outcome = "superseded";
    reason = error.what();
  } catch (const Postponed& error) {
    outcome = "postponed";
    reason = error.what();
    count_calls();
    PutOff(claim);
  } catch (const postgres::DatabaseUnavailable&) {
    // Nothing can be noted down; the claim runs out, and the work goes on from its last step.
    throw;
  } catch (const SourceFailed& error) {
    outcome = "failed";
    reason = error.what();
    count_calls();
    Failed(claim, error, error.retryable());
  } catch (const std::exception& error) {
    outcome = "failed";
    reason = error.what();
    count_calls();
    Failed(claim, error, false);
  }
  const auto took = tools_.clock.Now() - began;
  tools_.metrics.RunEnded(trigger, outcome, took);
  const auto seconds = std::chrono::duration<double>(took).count();
  const auto write = [&](auto level, std::string_view message) {
    (tools_.logger.*level)(message, {{"product_id", claim.connection.product.value()},
                                     {"workspace_id", claim.connection.workspace.value()},
                                     {"trigger", trigger},
                                     {"run_id", claim.run ? claim.run->id : 0},
                                     {"outcome", outcome},
                                     {"method", work ? work->method() : std::string()},
                                     {"users", work ? work->users() : 0},
                                     {"matched", work ? work->matched() : 0},
                                     {"accounts", work ? work->accounts() : 0},
                                     {"calls", source ? source->calls() : 0},
                                     {"seconds", seconds},
                                     {"reason", reason}});
  };
  if (outcome == "failed") {
    write(&telemetry::Logger::Warn, "matching failed");
  } else {
    write(&telemetry::Logger::Info, "matching ended");
  }
}

void MatchingRuns::PutOff(Claim& claim) {
  tools_.database.Transact([&](postgres::Transaction& tx) {
    if (!tools_.store.Hold(tx, claim, tools_.config.claim, tools_.clock.Now())) return;
    if (claim.run) {
      claim.run->state = "waiting";
      tools_.store.SaveRun(tx, *claim.run);
    }
    tools_.store.Release(tx, claim, false, kPutOff, tools_.clock.Now());
  });
}

void MatchingRuns::Failed(Claim& claim, const std::exception& error, bool progress_stands) {
  const auto wait = tools_.config.backoff.Delay(claim.failures + 1, random_);
  tools_.database.Transact([&](postgres::Transaction& tx) {
    const auto now = tools_.clock.Now();
    // The run may be another's by now, or ended with the connection.
    if (!tools_.store.Hold(tx, claim, tools_.config.claim, now)) return;
    if (claim.run) {
      auto failed = *claim.run;
      failed.state = "failed";
      failed.error = error.what();
      failed.finished_at = now;
      tools_.store.SaveRun(tx, failed);
      // What was refused for good (a cursor that is no longer known) is begun anew.
      if (!progress_stands) {
        failed.method.clear();
        failed.read_since.reset();
        failed.cursor.clear();
        failed.contacts_read = false;
        failed.position.clear();
        failed.users = 0;
        failed.matched = 0;
      }
      tools_.store.QueueAgain(tx, failed, now);
    }
    tools_.store.Release(tx, claim, true, wait, now);
  });
}

}  // namespace accoil::matcher
