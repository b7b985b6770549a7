#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/intercom-simulator/model.h"
#include "tests/intercom-simulator/settings.h"

namespace accoil::simulator {

/// The definitions of a workspace's custom attributes and what may be written into them.
class DataAttributes {
 public:
  /// As POST /data_attributes. Throws ApiError.
  const DataAttribute& Create(const nlohmann::json& body, const Settings& settings,
                              std::int64_t now);
  /// As PUT /data_attributes/{id}. Throws ApiError.
  const DataAttribute& Update(const std::string& id, const nlohmann::json& body,
                              const Settings& settings, std::int64_t now);

  /// Null when there is none, archived or not.
  const DataAttribute* Find(Model model, const std::string& name) const;
  /// By id.
  const std::map<std::int64_t, DataAttribute>& all() const { return attributes_; }

  /// The custom_attributes of a request, checked: the whole is refused for one that is unknown,
  /// archived or of another type. Null values clear. Throws ApiError.
  std::map<std::string, nlohmann::json> Check(Model model, const nlohmann::json& values,
                                              const Settings& settings) const;

  /// Whether a stored value is shown: not while its attribute is archived.
  bool Shown(Model model, const std::string& name) const;

 private:
  std::map<std::int64_t, DataAttribute> attributes_;
  std::map<std::pair<Model, std::string>, std::int64_t> by_name_;
  std::int64_t last_id_ = 0;
};

/// {"type":"data_attribute",…} of a custom attribute.
nlohmann::json ToJson(const DataAttribute& attribute);
/// The attributes that every workspace has.
const nlohmann::json& StandardAttributes();
const char* ToString(Model model);

}  // namespace accoil::simulator
