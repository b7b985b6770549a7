#include "tests/intercom-simulator/render.h"

namespace accoil::simulator {
namespace {

/// What Intercom shows of a contact at most, of companies and of tags.
constexpr std::size_t kMostShown = 10;

/// The fields that the simulator knows no values for.
constexpr std::string_view kUnsetContactFields =
    R"("social_profiles":{"type":"list","data":[]},"has_hard_bounced":false,)"
    R"("marked_email_as_spam":false,"last_replied_at":null,"last_contacted_at":null,)"
    R"("last_email_opened_at":null,"last_email_clicked_at":null,"language_override":null,)"
    R"("browser":null,"browser_version":null,"browser_language":null,"os":null,)"
    R"("location":{"type":"location","country":null,"region":null,"city":null,)"
    R"("country_code":null,"continent_code":null},"android_app_name":null,)"
    R"("android_app_version":null,"android_device":null,"android_os_version":null,)"
    R"("android_sdk_version":null,"android_last_seen_at":null,"ios_app_name":null,)"
    R"("ios_app_version":null,"ios_device":null,"ios_os_version":null,"ios_sdk_version":null,)"
    R"("ios_last_seen_at":null,"utm_campaign":null,"utm_content":null,"utm_medium":null,)"
    R"("utm_source":null,"utm_term":null,"referrer":null,"enabled_push_messaging":null)";

void AppendQuoted(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

/// Appends "name":value members, with the comma before all but the first.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }

  void Text(std::string_view name, std::string_view text) {
    Name(name);
    AppendQuoted(out_, text);
  }
  /// Null when it is empty.
  void TextOrNull(std::string_view name, std::string_view text) {
    if (text.empty()) return Raw(name, "null");
    Text(name, text);
  }
  void Number(std::string_view name, std::int64_t number) { Raw(name, std::to_string(number)); }
  void NumberOrNull(std::string_view name, const std::optional<std::int64_t>& number) {
    Raw(name, number ? std::to_string(*number) : "null");
  }
  void Truth(std::string_view name, bool truth) { Raw(name, truth ? "true" : "false"); }
  void Raw(std::string_view name, std::string_view json) {
    Name(name);
    out_ += json;
  }
  /// The name alone; its value is appended by the caller.
  void Name(std::string_view name) {
    Comma();
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  /// Members that are JSON already.
  void Members(std::string_view json) {
    Comma();
    out_ += json;
  }
  void End() { out_ += '}'; }

 private:
  void Comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  std::string& out_;
  bool first_ = true;
};

void AppendAttributes(std::string& out, Model model, const Attributes& attributes,
                      const Workspace& workspace) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : attributes) {
    if (!workspace.attributes().Shown(model, name)) continue;
    if (!first) out += ',';
    first = false;
    AppendQuoted(out, name);
    out += ':';
    out += value.dump();
  }
  out += '}';
}

/// {"type":"list","data":[the first ten],"url":…,"total_count":…,"has_more":…}
void AppendReferences(std::string& out, const char* type, const char* path,
                      const std::string& contact, const std::vector<std::string>& ids) {
  out += R"({"type":"list","data":[)";
  for (std::size_t i = 0; i < ids.size() && i < kMostShown; ++i) {
    if (i > 0) out += ',';
    Object reference(out);
    reference.Text("id", ids[i]);
    reference.Text("type", type);
    reference.Text("url", std::string("/") + path + "/" + ids[i]);
    reference.End();
  }
  out += R"(],"url":"/contacts/)" + contact + "/" + path + R"(","total_count":)" +
         std::to_string(ids.size()) + R"(,"has_more":)" +
         (ids.size() > kMostShown ? "true}" : "false}");
}

void AppendList(std::string& out, const std::vector<std::string>& items) {
  out += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ',';
    out += items[i];
  }
  out += ']';
}

std::size_t PagesOf(std::size_t total, std::size_t per_page) {
  return (total + per_page - 1) / per_page;
}

}  // namespace

std::string Quoted(std::string_view text) {
  std::string quoted;
  AppendQuoted(quoted, text);
  return quoted;
}

