#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Canvas Kit's components as far as the widget uses them, each within Canvas Kit's limits. Text
/// that comes from outside goes in by Data; what obeys Markdown (text) then shows its markup
/// instead.
namespace accoil::widget {

/// Its JSON text.
using Component = std::string;
using Components = std::vector<Component>;

/// Canvas Kit's limit for content and for stored data, in bytes each; the whole answer stays below
/// it.
inline constexpr std::size_t kMostBytes = 64 * 1024;
/// Options of a single-select or dropdown.
inline constexpr std::size_t kFewestOptions = 2;
inline constexpr std::size_t kMostOptions = 10;

enum class TextStyle { kHeader, kParagraph, kMuted, kError };
/// Words of ours, which may have Markdown; data in them must have passed PlainInMarkdown.
Component Text(std::string_view markdown, TextStyle style = TextStyle::kParagraph);

/// One line of a data-table, which shows its text as it is.
struct Field {
  std::string name;
  std::string value;
};
Component DataTable(const std::vector<Field>& fields);

struct Option {
  std::string id;
  std::string text;
};
/// Throws std::logic_error unless there are 2 to 10 options. Submits at once.
Component SingleSelect(std::string_view id, const std::vector<Option>& options,
                       std::string_view value);
/// As SingleSelect; a button submits it.
Component Dropdown(std::string_view id, std::string_view label, const std::vector<Option>& options,
                   std::string_view value);

enum class ButtonStyle { kPrimary, kSecondary, kLink };
Component SubmitButton(std::string_view id, std::string_view label,
                       ButtonStyle style = ButtonStyle::kSecondary);
/// Opens a page; `url` is https (or http on this machine).
Component LinkButton(std::string_view id, std::string_view label, std::string_view url);

struct ListItem {
  std::string id;
  std::string title;
  std::string subtitle;
  /// Whether a click submits its id.
  bool submits = false;
};
Component List(const std::vector<ListItem>& items);

Component Divider();
Component Spacer();

/// {"canvas":{"content":{"components":…},"stored_data":…}} as JSON text; `stored_data` is JSON,
/// too.
std::string Canvas(const Components& components, std::string_view stored_data);

}  // namespace accoil::widget
