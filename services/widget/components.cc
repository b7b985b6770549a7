#include "services/widget/components.h"

#include <stdexcept>

#include "services/widget/formatting.h"

namespace accoil::widget {
namespace {

using nlohmann::ordered_json;

// Longer names and values are of no use in a column of the Inbox, and a canvas of them would not be
// delivered at all.
constexpr std::size_t kMostOptionText = 80;
constexpr std::size_t kMostTitle = 120;
constexpr std::size_t kMostValue = 500;

const char* NameOf(TextStyle style) {
  switch (style) {
    case TextStyle::kHeader:
      return "header";
    case TextStyle::kParagraph:
      return "paragraph";
    case TextStyle::kMuted:
      return "muted";
    case TextStyle::kError:
      return "error";
  }
  throw std::logic_error("a text without a style");
}

const char* NameOf(ButtonStyle style) {
  switch (style) {
    case ButtonStyle::kPrimary:
      return "primary";
    case ButtonStyle::kSecondary:
      return "secondary";
    case ButtonStyle::kLink:
      return "link";
  }
  throw std::logic_error("a button without a style");
}

/// An empty string where something must stand would be refused by Canvas Kit.
std::string Something(std::string text) { return text.empty() ? "–" : text; }

ordered_json OptionsOf(const std::vector<Option>& options) {
  if (options.size() < kFewestOptions || options.size() > kMostOptions) {
    throw std::logic_error("a choice has 2 to 10 options, not " + std::to_string(options.size()));
  }
  auto list = ordered_json::array();
  for (const auto& option : options) {
    list.push_back({{"type", "option"},
                    {"id", option.id},
                    {"text", Something(Shorten(option.text, kMostOptionText))}});
  }
  return list;
}

ordered_json Submit() { return {{"type", "submit"}}; }

}  // namespace

Component Text(std::string_view markdown, TextStyle style) {
  return {{"type", "text"}, {"text", Something(std::string(markdown))}, {"style", NameOf(style)}};
}

Component DataTable(const std::vector<Field>& fields) {
  auto items = ordered_json::array();
  for (const auto& field : fields) {
    items.push_back({{"type", "field-value"},
                     {"field", Something(Shorten(field.name, kMostTitle))},
                     {"value", Something(Shorten(field.value, kMostValue))}});
  }
  return {{"type", "data-table"}, {"items", std::move(items)}};
}

Component SingleSelect(std::string_view id, const std::vector<Option>& options,
                       std::string_view value) {
  return {{"type", "single-select"},
          {"id", id},
          {"options", OptionsOf(options)},
          {"value", value},
          {"action", Submit()}};
}

Component Dropdown(std::string_view id, std::string_view label, const std::vector<Option>& options,
                   std::string_view value) {
  Component dropdown = {
      {"type", "dropdown"}, {"id", id}, {"label", label}, {"options", OptionsOf(options)}};
  if (!value.empty()) dropdown["value"] = value;
  return dropdown;
}

Component SubmitButton(std::string_view id, std::string_view label, ButtonStyle style) {
  return {{"type", "button"},
          {"id", id},
          {"label", label},
          {"style", NameOf(style)},
          {"action", Submit()}};
}

Component LinkButton(std::string_view id, std::string_view label, std::string_view url) {
  return {{"type", "button"},
          {"id", id},
          {"label", label},
          {"style", NameOf(ButtonStyle::kLink)},
          {"action", {{"type", "url"}, {"url", url}}}};
}

Component List(const std::vector<ListItem>& items) {
  auto list = ordered_json::array();
  for (const auto& item : items) {
    ordered_json entry = {
        {"type", "item"}, {"id", item.id}, {"title", Something(Shorten(item.title, kMostTitle))}};
    if (!item.subtitle.empty()) entry["subtitle"] = Shorten(item.subtitle, kMostValue);
    if (item.submits) entry["action"] = Submit();
    list.push_back(std::move(entry));
  }
  return {{"type", "list"}, {"items", std::move(list)}};
}

Component Divider() { return {{"type", "divider"}}; }

Component Spacer() { return {{"type", "spacer"}, {"size", "s"}}; }

std::string Canvas(const Components& components, const ordered_json& stored_data) {
  const ordered_json answer = {
      {"canvas", {{"content", {{"components", components}}}, {"stored_data", stored_data}}}};
  // What is not UTF-8 cannot come this far; should it, a replacement character hurts nobody.
  return answer.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace accoil::widget
