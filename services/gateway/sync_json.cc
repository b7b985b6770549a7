#include "services/gateway/sync_json.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "services/gateway/enum_json.h"

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
          {"attributes", attributes}};
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

}  // namespace accoil::gateway
