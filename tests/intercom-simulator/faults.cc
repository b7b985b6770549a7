#include "tests/intercom-simulator/faults.h"

#include "libs/core/environment.h"
#include "libs/core/errors.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

std::string Text(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return "";
  if (!found->is_string()) throw core::InvalidArgument(name, "must be text");
  return found->get<std::string>();
}

std::optional<std::chrono::milliseconds> Duration(const json& object, const char* name) {
  const auto text = Text(object, name);
  if (text.empty()) return std::nullopt;
  const auto duration = core::ParseDuration(text);
  if (!duration)
    throw core::InvalidArgument(name, "must be a duration such as \"500ms\" or \"30s\"");
  return duration;
}

void ReadKind(const std::string& name, Fault& fault) {
  static const std::map<std::string, std::pair<Fault::Kind, int>> kKinds = {
      {"status-500", {Fault::Kind::kStatus, 500}},
      {"status-502", {Fault::Kind::kStatus, 502}},
      {"status-503", {Fault::Kind::kStatus, 503}},
      {"429", {Fault::Kind::kThrottle, 429}},
      {"timeout", {Fault::Kind::kTimeout, 0}},
      {"reset-before", {Fault::Kind::kResetBefore, 0}},
      {"reset-after", {Fault::Kind::kResetAfter, 0}},
      {"half-answer", {Fault::Kind::kHalfAnswer, 0}},
      {"slow", {Fault::Kind::kSlow, 0}},
      {"refuse-attribute", {Fault::Kind::kRefuseAttribute, 400}},
  };
  const auto found = kKinds.find(name);
  if (found == kKinds.end()) {
    std::string all;
    for (const auto& kind : kKinds) all += (all.empty() ? "" : ", ") + kind.first;
    throw core::InvalidArgument("kind", "must be one of " + all);
  }
  fault.name = name;
  fault.kind = found->second.first;
  fault.status = found->second.second;
}

bool Writes(const json& body, const std::string& attribute) {
  if (!body.is_object()) return false;
  const auto custom = body.find("custom_attributes");
  return custom != body.end() && custom->is_object() && custom->contains(attribute);
}

}  // namespace

Fault ReadFault(const json& object, core::TimePoint now) {
  static const std::set<std::string> kKnown = {"kind",  "method",      "path",  "workspace",
                                               "delay", "probability", "count", "attribute",
                                               "done",  "duration"};
  if (!object.is_object()) throw core::InvalidArgument("", "a fault is a JSON object");
  for (const auto& item : object.items()) {
    if (!kKnown.contains(item.key())) throw core::InvalidArgument(item.key(), "is not known");
  }
  Fault fault;
  ReadKind(Text(object, "kind"), fault);
  fault.method = Text(object, "method");
  fault.path = Text(object, "path");
  fault.workspace = Text(object, "workspace");
  fault.attribute = Text(object, "attribute");
  if (fault.kind == Fault::Kind::kRefuseAttribute && fault.attribute.empty()) {
    throw core::InvalidArgument("attribute", "is required for refuse-attribute");
  }
  if (object.contains("probability")) {
    const auto& value = object["probability"];
    if (!value.is_number() || value < 0 || value > 1) {
      throw core::InvalidArgument("probability", "must be from 0 to 1");
    }
    fault.probability = value.get<double>();
  }
  if (object.contains("count")) {
    const auto& value = object["count"];
    if (!value.is_number_integer() || value < 1) {
      throw core::InvalidArgument("count", "must be a whole number from 1");
    }
    fault.count = value.get<std::uint64_t>();
  }
  if (object.contains("done")) {
    if (!object["done"].is_boolean()) throw core::InvalidArgument("done", "must be true or false");
    fault.done = object["done"].get<bool>();
  }
  if (const auto duration = Duration(object, "duration")) fault.until = now + *duration;
  const auto default_delay = fault.kind == Fault::Kind::kTimeout ? std::chrono::minutes(1)
                             : fault.kind == Fault::Kind::kSlow  ? std::chrono::seconds(1)
                                                                 : std::chrono::seconds(0);
  fault.delay = Duration(object, "delay").value_or(default_delay);
  return fault;
}

json ToJson(const Fault& fault) {
  json object = {{"id", fault.id},
                 {"kind", fault.name},
                 {"probability", fault.probability},
                 {"played", fault.played}};
  if (!fault.method.empty()) object["method"] = fault.method;
  if (!fault.path.empty()) object["path"] = fault.path;
  if (!fault.workspace.empty()) object["workspace"] = fault.workspace;
  if (!fault.attribute.empty()) object["attribute"] = fault.attribute;
  if (fault.count) object["count"] = *fault.count;
  if (fault.until) object["until"] = core::ToMicroseconds(*fault.until) / 1'000'000;
  if (fault.delay.count() > 0) object["delay"] = std::to_string(fault.delay.count()) + "ms";
  if (fault.done) object["done"] = true;
  return object;
}

bool FitsPattern(std::string_view text, std::string_view pattern) {
  // Greedy with one step back: the usual way to match '*'.
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      retry = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

std::uint64_t Faults::Add(Fault fault) {
  fault.id = ++last_id_;
  faults_[fault.id] = std::move(fault);
  return last_id_;
}

bool Faults::Remove(std::uint64_t id) { return faults_.erase(id) > 0; }

std::optional<Fault> Faults::Meet(const Call& call, core::TimePoint now) {
  std::erase_if(faults_, [now](const auto& entry) {
    return entry.second.until && *entry.second.until <= now;
  });
  for (auto& entry : faults_) {
    auto& fault = entry.second;
    if (fault.count && *fault.count == 0) continue;
    if (!fault.method.empty() && fault.method != call.method) continue;
    if (!fault.path.empty() && !FitsPattern(call.path, fault.path)) continue;
    if (!fault.workspace.empty() && fault.workspace != call.workspace) continue;
    if (!fault.attribute.empty() && !Writes(call.body, fault.attribute)) continue;
    if (random_() >= fault.probability) continue;
    ++fault.played;
    if (fault.count) --*fault.count;
    return fault;
  }
  return std::nullopt;
}

}  // namespace accoil::simulator
