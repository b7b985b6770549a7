#include "tests/intercom-simulator/state_dump.h"

#include <nlohmann/json.hpp>

namespace accoil::simulator {
namespace {

using nlohmann::json;

json OrNull(const std::string& text) { return text.empty() ? json() : json(text); }

json Shown(Model model, const Attributes& attributes, const Workspace& workspace) {
  auto shown = json::object();
  for (const auto& [name, value] : attributes) {
    if (workspace.attributes().Shown(model, name)) shown[name] = value;
  }
  return shown;
}

json TagNames(const std::vector<std::string>& tags, const Workspace& workspace) {
  auto names = json::array();
  for (const auto& id : tags) names.push_back(workspace.GetTag(id).name);
  return names;
}

json Dump(const Contact& contact, bool archived, const Workspace& workspace) {
  return {{"type", "contact"},
          {"id", contact.id},
          {"role", contact.is_user ? "user" : "lead"},
          {"email", OrNull(contact.email)},
          {"name", OrNull(contact.name)},
          {"external_id", OrNull(contact.external_id)},
          {"last_seen_at", contact.last_seen_at ? json(*contact.last_seen_at) : json()},
          {"created_at", contact.created_at},
          {"updated_at", contact.updated_at},
          {"archived", archived},
          {"custom_attributes", Shown(Model::kContact, contact.custom_attributes, workspace)},
          {"companies", contact.companies},
          {"tags", TagNames(contact.tags, workspace)}};
}

json Dump(const Company& company, const Workspace& workspace) {
  return {{"type", "company"},
          {"id", company.id},
          {"company_id", company.company_id},
          {"name", company.name},
          {"updated_at", company.updated_at},
          {"visible", !company.contacts.empty()},
          {"user_count", company.contacts.size()},
          {"custom_attributes", Shown(Model::kCompany, company.custom_attributes, workspace)},
          {"tags", TagNames(company.tags, workspace)}};
}

}  // namespace

std::string DumpState(const Workspace& workspace, const StateFilter& filter) {
  std::string lines;
  const auto add = [&](const json& line) {
    lines += line.dump();
    lines += '\n';
  };
  const auto wants = [&](const char* type, const std::string& id) {
    return (filter.type.empty() || filter.type == type) && (filter.id.empty() || filter.id == id);
  };
  for (const auto& [id, company] : workspace.companies()) {
    if (wants("company", id)) add(Dump(company, workspace));
  }
  for (const auto& [id, contact] : workspace.contacts()) {
    if (wants("contact", id)) add(Dump(*contact, false, workspace));
  }
  for (const auto& [id, contact] : workspace.archived_contacts()) {
    if (filter.archived && wants("contact", id)) add(Dump(*contact, true, workspace));
  }
  for (const auto& [id, attribute] : workspace.attributes().all()) {
    if (wants("data_attribute", std::to_string(id))) add(ToJson(attribute));
  }
  for (const auto& entry : workspace.tags()) {
    const auto& tag = entry.second;
    if (wants("tag", tag.id)) add({{"type", "tag"}, {"id", tag.id}, {"name", tag.name}});
  }
  return lines;
}

}  // namespace accoil::simulator
