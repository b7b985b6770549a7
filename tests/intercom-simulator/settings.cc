#include "tests/intercom-simulator/settings.h"

#include <functional>
#include <map>

#include "libs/core/environment.h"
#include "libs/core/errors.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

/// How one setting is written and read.
struct Accessor {
  std::function<json(const Settings&)> get;
  std::function<void(Settings&, const json&, const std::string& name)> set;
};

Accessor Integer(int Settings::*member, std::int64_t lowest, std::int64_t highest) {
  return {[member](const Settings& settings) { return settings.*member; },
          [=](Settings& settings, const json& value, const std::string& name) {
            if (!value.is_number_integer() || value.get<std::int64_t>() < lowest ||
                value.get<std::int64_t>() > highest) {
              throw core::InvalidArgument(name, "must be a whole number from " +
                                                    std::to_string(lowest) + " to " +
                                                    std::to_string(highest));
            }
            settings.*member = value.get<int>();
          }};
}

Accessor OneOf(int Settings::*member, int one, int other) {
  return {[member](const Settings& settings) { return settings.*member; },
          [=](Settings& settings, const json& value, const std::string& name) {
            if (value != one && value != other) {
              throw core::InvalidArgument(
                  name, "must be " + std::to_string(one) + " or " + std::to_string(other));
            }
            settings.*member = value.get<int>();
          }};
}

Accessor Truth(bool Settings::*member) {
  return {[member](const Settings& settings) { return settings.*member; },
          [member](Settings& settings, const json& value, const std::string& name) {
            if (!value.is_boolean()) throw core::InvalidArgument(name, "must be true or false");
            settings.*member = value.get<bool>();
          }};
}

template <typename Duration>
Accessor Span(Duration Settings::*member, milliseconds lowest, milliseconds highest) {
  return {[member](const Settings& settings) {
            return std::to_string(milliseconds(settings.*member).count()) + "ms";
          },
          [=](Settings& settings, const json& value, const std::string& name) {
            const auto parsed = value.is_string()
                                    ? core::ParseDuration(value.get_ref<const std::string&>())
                                    : std::nullopt;
            if (!parsed || *parsed < lowest || *parsed > highest ||
                milliseconds(std::chrono::duration_cast<Duration>(*parsed)) != *parsed) {
              throw core::InvalidArgument(name, "must be a duration such as \"2s\" from " +
                                                    std::to_string(lowest.count()) + "ms to " +
                                                    std::to_string(highest.count()) + "ms");
            }
            settings.*member = std::chrono::duration_cast<Duration>(*parsed);
          }};
}

Accessor AttributesInUse() {
  return {[](const Settings& settings) { return settings.attributes_in_use; },
          [](Settings& settings, const json& value, const std::string& name) {
            settings.attributes_in_use.clear();
            if (!value.is_array()) throw core::InvalidArgument(name, "must be a list of names");
            for (const auto& element : value) {
              if (!element.is_string())
                throw core::InvalidArgument(name, "must be a list of names");
              settings.attributes_in_use.insert(element.get<std::string>());
            }
          }};
}

Accessor UtcOffset() {
  return {[](const Settings& settings) { return settings.utc_offset.count(); },
          [](Settings& settings, const json& value, const std::string& name) {
            if (!value.is_number_integer() || std::abs(value.get<std::int64_t>()) > 840) {
              throw core::InvalidArgument(name, "must be minutes from -840 to 840");
            }
            settings.utc_offset = std::chrono::minutes(value.get<int>());
          }};
}

const std::map<std::string, Accessor>& Accessors() {
  using std::chrono_literals::operator""h;
  using std::chrono_literals::operator""ms;
  using std::chrono_literals::operator""s;
  static const std::map<std::string, Accessor> accessors = {
      {"limit", Integer(&Settings::limit, 1, 1'000'000)},
      {"window", Span(&Settings::window, 1s, 1h)},
      {"window_phase", Span(&Settings::window_phase, 0s, 1h)},
      {"search_lag", Span(&Settings::search_lag, 0ms, 1h)},
      {"latency", Span(&Settings::latency, 0ms, 60s)},
      {"jitter", Span(&Settings::jitter, 0ms, 60s)},
      {"attribute_name_limit", Integer(&Settings::attribute_name_limit, 1, 10'000)},
      {"attributes_per_model", Integer(&Settings::attributes_per_model, 0, 100'000)},
      {"attribute_names_ascii_only", Truth(&Settings::attribute_names_ascii_only)},
      {"attributes_in_use", AttributesInUse()},
      {"refused_attribute_status", OneOf(&Settings::refused_attribute_status, 400, 422)},
      {"refused_attribute_named", Truth(&Settings::refused_attribute_named)},
      {"string_limit", Integer(&Settings::string_limit, 0, 1'000'000)},
      {"long_strings_cut", Truth(&Settings::long_strings_cut)},
      {"bulk_limit", Integer(&Settings::bulk_limit, 1, 100'000)},
      {"bulk_unknown_status", OneOf(&Settings::bulk_unknown_status, 400, 404)},
      {"search_values_limit", Integer(&Settings::search_values_limit, 0, 1'000'000)},
      {"utc_offset_minutes", UtcOffset()},
      {"version_required", Truth(&Settings::version_required)},
      {"webhook_timeout", Span(&Settings::webhook_timeout, 10ms, 60s)},
      {"webhook_retry", Span(&Settings::webhook_retry, 0ms, 1h)},
      {"webhook_duplicates", Integer(&Settings::webhook_duplicates, 0, 10)},
      {"webhook_disorder", Span(&Settings::webhook_disorder, 0ms, 60s)},
      {"canvas_timeout", Span(&Settings::canvas_timeout, 10ms, 60s)},
      {"merged_from_told", Truth(&Settings::merged_from_told)},
      {"own_uninstall_notified", Truth(&Settings::own_uninstall_notified)},
      {"refused_code_status", OneOf(&Settings::refused_code_status, 400, 401)},
      {"call_log_limit", Integer(&Settings::call_log_limit, 0, 10'000'000)},
  };
  return accessors;
}

}  // namespace

json ToJson(const Settings& settings) {
  json object = json::object();
  for (const auto& [name, accessor] : Accessors()) object[name] = accessor.get(settings);
  return object;
}

Settings Changed(Settings settings, const json& changes) {
  if (!changes.is_object()) throw core::InvalidArgument("", "settings are a JSON object");
  for (const auto& [name, value] : changes.items()) {
    const auto found = Accessors().find(name);
    if (found == Accessors().end()) throw core::InvalidArgument(name, "there is no such setting");
    found->second.set(settings, value, name);
  }
  return settings;
}

}  // namespace accoil::simulator
