#pragma once

#include <google/protobuf/struct.pb.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "accoil/tagging/v1/facts.pb.h"
#include "libs/core/clock.h"

namespace accoil::tagging {

/// What is known of one subject in one profile: traits, memberships, and the scores of the last
/// days. Facts come in any order and any number of times; the newest version of each counts.
class SubjectFacts {
 public:
  /// Traits, and segments, that are kept of a subject: what comes beyond is refused.
  static constexpr int kMost = 1'000;
  /// Bytes of a text that are kept.
  static constexpr std::size_t kLongestText = 4'096;
  /// How long the values of Score are remembered, and how many of them at most.
  static constexpr std::chrono::hours kScoresKept{24 * 30};
  static constexpr int kMostScores = 256;

  SubjectFacts() = default;
  /// Reads what ToBytes wrote; anything else throws std::runtime_error.
  explicit SubjectFacts(std::string_view bytes);
  std::string ToBytes() const;

  /// What a fact changed.
  struct Change {
    /// Anything that has to be stored.
    bool stored = false;
    /// The trait's value; whether the subject is in the segment.
    bool value = false;
    /// The values that Score has had.
    bool scores = false;
    /// It was inside, has left and is inside again.
    bool reentered = false;
  };

  /// A null value withdraws the trait. Throws core::InvalidArgument when there are too many traits.
  Change ApplyTrait(std::string_view name, std::int64_t version, core::TimePoint occurred_at,
                    const google::protobuf::Value& value, core::TimePoint now);
  /// Throws core::InvalidArgument when there are too many segments.
  Change ApplyMembership(std::string_view segment, std::int64_t version, bool entered,
                         core::TimePoint occurred_at);

  /// Nobody has told anything.
  bool empty() const { return stored_.traits().empty() && stored_.segments().empty(); }
  /// Null when nobody told of it. A withdrawn one has no value.
  const v1::StoredFacts::Trait* FindTrait(std::string_view name) const;
  std::optional<double> Number(std::string_view trait) const;
  bool InSegment(std::string_view segment) const;
  bool InAnySegment() const;

  /// Whether Score is by so much higher (or lower) than at some moment of this time before `now`,
  /// its beginning included.
  bool ScoreChanged(bool rises, double by, std::chrono::hours within, core::TimePoint now) const;
  /// When ScoreChanged may next turn false by time alone; nothing when nothing is there that can
  /// fall out of the window.
  std::optional<core::TimePoint> NextScoreChange(std::chrono::hours within,
                                                 core::TimePoint now) const;

  const v1::StoredFacts& stored() const { return stored_; }

 private:
  bool RememberScore(std::int64_t version, core::TimePoint occurred_at, std::optional<double> value,
                     core::TimePoint now);

  v1::StoredFacts stored_;
};

}  // namespace accoil::tagging
