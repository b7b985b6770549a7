#include "tests/intercom-simulator/app.h"

#include <algorithm>

#include "libs/core/errors.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

std::string Text(const json& value, const std::string& name) {
  if (!value.is_string()) throw core::InvalidArgument(name, "must be text");
  return value.get<std::string>();
}

std::string RequiredText(const json& value, const std::string& name) {
  auto text = Text(value, name);
  if (text.empty()) throw core::InvalidArgument(name, "must not be empty");
  return text;
}

/// A URL, or nothing.
std::string Url(const json& value, const std::string& name) {
  auto url = Text(value, name);
  if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://")) {
    throw core::InvalidArgument(name, "must be an http:// or https:// URL");
  }
  return url;
}

const json& List(const json& value, const std::string& name) {
  if (!value.is_array()) throw core::InvalidArgument(name, "must be a list");
  return value;
}

}  // namespace

const std::set<std::string>& App::AllTopics() {
  static const std::set<std::string> topics = {
      "app.uninstalled",        "company.contact.attached", "company.contact.detached",
      "company.created",        "company.deleted",          "company.updated",
      "contact.archived",       "contact.created",          "contact.deleted",
      "contact.email.updated",  "contact.lead.added_email", "contact.lead.created",
      "contact.lead.signed_up", "contact.merged",           "contact.unarchived",
      "contact.user.created"};
  return topics;
}

bool App::MayRedirectTo(const std::string& uri) const {
  return std::find(redirect_uris.begin(), redirect_uris.end(), uri) != redirect_uris.end();
}

json ToJson(const App& app) {
  return {{"client_id", app.client_id},
          {"name", app.name},
          {"redirect_uris", app.redirect_uris},
          {"webhook_url", app.webhook_url},
          {"uninstall_url", app.uninstall_url},
          {"canvas_url", app.canvas_url},
          {"topics", app.topics}};
}

App Changed(App app, const json& changes) {
  if (!changes.is_object()) throw core::InvalidArgument("", "the app is a JSON object");
  for (const auto& [name, value] : changes.items()) {
    if (name == "client_id") {
      app.client_id = RequiredText(value, name);
    } else if (name == "client_secret") {
      app.client_secret = RequiredText(value, name);
    } else if (name == "name") {
      app.name = RequiredText(value, name);
    } else if (name == "redirect_uris") {
      app.redirect_uris.clear();
      for (const auto& uri : List(value, name)) app.redirect_uris.push_back(Url(uri, name));
    } else if (name == "webhook_url") {
      app.webhook_url = Url(value, name);
    } else if (name == "uninstall_url") {
      app.uninstall_url = Url(value, name);
    } else if (name == "canvas_url") {
      app.canvas_url = Url(value, name);
    } else if (name == "topics") {
      app.topics.clear();
      for (const auto& topic : List(value, name)) app.topics.insert(Text(topic, name));
    } else {
      throw core::InvalidArgument(name, "there is no such property of an app");
    }
  }
  return app;
}

}  // namespace accoil::simulator
