#pragma once

#include <chrono>
#include <map>
#include <string>

#include "libs/telemetry/telemetry.h"

namespace accoil::tagging {

/// What became of a claimed tag.
enum class TagEnd {
  kDone,
  /// Intercom refuses the tag's name.
  kTagRefused,
  /// Intercom has no such contact or company.
  kTargetGone,
  /// Tried again later.
  kFailing,
  /// No call could be made: tried again at once, as far as there are calls.
  kReleased,
};

/// The metrics of tags on their way, behind methods named for what happened. Any thread.
class TagMetrics {
 public:
  explicit TagMetrics(telemetry::Telemetry& telemetry);

  void Ended(TagEnd end, int tags);
  /// A call was made for so many contacts or companies.
  void Called(int ids);
  /// Refused batches were halved so often.
  void Halved(int halvings);
  /// How long after it was wished for, or could be done, a tag was acknowledged.
  void Fresh(bool hand, std::chrono::duration<double> age);
  /// Tags that another worker took over before they ended.
  void ClaimsLost(int tags);
  /// Tags that waited too long for a match.
  void Expired(int tags);
  /// Due now and the longest that one has been; waiting for a match.
  void SetBacklog(double due, double oldest_seconds, double waiting);

 private:
  std::map<TagEnd, telemetry::Counter> ended_;
  telemetry::Histogram batch_;
  telemetry::Counter halvings_;
  telemetry::Histogram fresh_by_hand_;
  telemetry::Histogram fresh_by_rule_;
  telemetry::Counter claims_lost_;
  telemetry::Counter expired_;
  telemetry::Gauge due_;
  telemetry::Gauge oldest_;
  telemetry::Gauge waiting_;
};

}  // namespace accoil::tagging
