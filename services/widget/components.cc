#include "services/widget/components.h"

#include <stdexcept>

#include "services/widget/formatting.h"
#include "services/widget/json_text.h"

namespace accoil::widget {
namespace {

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

constexpr std::string_view kSubmit = R"({"type":"submit"})";
// A component without long texts.
constexpr std::size_t kUsualBytes = 256;

/// Writes a component's JSON, member by member.
class Writer {
 public:
  explicit Writer(std::string_view type) {
    json_.reserve(kUsualBytes);
    Begin(type);
  }

  Writer& Text(std::string_view name, std::string_view text) {
    Name(name);
    AppendQuoted(json_, text);
    return *this;
  }
  Writer& Json(std::string_view name, std::string_view json) {
    Name(name);
    json_ += json;
    return *this;
  }
  /// A list of objects; `write` writes the members of each behind its type.
  template <typename Items, typename Write>
  Writer& List(std::string_view name, std::string_view type, const Items& items, Write&& write) {
    Name(name);
    json_ += '[';
    bool first = true;
    for (const auto& item : items) {
      if (!first) json_ += ',';
      first = false;
      Begin(type);
      write(*this, item);
      json_ += '}';
    }
    json_ += ']';
    return *this;
  }
  Component Done() {
    json_ += '}';
    return std::move(json_);
  }

 private:
  void Begin(std::string_view type) {
    json_ += R"({"type":")";
    json_ += type;
    json_ += '"';
  }
  void Name(std::string_view name) {
    json_ += R"(,")";
    json_ += name;
    json_ += R"(":)";
  }

  Component json_;
};

void AddOptions(Writer& writer, const std::vector<Option>& options) {
  if (options.size() < kFewestOptions || options.size() > kMostOptions) {
    throw std::logic_error("a choice has 2 to 10 options, not " + std::to_string(options.size()));
  }
  writer.List("options", "option", options, [](Writer& one, const Option& option) {
    one.Text("id", option.id).Text("text", Something(Shorten(option.text, kMostOptionText)));
  });
}

}  // namespace

Component Text(std::string_view markdown, TextStyle style) {
  return Writer("text")
      .Text("text", Something(std::string(markdown)))
      .Text("style", NameOf(style))
      .Done();
}

Component DataTable(const std::vector<Field>& fields) {
  return Writer("data-table")
      .List("items", "field-value", fields,
            [](Writer& one, const Field& field) {
              one.Text("field", Something(Shorten(field.name, kMostTitle)))
                  .Text("value", Something(Shorten(field.value, kMostValue)));
            })
      .Done();
}

Component SingleSelect(std::string_view id, const std::vector<Option>& options,
                       std::string_view value) {
  Writer writer("single-select");
  writer.Text("id", id);
  AddOptions(writer, options);
  return writer.Text("value", value).Json("action", kSubmit).Done();
}

Component Dropdown(std::string_view id, std::string_view label, const std::vector<Option>& options,
                   std::string_view value) {
  Writer writer("dropdown");
  writer.Text("id", id).Text("label", label);
  AddOptions(writer, options);
  if (!value.empty()) writer.Text("value", value);
  return writer.Done();
}

Component SubmitButton(std::string_view id, std::string_view label, ButtonStyle style) {
  return Writer("button")
      .Text("id", id)
      .Text("label", label)
      .Text("style", NameOf(style))
      .Json("action", kSubmit)
      .Done();
}

Component LinkButton(std::string_view id, std::string_view label, std::string_view url) {
  return Writer("button")
      .Text("id", id)
      .Text("label", label)
      .Text("style", NameOf(ButtonStyle::kLink))
      .Json("action", Writer("url").Text("url", url).Done())
      .Done();
}

Component List(const std::vector<ListItem>& items) {
  return Writer("list")
      .List("items", "item", items,
            [](Writer& one, const ListItem& item) {
              one.Text("id", item.id).Text("title", Something(Shorten(item.title, kMostTitle)));
              if (!item.subtitle.empty()) one.Text("subtitle", Shorten(item.subtitle, kMostValue));
              if (item.submits) one.Json("action", kSubmit);
            })
      .Done();
}

Component Divider() { return Writer("divider").Done(); }

Component Spacer() { return Writer("spacer").Text("size", "s").Done(); }

std::string Canvas(const Components& components, std::string_view stored_data) {
  std::string canvas = R"({"canvas":{"content":{"components":[)";
  std::size_t size = canvas.size() + stored_data.size() + kUsualBytes;
  for (const auto& component : components) size += component.size() + 1;
  canvas.reserve(size);
  for (std::size_t i = 0; i < components.size(); ++i) {
    if (i > 0) canvas += ',';
    canvas += components[i];
  }
  canvas += R"(]},"stored_data":)";
  canvas += stored_data;
  canvas += "}}";
  return canvas;
}

}  // namespace accoil::widget
