#include "tests/intercom-simulator/api.h"
#include "tests/intercom-simulator/api_error.h"
#include "tests/intercom-simulator/render.h"

namespace accoil::simulator {
namespace {

std::string List(Call& call) {
  const auto query = [&](const char* name) {
    const auto found = call.request.query.find(name);
    return found == call.request.query.end() ? std::string() : found->second;
  };
  const auto model = query("model");
  if (!model.empty() && model != "contact" && model != "company" && model != "conversation") {
    throw ParameterInvalid("model must be contact, company or conversation", "model");
  }
  const bool archived = query("include_archived") == "true";
  std::vector<std::string> items;
  for (const auto& attribute : StandardAttributes()) {
    if (model.empty() || attribute["model"] == model) items.push_back(attribute.dump());
  }
  for (const auto& [id, attribute] : call.workspace().attributes().all()) {
    if (!model.empty() && model != ToString(attribute.model)) continue;
    if (attribute.archived && !archived) continue;
    items.push_back(ToJson(attribute).dump());
  }
  return PlainListJson(items);
}

std::string Answer(Call& call, const DataAttribute& attribute) {
  call.ids.push_back(std::to_string(attribute.id));
  return ToJson(attribute).dump();
}

std::string Create(Call& call) {
  return Answer(call, call.workspace().attributes().Create(call.body, call.settings,
                                                           call.moment().seconds()));
}

std::string Update(Call& call) {
  return Answer(call, call.workspace().attributes().Update(call.request.Parameter("id"), call.body,
                                                           call.settings, call.moment().seconds()));
}

}  // namespace

const std::vector<Endpoint>& AttributeEndpoints() {
  static const std::vector<Endpoint> endpoints = {
      {"GET", "/data_attributes", List},
      {"POST", "/data_attributes", Create},
      {"PUT", "/data_attributes/{id}", Update},
  };
  return endpoints;
}

}  // namespace accoil::simulator
