#include "services/widget/cache_keeper.h"

#include "services/widget/fact_notice.h"

namespace accoil::widget {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBetweenChecks(300);
// With the time that a check takes, less than the 2 s within which a change is to be seen.
constexpr milliseconds kTrust(1'500);
constexpr milliseconds kAfterError(500);

}  // namespace

CacheKeeper::CacheKeeper(const postgres::DatabaseConfig& config, FactCache& cache, Metrics& metrics,
                         telemetry::Logger logger)
    : cache_(cache),
      metrics_(metrics),
      logger_(std::move(logger)),
      listener_(config, NoticeChannel(config.schema)),
      loop_([this] { return Step(); },
            [this](const std::exception& error) {
              cache_.Distrust();
              Report();
              logger_.Warn("changed facts are not heard of; they are read anew for each canvas",
                           {{"problem", error.what()}});
              return kAfterError;
            }) {}

milliseconds CacheKeeper::Step() {
  const auto hear = [this](const std::string& text) { TakeNotice(text, cache_); };
  if (!listener_.open()) {
    cache_.Distrust();
    listener_.Open();
    Check();
    logger_.Info("changed facts are heard of");
  }
  listener_.Await(kBetweenChecks, hear);
  Check();
  Report();
  return milliseconds(0);
}

void CacheKeeper::Check() {
  const auto asked = FactCache::Clock::now();
  listener_.Check([this](const std::string& text) { TakeNotice(text, cache_); });
  cache_.Trust(asked + kTrust);
}

void CacheKeeper::Report() { metrics_.CacheIs(cache_.figures()); }

}  // namespace accoil::widget
