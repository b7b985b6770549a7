#include "services/gateway/canvas_request.h"

#include <nlohmann/json.hpp>

#include "libs/core/errors.h"
#include "libs/core/json.h"
#include "libs/core/text.h"

namespace accoil::gateway {
namespace {

using core::InvalidArgument;
using nlohmann::json;

constexpr std::size_t kLongestId = 255;
constexpr std::size_t kMostCompanies = 100;
constexpr std::size_t kMostInputs = 50;
constexpr std::size_t kMostStoredData = 64 << 10;

/// A part of the body and where it stands in it.
class Part {
 public:
  Part(const json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  /// A member that is an object; nothing when it is missing or null.
  std::optional<Part> Object(const char* name) const {
    const auto* member = Find(name);
    if (member == nullptr) return std::nullopt;
    if (!member->is_object()) throw InvalidArgument(PathOf(name), "must be an object");
    return Part(*member, PathOf(name));
  }

  /// A member that is a string or a number, as text; empty when it is missing or null.
  std::string Id(const char* name) const {
    const auto* member = Find(name);
    if (member == nullptr) return {};
    auto text = member->is_number_integer() ? member->dump()
                : member->is_string()       ? member->get<std::string>()
                                            : throw InvalidArgument(PathOf(name), "must be text");
    if (text.size() > kLongestId) {
      throw InvalidArgument(PathOf(name), "must have at most 255 bytes");
    }
    // PostgreSQL holds no U+0000, and no id of Intercom's has the others.
    if (!core::IsPlainText(text)) {
      throw InvalidArgument(PathOf(name), "must have no control characters");
    }
    return text;
  }

  /// As Id, of what is only shown: too long a text is cut.
  std::string Words(const char* name) const {
    const auto* member = Find(name);
    if (member == nullptr || !member->is_string()) return {};
    return std::string(core::CutUtf8(member->get_ref<const std::string&>(), kLongestId));
  }

  /// The elements of a member that is a list, or of its member `data`; none when it is missing.
  std::vector<Part> List(const char* name) const {
    const auto* member = Find(name);
    std::vector<Part> parts;
    if (member == nullptr) return parts;
    if (member->is_object()) {
      // Intercom wraps lists: {"type":"list","data":[…]}, older versions {"companies":[…]}.
      const Part list(*member, PathOf(name));
      return list.Find("data") != nullptr ? list.List("data") : list.List(name);
    }
    if (!member->is_array()) throw InvalidArgument(PathOf(name), "must be a list");
    for (std::size_t i = 0; i < member->size() && i < kMostCompanies; ++i) {
      const auto path = PathOf(name) + "[" + std::to_string(i) + "]";
      if (!(*member)[i].is_object()) throw InvalidArgument(path, "must be an object");
      parts.emplace_back((*member)[i], path);
    }
    return parts;
  }

  const json* Find(const char* name) const {
    const auto found = value_->find(name);
    return found == value_->end() || found->is_null() ? nullptr : &*found;
  }
  const std::string& path() const { return path_; }
  std::string PathOf(const char* name) const { return path_.empty() ? name : path_ + "." + name; }

 private:
  const json* value_;
  std::string path_;
};

void ReadContact(const Part& contact, widget::v1::RenderRequest::Contact& out) {
  out.set_contact_id(contact.Id("id"));
  out.set_external_id(contact.Words("external_id"));
  out.set_email(contact.Words("email"));
  out.set_name(contact.Words("name"));
  out.set_role(contact.Id("role"));
  for (const auto& company : contact.List("companies")) {
    if (auto id = company.Id("id"); !id.empty()) out.add_company_ids(std::move(id));
  }
}

void ReadInputs(const Part& inputs, const json& values,
                google::protobuf::Map<std::string, std::string>& out) {
  for (const auto& [name, value] : values.items()) {
    // Text and lists of choices are of inputs that the widget does not have.
    if (!value.is_string()) continue;
    if (out.size() == kMostInputs || name.size() > kLongestId) {
      throw InvalidArgument(inputs.path(), "must have at most 50 values with short names");
    }
    if (const auto& text = value.get_ref<const std::string&>(); text.size() <= kLongestId) {
      out[name] = text;
    }
  }
}

}  // namespace

const char* NameOf(CanvasKind kind) {
  return kind == CanvasKind::kInitialize ? "initialize" : "submit";
}

widget::v1::RenderRequest ReadCanvasRequest(std::string_view body, CanvasKind kind) {
  const auto root = core::ParseJson(body);
  if (!root.is_object()) throw InvalidArgument("", "must be a JSON object");
  const Part part(root, "");
  widget::v1::RenderRequest request;
  request.set_workspace_id(part.Id("workspace_id"));
  if (request.workspace_id().empty()) {
    throw InvalidArgument("workspace_id", "is required: Intercom's id of the workspace");
  }
  auto contact = part.Object("contact");
  if (!contact) contact = part.Object("customer");
  if (contact) ReadContact(*contact, *request.mutable_contact());
  if (const auto admin = part.Object("admin")) request.set_admin_id(admin->Id("id"));
  if (const auto context = part.Object("context")) request.set_locale(context->Id("locale"));
  if (const auto conversation = part.Object("conversation")) {
    if (const auto company = conversation->Object("company")) {
      request.set_company_id(company->Id("id"));
    }
  }
  if (kind == CanvasKind::kInitialize) return request;

  request.set_component_id(part.Id("component_id"));
  if (request.component_id().empty()) {
    throw InvalidArgument("component_id", "is required: what was clicked");
  }
  if (const auto inputs = part.Object("input_values")) {
    ReadInputs(*inputs, *part.Find("input_values"), *request.mutable_input_values());
  }
  if (const auto canvas = part.Object("current_canvas")) {
    if (const auto* stored = canvas->Find("stored_data")) {
      auto text = stored->dump(-1, ' ', false, json::error_handler_t::replace);
      if (text.size() > kMostStoredData) {
        throw InvalidArgument(canvas->PathOf("stored_data"), "must have at most 64 KB");
      }
      request.set_stored_data(std::move(text));
    }
  }
  return request;
}

}  // namespace accoil::gateway