std::string ContactJson(const Contact& contact, const Workspace& workspace,
                        const std::string& id_code) {
  std::string out;
  out.reserve(2048);
  Object object(out);
  object.Text("type", "contact");
  object.Text("id", contact.id);
  object.Text("workspace_id", id_code);
  object.TextOrNull("external_id", contact.external_id);
  object.Text("role", contact.is_user ? "user" : "lead");
  object.TextOrNull("email", contact.email);
  object.TextOrNull("phone", contact.phone);
  object.TextOrNull("name", contact.name);
  object.TextOrNull("avatar", contact.avatar);
  object.NumberOrNull("owner_id", contact.owner_id);
  object.Truth("unsubscribed_from_emails", contact.unsubscribed_from_emails);
  object.Number("created_at", contact.created_at);
  object.Number("updated_at", contact.updated_at);
  object.NumberOrNull("signed_up_at", contact.signed_up_at);
  object.NumberOrNull("last_seen_at", contact.last_seen_at);
  object.Members(kUnsetContactFields);
  object.Name("custom_attributes");
  AppendAttributes(out, Model::kContact, contact.custom_attributes, workspace);
  object.Name("tags");
  AppendReferences(out, "tag", "tags", contact.id, contact.tags);
  object.Name("notes");
  AppendReferences(out, "note", "notes", contact.id, {});
  object.Name("companies");
  AppendReferences(out, "company", "companies", contact.id, contact.companies);
  object.Name("opted_out_subscription_types");
  AppendReferences(out, "subscription", "subscriptions", contact.id, {});
  object.Name("opted_in_subscription_types");
  AppendReferences(out, "subscription", "subscriptions", contact.id, {});
  object.End();
  return out;
}

std::string CompanyJson(const Company& company, const Workspace& workspace,
                        const std::string& id_code) {
  std::string out;
  out.reserve(512);
  Object object(out);
  object.Text("type", "company");
  object.Text("company_id", company.company_id);
  object.Text("id", company.id);
  object.Text("app_id", id_code);
  object.Text("name", company.name);
  object.Number("remote_created_at", company.remote_created_at);
  object.Number("created_at", company.created_at);
  object.Number("updated_at", company.updated_at);
  object.Number("monthly_spend", company.monthly_spend);
  object.Number("session_count", 0);
  object.Number("user_count", static_cast<std::int64_t>(company.contacts.size()));
  if (company.size) object.Number("size", *company.size);
  if (!company.website.empty()) object.Text("website", company.website);
  if (!company.industry.empty()) object.Text("industry", company.industry);
  std::vector<std::string> tags;
  for (const auto& id : company.tags) tags.push_back(TagJson(workspace.GetTag(id)));
  object.Name("tags");
  out += R"({"type":"tag.list","tags":)";
  AppendList(out, tags);
  out += '}';
  object.Raw("segments", R"({"type":"segment.list","segments":[]})");
  if (company.plan.empty()) {
    object.Raw("plan", "{}");
  } else {
    object.Raw("plan", R"({"type":"plan","id":"1","name":)" + Quoted(company.plan) + "}");
  }
  object.Name("custom_attributes");
  AppendAttributes(out, Model::kCompany, company.custom_attributes, workspace);
  object.End();
  return out;
}

std::string TagJson(const Tag& tag) {
  std::string out;
  Object object(out);
  object.Text("type", "tag");
  object.Text("id", tag.id);
  object.Text("name", tag.name);
  object.End();
  return out;
}

std::string ContactListJson(const Page<ContactPtr>& page, std::size_t per_page,
                            const Workspace& workspace, const std::string& id_code) {
  std::string out = R"({"type":"list","data":[)";
  out.reserve(page.items.size() * 2048 + 256);
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    if (i > 0) out += ',';
    out += ContactJson(*page.items[i], workspace, id_code);
  }
  out += R"(],"total_count":)" + std::to_string(page.total) + R"(,"pages":{"type":"pages",)";
  if (!page.next.empty()) {
    out += R"("next":{"per_page":)" + std::to_string(per_page) + R"(,"starting_after":)" +
           Quoted(page.next) + "},";
  }
  out += R"("page":1,"per_page":)" + std::to_string(per_page) + R"(,"total_pages":)" +
         std::to_string(PagesOf(page.total, per_page)) + "}}";
  return out;
}

std::string NumberedListJson(const std::vector<std::string>& items, std::size_t page,
                             std::size_t per_page, std::size_t total, const std::string& next_url) {
  const auto pages = PagesOf(total, per_page);
  std::string out = R"({"type":"list","data":)";
  AppendList(out, items);
  out += R"(,"pages":{"type":"pages","next":)";
  out += page < pages ? Quoted(next_url) : "null";
  out += R"(,"page":)" + std::to_string(page) + R"(,"per_page":)" + std::to_string(per_page) +
         R"(,"total_pages":)" + std::to_string(pages) + R"(},"total_count":)" +
         std::to_string(total) + "}";
  return out;
}

std::string PlainListJson(const std::vector<std::string>& items) {
  std::string out = R"({"type":"list","data":)";
  AppendList(out, items);
  out += '}';
  return out;
}

}  // namespace accoil::simulator
