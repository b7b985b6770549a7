#include "tests/canvas-kit/canvas_kit.h"

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace accoil::canvas_kit {
namespace {

using nlohmann::json;

constexpr std::size_t kMostBytes = 64 * 1024;

class Checker {
 public:
  std::vector<std::string> Check(std::string_view answer) {
    const auto root = json::parse(answer, nullptr, false);
    if (root.is_discarded()) {
      Say("answer", "must be JSON");
      return problems_;
    }
    Only("answer", root, {"canvas"});
    if (!Object("canvas", root, "canvas")) return problems_;
    const auto& canvas = root["canvas"];
    Only("canvas", canvas, {"content", "stored_data"});
    if (Object("canvas.content", canvas, "content")) {
      const auto& content = canvas["content"];
      Only("canvas.content", content, {"components"});
      if (content.dump().size() > kMostBytes) Say("canvas.content", "must have at most 64 KB");
      Each("canvas.content.components", content, "components",
           [&](const std::string& at, const json& component) { Component(at, component); });
    }
    if (canvas.contains("stored_data") && Object("canvas.stored_data", canvas, "stored_data") &&
        canvas["stored_data"].dump().size() > kMostBytes) {
      Say("canvas.stored_data", "must have at most 64 KB");
    }
    return problems_;
  }

 private:
  void Say(const std::string& at, const std::string& problem) {
    problems_.push_back(at + ": " + problem);
  }

  bool Object(const std::string& at, const json& parent, const char* name) {
    if (parent.is_object() && parent.contains(name) && parent[name].is_object()) return true;
    Say(at, "must be an object");
    return false;
  }

  void Only(const std::string& at, const json& object, const std::set<std::string>& names) {
    if (!object.is_object()) return Say(at, "must be an object");
    for (const auto& [name, value] : object.items()) {
      if (!names.contains(name)) Say(at + "." + name, "is not known");
    }
  }

  void Each(const std::string& at, const json& parent, const char* name,
            const std::function<void(const std::string&, const json&)>& check) {
    if (!parent.contains(name) || !parent[name].is_array()) return Say(at, "must be a list");
    for (std::size_t i = 0; i < parent[name].size(); ++i) {
      check(at + "[" + std::to_string(i) + "]", parent[name][i]);
    }
  }

  void RequiredText(const std::string& at, const json& object, const char* name) {
    if (!object.contains(name) || !object[name].is_string() ||
        object[name].get_ref<const std::string&>().empty()) {
      Say(at + "." + name, "must be text that is not empty");
    }
  }

  void OptionalText(const std::string& at, const json& object, const char* name) {
    if (object.contains(name) && !object[name].is_string()) Say(at + "." + name, "must be text");
  }

  void OneOf(const std::string& at, const json& object, const char* name,
             const std::set<std::string>& values) {
    if (!object.contains(name)) return;
    if (!object[name].is_string() || !values.contains(object[name].get<std::string>())) {
      Say(at + "." + name, "is not one of the values");
    }
  }

  void Boolean(const std::string& at, const json& object, const char* name) {
    if (object.contains(name) && !object[name].is_boolean()) {
      Say(at + "." + name, "must be true or false");
    }
  }

  void Number(const std::string& at, const json& object, const char* name, bool required) {
    if (!object.contains(name)) {
      if (required) Say(at + "." + name, "must be there");
    } else if (!object[name].is_number_integer()) {
      Say(at + "." + name, "must be a whole number");
    }
  }

  void Id(const std::string& at, const json& object, bool required) {
    if (!object.contains("id")) {
      if (required) Say(at + ".id", "must be there");
      return;
    }
    RequiredText(at, object, "id");
    if (object["id"].is_string() && !ids_.insert(object["id"].get<std::string>()).second) {
      Say(at + ".id", "must be unique in the canvas");
    }
  }

  void Action(const std::string& at, const json& object, bool required) {
    if (!object.contains("action")) {
      if (required) Say(at + ".action", "must be there");
      return;
    }
    const auto& action = object["action"];
    const auto place = at + ".action";
    if (!action.is_object()) return Say(place, "must be an object");
    const auto type = action.value("type", json());
    if (type == "submit") {
      Only(place, action, {"type"});
    } else if (type == "url") {
      Only(place, action, {"type", "url"});
      RequiredText(place, action, "url");
      const auto url = action.value("url", std::string());
      if (!url.starts_with("https://") && !url.starts_with("http://")) {
        Say(place + ".url", "must be an http(s) URL");
      }
    } else {
      Say(place + ".type", "must be submit or url in the Inbox");
    }
  }

  void Options(const std::string& at, const json& object) {
    constexpr std::size_t kFewest = 2;
    constexpr std::size_t kMost = 10;
    std::set<std::string> ids;
    Each(at + ".options", object, "options", [&](const std::string& place, const json& option) {
      Only(place, option, {"type", "id", "text", "disabled"});
      if (!option.is_object()) return;
      if (option.value("type", json()) != "option") Say(place + ".type", "must be option");
      RequiredText(place, option, "id");
      RequiredText(place, option, "text");
      Boolean(place, option, "disabled");
      if (option.contains("id") && option["id"].is_string() &&
          !ids.insert(option["id"].get<std::string>()).second) {
        Say(place + ".id", "must be unique among the options");
      }
    });
    if (object.contains("options") && object["options"].is_array() &&
        (object["options"].size() < kFewest || object["options"].size() > kMost)) {
      Say(at + ".options", "must be 2 to 10");
    }
    if (object.contains("value") &&
        (!object["value"].is_string() || !ids.contains(object["value"].get<std::string>()))) {
      Say(at + ".value", "must be the id of an option");
    }
  }

  void SaveState(const std::string& at, const json& object) {
    OneOf(at, object, "save_state", {"unsaved", "saved", "failed"});
  }

  void TextComponent(const std::string& at, const json& component) {
    Only(at, component, {"type", "text", "style", "align", "bottom_margin", "id"});
    RequiredText(at, component, "text");
    OneOf(at, component, "style", {"header", "paragraph", "muted", "error"});
    OneOf(at, component, "align", {"left", "center", "right"});
    OneOf(at, component, "bottom_margin", {"none"});
    Id(at, component, false);
  }

  void Button(const std::string& at, const json& component) {
    Only(at, component, {"type", "id", "label", "action", "style", "disabled"});
    Id(at, component, true);
    RequiredText(at, component, "label");
    Action(at, component, true);
    OneOf(at, component, "style", {"primary", "secondary", "link"});
    Boolean(at, component, "disabled");
  }

  void Select(const std::string& at, const json& component, bool with_action) {
    std::set<std::string> fields = {"type",  "id",         "options", "label",
                                    "value", "save_state", "disabled"};
    if (with_action) fields.insert("action");
    Only(at, component, fields);
    Id(at, component, true);
    Options(at, component);
    OptionalText(at, component, "label");
    SaveState(at, component);
    Boolean(at, component, "disabled");
    if (with_action) Action(at, component, false);
  }

  void ListComponent(const std::string& at, const json& component) {
    Only(at, component, {"type", "items", "disabled"});
    Each(at + ".items", component, "items", [&](const std::string& place, const json& item) {
      Only(place, item,
           {"type", "id", "title", "subtitle", "tertiary_text", "image", "image_width",
            "image_height", "rounded_image", "disabled", "action"});
      if (!item.is_object()) return;
      if (item.value("type", json()) != "item") Say(place + ".type", "must be item");
      Id(place, item, true);
      RequiredText(place, item, "title");
      OptionalText(place, item, "subtitle");
      OptionalText(place, item, "tertiary_text");
      Action(place, item, false);
    });
    NotEmpty(at, component);
  }

  void DataTable(const std::string& at, const json& component) {
    Only(at, component, {"type", "items"});
    Each(at + ".items", component, "items", [&](const std::string& place, const json& item) {
      Only(place, item, {"type", "field", "value"});
      if (!item.is_object()) return;
      if (item.value("type", json()) != "field-value") Say(place + ".type", "must be field-value");
      RequiredText(place, item, "field");
      RequiredText(place, item, "value");
    });
    NotEmpty(at, component);
  }

  void NotEmpty(const std::string& at, const json& component) {
    if (component.contains("items") && component["items"].empty()) {
      Say(at + ".items", "must not be empty");
    }
  }

  void Image(const std::string& at, const json& component) {
    Only(at, component, {"type", "id", "url", "width", "height", "align", "rounded", "action"});
    Id(at, component, false);
    RequiredText(at, component, "url");
    Number(at, component, "width", true);
    Number(at, component, "height", true);
    OneOf(at, component, "align", {"left", "center", "right", "full_width"});
    Boolean(at, component, "rounded");
    Action(at, component, false);
  }

  void Input(const std::string& at, const json& component, const std::string& type) {
    std::set<std::string> fields = {"type",  "id",         "label",   "placeholder",
                                    "value", "save_state", "disabled"};
    if (type != "checkbox") {
      fields.insert("action");
      if (type == "textarea") fields.insert("error");
    } else {
      fields.insert("options");
    }
    Only(at, component, fields);
    Id(at, component, true);
    OptionalText(at, component, "label");
    SaveState(at, component);
    if (type != "checkbox") Action(at, component, false);
  }

  void Component(const std::string& at, const json& component) {
    if (!component.is_object()) return Say(at, "must be an object");
    const auto type = component.contains("type") && component["type"].is_string()
                          ? component["type"].get<std::string>()
                          : std::string();
    if (type == "text") return TextComponent(at, component);
    if (type == "button") return Button(at, component);
    if (type == "single-select") return Select(at, component, true);
    if (type == "dropdown") return Select(at, component, false);
    if (type == "list") return ListComponent(at, component);
    if (type == "data-table") return DataTable(at, component);
    if (type == "image") return Image(at, component);
    if (type == "input" || type == "textarea" || type == "checkbox") {
      return Input(at, component, type);
    }
    if (type == "divider" || type == "spacer") {
      Only(at, component, {"type", "id", type == "spacer" ? "size" : "bottom_margin"});
      Id(at, component, false);
      if (type == "spacer") OneOf(at, component, "size", {"xs", "s", "m", "l", "xl"});
      return;
    }
    Say(at + ".type", "is no component of the Inbox");
  }

  std::vector<std::string> problems_;
  std::set<std::string> ids_;
};

}  // namespace

std::vector<std::string> Problems(std::string_view answer) { return Checker().Check(answer); }

}  // namespace accoil::canvas_kit
