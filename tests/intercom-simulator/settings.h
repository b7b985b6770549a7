#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace accoil::simulator {

/// How the simulated Intercom behaves, for all workspaces. What is not documented about the real
/// one can be had both ways.
struct Settings {
  /// Calls in a window; a workspace may have a limit of its own.
  int limit = 1666;
  /// Length of a rate-limit window, whole seconds.
  std::chrono::seconds window{10};
  /// Where windows begin: at multiples of `window` since 1970, plus this.
  std::chrono::seconds window_phase{0};
  /// How long changes stay unseen by search.
  std::chrono::milliseconds search_lag{0};
  /// Every answer takes this long, plus up to `jitter` at random.
  std::chrono::milliseconds latency{0};
  std::chrono::milliseconds jitter{0};

  /// Most characters of an attribute's name.
  int attribute_name_limit = 190;
  /// Most custom attributes of a model that are not archived.
  int attributes_per_model = 250;
  /// Whether letters outside ASCII are refused in an attribute's name.
  bool attribute_names_ascii_only = false;
  /// Custom attributes that cannot be archived because something depends on them.
  std::set<std::string> attributes_in_use;
  /// The status of a refused custom attribute: 400 or 422.
  int refused_attribute_status = 400;
  /// Whether the refusal says which attribute it was.
  bool refused_attribute_named = true;
  /// Most characters of a string attribute's value.
  int string_limit = 255;
  /// Whether a longer one is cut off in silence instead of refused.
  bool long_strings_cut = false;
  /// Most entries of a call that tags many; more are refused.
  int bulk_limit = 100;
  /// The status of such a call with an unknown id: 400 or 404.
  int bulk_unknown_status = 404;
  /// Most values of an IN or NIN; 0 for no limit.
  int search_values_limit = 0;
  /// The workspaces' time zone, east of UTC; days of date searches begin by it.
  std::chrono::minutes utc_offset{0};
  /// Whether a call without Intercom-Version is refused.
  bool version_required = true;
  /// How long a webhook's receiver may take to answer.
  std::chrono::milliseconds webhook_timeout{5'000};
  /// How long after a failure a webhook is sent once again.
  std::chrono::milliseconds webhook_retry{60'000};
  /// How often each webhook is sent besides.
  int webhook_duplicates = 0;
  /// Each webhook waits up to this long, at random, so that they arrive in disorder.
  std::chrono::milliseconds webhook_disorder{0};
  /// How long the app may take to answer for the Inbox.
  std::chrono::milliseconds canvas_timeout{10'000};
  /// Whether contact.merged says which contact was merged into the one that lives on.
  bool merged_from_told = true;
  /// Whether an app that uninstalls itself is notified of it.
  bool own_uninstall_notified = false;
  /// The status of the answer to a code that is unknown, old or used: 400 or 401.
  int refused_code_status = 400;
  /// Entries that the call log keeps.
  int call_log_limit = 200'000;
};

nlohmann::json ToJson(const Settings& settings);

/// `settings` with what `changes` names. Durations are text such as "2s". Throws
/// core::InvalidArgument for an unknown name or a value that makes no sense.
Settings Changed(Settings settings, const nlohmann::json& changes);

}  // namespace accoil::simulator
