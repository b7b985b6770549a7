#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "libs/core/backoff.h"
#include "libs/core/clock.h"

namespace accoil::simulator {

/// Something that shall go wrong.
struct Fault {
  enum class Kind {
    /// An answer with `status`; the call is not done.
    kStatus,
    /// A 429 although the window is not used up.
    kThrottle,
    /// No answer within `delay`, then the connection is closed; done or not by `done`.
    kTimeout,
    /// The connection is closed; the call was not done.
    kResetBefore,
    /// The call is done, then the connection is closed.
    kResetAfter,
    /// The call is done; of its answer comes half, as if that were all.
    kHalfAnswer,
    /// The answer comes `delay` later.
    kSlow,
    /// 400 parameter_invalid for a call that writes the custom attribute `attribute`.
    kRefuseAttribute,
  };
  std::uint64_t id = 0;
  Kind kind = Kind::kStatus;
  /// As it was asked for: "status-500", "timeout".
  std::string name;
  int status = 500;
  /// Which calls: empty for all. In the path '*' stands for any characters.
  std::string method;
  std::string path;
  std::string workspace;
  /// Only calls that write this custom attribute.
  std::string attribute;
  double probability = 1;
  /// How many calls it still takes; nothing for any number.
  std::optional<std::uint64_t> count;
  /// Until when; nothing for ever.
  std::optional<core::TimePoint> until;
  std::chrono::milliseconds delay{0};
  bool done = false;
  /// How often it was played.
  std::uint64_t played = 0;
};

/// Reads {"kind":…,"method":…,"path":…,"workspace":…,"attribute":…,"probability":…,"count":…,
/// "duration":"30s","delay":"5s","done":…}. Throws core::InvalidArgument.
Fault ReadFault(const nlohmann::json& object, core::TimePoint now);
nlohmann::json ToJson(const Fault& fault);

/// Whether `text` fits a pattern in which '*' stands for any characters.
bool FitsPattern(std::string_view text, std::string_view pattern);

/// The faults that are on. Pure but for the random source; not for several threads at once.
class Faults {
 public:
  explicit Faults(core::RandomSource random) : random_(std::move(random)) {}

  struct Call {
    const std::string& method;
    const std::string& path;
    const std::string& workspace;
    /// The body, null when there is none.
    const nlohmann::json& body;
  };

  /// Answers its id.
  std::uint64_t Add(Fault fault);
  /// Whether there was one of that id.
  bool Remove(std::uint64_t id);
  void Clear() { faults_.clear(); }
  const std::map<std::uint64_t, Fault>& all() const { return faults_; }

  /// The first fault that this call meets, which is counted as played.
  std::optional<Fault> Meet(const Call& call, core::TimePoint now);

 private:
  core::RandomSource random_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Fault> faults_;
};

}  // namespace accoil::simulator
