#include "tests/intercom-simulator/data_attributes.h"

#include <algorithm>

#include "libs/core/text.h"
#include "tests/intercom-simulator/api_error.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

std::size_t Characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// The name as Intercom takes it: letters, digits, currency symbols, hyphens; also blanks and
/// underscores, which its own examples have.
void CheckName(const std::string& name, const Settings& settings) {
  const bool allowed = std::all_of(name.begin(), name.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) return !settings.attribute_names_ascii_only;
    return std::isalnum(byte) != 0 || c == '_' || c == '-' || c == ' ' || c == '$';
  });
  if (name.empty() || !allowed) {
    throw ParameterInvalid(
        "Your name for this attribute must only contain alphanumeric characters, currency symbols, "
        "and hyphens",
        "name");
  }
  if (Characters(name) > static_cast<std::size_t>(settings.attribute_name_limit)) {
    throw ParameterInvalid("Name is too long (maximum is " +
                               std::to_string(settings.attribute_name_limit) + " characters)",
                           "name");
  }
}

std::vector<std::string> ReadOptions(const json& options) {
  if (!options.is_array()) throw ParameterInvalid("Options isn't an array", "options");
  std::vector<std::string> values;
  for (const auto& option : options) {
    if (!option.is_object() || !option.contains("value") || !option["value"].is_string()) {
      throw ParameterInvalid("An option must have a value", "options");
    }
    values.push_back(option["value"].get<std::string>());
  }
  if (values.size() < 2) {
    throw ParameterInvalid("The Data Attribute must have at least two options", "options");
  }
  return values;
}

std::string OptionalText(const json& body, const char* name) {
  if (!body.contains(name) || body[name].is_null()) return "";
  if (!body[name].is_string()) {
    throw ParameterInvalid(std::string(name) + " must be a string", name);
  }
  return body[name].get<std::string>();
}

std::optional<bool> OptionalTruth(const json& body, const char* name) {
  if (!body.contains(name) || body[name].is_null()) return std::nullopt;
  if (!body[name].is_boolean()) {
    throw ParameterInvalid(std::string(name) + " must be a boolean", name);
  }
  return body[name].get<bool>();
}

json Standard(const char* model, const char* name, const char* label, const char* type,
              bool writable) {
  return {{"type", "data_attribute"}, {"name", name},         {"full_name", name},
          {"label", label},           {"description", label}, {"data_type", type},
          {"api_writable", writable}, {"ui_writable", false}, {"messenger_writable", true},
          {"custom", false},          {"archived", false},    {"model", model}};
}

/// Why the value does not fit, nothing when it does.
std::optional<std::string> TypeProblem(const DataAttribute& attribute, const json& value) {
  const auto& type = attribute.data_type;
  const auto must_be = [&](const char* what) {
    return "Custom attribute '" + attribute.name + "' must be " + what;
  };
  if (type == "boolean") {
    if (!value.is_boolean()) return must_be("a boolean");
  } else if (type == "integer") {
    if (!value.is_number_integer()) return must_be("an integer");
  } else if (type == "float") {
    if (!value.is_number()) return must_be("a number");
  } else if (type == "date") {
    if (!value.is_number_integer()) return must_be("a UNIX timestamp in seconds");
  } else if (!value.is_string()) {
    return must_be("a string");
  } else if (!attribute.options.empty() &&
             std::find(attribute.options.begin(), attribute.options.end(),
                       value.get_ref<const std::string&>()) == attribute.options.end()) {
    return must_be("one of its options");
  }
  return std::nullopt;
}

}  // namespace

const char* ToString(Model model) { return model == Model::kContact ? "contact" : "company"; }

const DataAttribute& DataAttributes::Create(const json& body, const Settings& settings,
                                            std::int64_t now) {
  DataAttribute attribute;
  const auto model = OptionalText(body, "model");
  if (model != "contact" && model != "company") {
    throw ParameterInvalid("The Data Attribute model field must be either contact or company",
                           "model");
  }
  attribute.model = model == "contact" ? Model::kContact : Model::kCompany;
  attribute.name = OptionalText(body, "name");
  CheckName(attribute.name, settings);

  static const std::set<std::string> kTypes = {"string",   "integer", "float",  "boolean",
                                               "datetime", "date",    "options"};
  attribute.data_type = OptionalText(body, "data_type");
  if (!kTypes.contains(attribute.data_type)) {
    throw ParameterInvalid("Data Type isn't an option", "data_type");
  }
  if (attribute.data_type == "options") {
    attribute.options = ReadOptions(body.value("options", json()));
    attribute.data_type = "string";
  }
  if (attribute.data_type == "datetime") attribute.data_type = "date";

  for (const auto owner : {Model::kContact, Model::kCompany}) {
    if (Find(owner, attribute.name) != nullptr) {
      throw ParameterInvalid("You already have '" + attribute.name + "' in your " +
                                 (owner == Model::kContact ? "people" : "company") +
                                 " data. To save this as new " +
                                 (attribute.model == Model::kContact ? "people" : "company") +
                                 " data, use a different name.",
                             "name");
    }
  }
  const auto in_use = std::count_if(attributes_.begin(), attributes_.end(), [&](const auto& entry) {
    return entry.second.model == attribute.model && !entry.second.archived;
  });
  if (in_use >= settings.attributes_per_model) {
    throw ParameterInvalid("You have reached the limit of " +
                           std::to_string(settings.attributes_per_model) + " attributes");
  }
  attribute.description = OptionalText(body, "description");
  attribute.messenger_writable = OptionalTruth(body, "messenger_writable").value_or(false);
  attribute.created_at = attribute.updated_at = now;
  attribute.id = ++last_id_;
  by_name_[{attribute.model, attribute.name}] = attribute.id;
  return attributes_[attribute.id] = std::move(attribute);
}

