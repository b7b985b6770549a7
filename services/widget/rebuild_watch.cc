#include "services/widget/rebuild_watch.h"

namespace accoil::widget {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBetweenLooks(500);
constexpr milliseconds kAfterError(2'000);

}  // namespace

RebuildWatch::RebuildWatch(Rebuild& rebuild, telemetry::Logger logger, std::function<void()> reread)
    : rebuild_(rebuild),
      logger_(std::move(logger)),
      reread_(std::move(reread)),
      loop_([this] { return Step(); },
            [this](const std::exception& error) {
              logger_.Warn("rebuilds cannot be looked after now", {{"problem", error.what()}});
              return kAfterError;
            }) {}

void RebuildWatch::Start() {
  // Before the consumer reads where it stood: a rebuild that begins afterwards is noticed.
  epoch_ = rebuild_.Look().epoch;
  loop_.Start();
}

milliseconds RebuildWatch::Step() {
  const auto progress = rebuild_.Look();
  if (progress.epoch != epoch_) {
    logger_.Info("the read model is being rebuilt", {{"records", progress.records}});
    reread_();
  }
  epoch_ = progress.epoch;
  if (!progress.under_way || progress.left > 0) return kBetweenLooks;
  if (!rebuild_.Sweep()) return kBetweenLooks;
  if (!rebuild_.Look().under_way) logger_.Info("the read model is rebuilt");
  return milliseconds(0);
}

}  // namespace accoil::widget
