#include "services/gateway/sync_json.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "services/gateway/enum_json.h"
#include "services/gateway/json_values.h"

namespace accoil::gateway {

using nlohmann::ordered_json;

ordered_json ToJson(const traitsync::v1::Summary& summary) {
  // A proto map has no order; an answer should look the same each time.
  const std::map<std::string, std::int64_t> attributes(summary.attributes().begin(),
                                                       summary.attributes().end());
  return {{"due", summary.due()},
          {"oldest_due_ms", summary.oldest_due_ms()},
          {"delivered", summary.delivered()},
          {"set_aside", summary.set_aside()},
          {"attributes", attributes},
          {"paused", summary.paused()}};
}

ordered_json ToJson(const traitsync::v1::ListSetAsideResponse& list) {
  auto values = ordered_json::array();
  for (const auto& value : list.set_aside()) {
    values.push_back({{"kind", EnumToJson(value.subject().kind())},
                      {"subject_id", value.subject().subject_id()},
                      {"attribute", value.attribute()},
                      {"reason", value.reason()}});
  }
  return {{"set_aside", std::move(values)}};
}

ordered_json ToJson(const traitsync::v1::ListAttributesResponse& list) {
  auto attributes = ordered_json::array();
  for (const auto& attribute : list.attributes()) {
    attributes.push_back(
        {{"name", attribute.name()},
         {"model", attribute.model()},
         {"data_type", attribute.data_type()},
         {"state", attribute.state()},
         {"reason", TextOrNull(attribute.reason())},
         {"ours", attribute.ours()},
         {"checked_at", TimeOrNull(attribute.has_checked_at(), attribute.checked_at())},
         {"retry_at", TimeOrNull(attribute.has_retry_at(), attribute.retry_at())}});
  }
  return {{"attributes", std::move(attributes)}};
}

ordered_json ToJson(const traitsync::v1::PreviewProfileResponse& preview) {
  auto changes = ordered_json::array();
  for (const auto& change : preview.attributes()) {
    changes.push_back({{"name", change.name()},
                       {"model", change.model()},
                       {"change", change.change()},
                       {"reason", TextOrNull(change.reason())},
                       {"subjects", change.subjects()}});
  }
  return {{"attributes", std::move(changes)},
          {"contacts_written", preview.contacts_written()},
          {"companies_written", preview.companies_written()},
          {"contacts_losing", preview.contacts_losing()},
          {"companies_losing", preview.companies_losing()}};
}

}  // namespace accoil::gateway