const DataAttribute& DataAttributes::Update(const std::string& id, const json& body,
                                            const Settings& settings, std::int64_t now) {
  const auto number = core::ParseInteger<std::int64_t>(id);
  const auto found = number ? attributes_.find(*number) : attributes_.end();
  if (found == attributes_.end()) {
    throw ApiError(404, "field_not_found", "We couldn't find that data attribute to update");
  }
  auto changed = found->second;
  if (body.contains("data_type") && OptionalText(body, "data_type") != changed.data_type) {
    throw ParameterInvalid("The data type of an attribute cannot be changed", "data_type");
  }
  if (body.contains("options")) {
    changed.options = ReadOptions(body["options"]);
    if (changed.data_type != "string") {
      throw ParameterInvalid("This attribute has no options", "options");
    }
  }
  if (body.contains("description")) changed.description = OptionalText(body, "description");
  if (const auto writable = OptionalTruth(body, "messenger_writable")) {
    changed.messenger_writable = *writable;
  }
  if (const auto archived = OptionalTruth(body, "archived")) {
    if (*archived && settings.attributes_in_use.contains(changed.name)) {
      throw ApiError(422, "data_invalid",
                     "The Data Attribute you are trying to archive has a dependant object");
    }
    changed.archived = *archived;
  }
  changed.updated_at = now;
  return found->second = std::move(changed);
}

const DataAttribute* DataAttributes::Find(Model model, const std::string& name) const {
  const auto found = by_name_.find({model, name});
  return found == by_name_.end() ? nullptr : &attributes_.at(found->second);
}

bool DataAttributes::Shown(Model model, const std::string& name) const {
  const auto* attribute = Find(model, name);
  return attribute != nullptr && !attribute->archived;
}

std::map<std::string, json> DataAttributes::Check(Model model, const json& values,
                                                  const Settings& settings) const {
  const auto refuse = [&](const std::string& name, const std::string& message) {
    if (!settings.refused_attribute_named) {
      throw ApiError(settings.refused_attribute_status, "parameter_invalid",
                     "Custom attributes are invalid");
    }
    throw ApiError(settings.refused_attribute_status, "parameter_invalid", message, name);
  };
  if (!values.is_object()) {
    throw ParameterInvalid("Custom attributes must be an object", "custom_attributes");
  }
  std::map<std::string, json> checked;
  for (const auto& [name, value] : values.items()) {
    const auto* attribute = Find(model, name);
    if (attribute == nullptr) refuse(name, "Custom attribute '" + name + "' does not exist");
    if (attribute->archived) refuse(name, "Custom attribute '" + name + "' is archived");
    checked[name] = value;
    if (value.is_null()) continue;
    if (const auto problem = TypeProblem(*attribute, value)) refuse(name, *problem);
    if (!value.is_string()) continue;
    const auto& text = value.get_ref<const std::string&>();
    const auto limit = static_cast<std::size_t>(settings.string_limit);
    if (Characters(text) <= limit) continue;
    if (!settings.long_strings_cut) {
      refuse(name, "Custom attribute '" + name + "' is too long (maximum is " +
                       std::to_string(limit) + " characters)");
    }
    std::size_t end = 0;
    for (std::size_t count = 0; count < limit; ++count) {
      do ++end;
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
    }
    checked[name] = text.substr(0, end);
  }
  return checked;
}

json ToJson(const DataAttribute& attribute) {
  json object = {{"id", attribute.id},
                 {"type", "data_attribute"},
                 {"name", attribute.name},
                 {"full_name", "custom_attributes." + attribute.name},
                 {"label", attribute.name},
                 {"data_type", attribute.data_type},
                 {"api_writable", true},
                 {"ui_writable", false},
                 {"messenger_writable", attribute.messenger_writable},
                 {"custom", true},
                 {"archived", attribute.archived},
                 {"admin_id", "991267459"},
                 {"created_at", attribute.created_at},
                 {"updated_at", attribute.updated_at},
                 {"model", ToString(attribute.model)}};
  if (!attribute.description.empty()) object["description"] = attribute.description;
  if (!attribute.options.empty()) object["options"] = attribute.options;
  return object;
}

const json& StandardAttributes() {
  static const json attributes = {
      Standard("contact", "id", "ID", "string", false),
      Standard("contact", "external_id", "User ID", "string", true),
      Standard("contact", "email", "Email", "string", true),
      Standard("contact", "name", "Name", "string", true),
      Standard("contact", "phone", "Phone", "string", true),
      Standard("contact", "created_at", "First seen", "date", false),
      Standard("contact", "updated_at", "Updated at", "date", false),
      Standard("contact", "signed_up_at", "Signed up", "date", true),
      Standard("contact", "last_seen_at", "Last seen", "date", true),
      Standard("contact", "unsubscribed_from_emails", "Unsubscribed from emails", "boolean", true),
      Standard("company", "id", "ID", "string", false),
      Standard("company", "company_id", "Company ID", "string", false),
      Standard("company", "name", "Company name", "string", true),
      Standard("company", "remote_created_at", "Company created at", "date", true),
      Standard("company", "user_count", "People", "integer", false),
      Standard("company", "session_count", "Company web sessions", "integer", false),
      Standard("company", "monthly_spend", "Monthly Spend", "float", true),
      Standard("company", "size", "Company size", "integer", true),
      Standard("company", "industry", "Company industry", "string", true),
      Standard("company", "website", "Company website", "string", true),
      Standard("company", "created_at", "Created at", "date", false),
      Standard("company", "updated_at", "Updated at", "date", false),
  };
  return attributes;
}

}  // namespace accoil::simulator
