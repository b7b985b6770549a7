#include "libs/core/environment.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "libs/core/text.h"

namespace accoil::core {
namespace {

constexpr std::size_t kLongestSecret = 64 << 10;

/// What a secret's file says, or what is wrong with it.
struct SecretFile {
  std::string content;
  std::string problem;
};

SecretFile ReadSecretFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  // One byte more than allowed tells a file that is too long, however long it is.
  std::string content(kLongestSecret + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.is_open() || file.bad()) return {"", "names a file that cannot be read"};
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > kLongestSecret) return {"", "names a file of more than 64 KiB"};
  if (content.ends_with('\n')) content.pop_back();
  if (content.empty()) return {"", "names a file that is empty"};
  return {std::move(content), ""};
}

/// A value in a message of one line.
std::string Quoted(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; }, '?');
  return '"' + text + '"';
}

std::string Describe(std::chrono::milliseconds duration) {
  return std::to_string(duration.count()) + "ms";
}

}  // namespace

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  const auto unit_at = text.find_first_not_of("0123456789");
  if (unit_at == std::string_view::npos || unit_at == 0) return std::nullopt;
  const auto count = ParseInteger<std::int64_t>(text.substr(0, unit_at));
  const auto unit = text.substr(unit_at);
  std::int64_t factor = 0;
  if (unit == "ms") factor = 1;
  if (unit == "s") factor = 1000;
  if (unit == "min") factor = 60'000;
  if (unit == "h") factor = 3'600'000;
  constexpr std::int64_t kLongest = 1'000'000'000'000;
  if (!count || factor == 0 || *count > kLongest / factor) return std::nullopt;
  return std::chrono::milliseconds(*count * factor);
}

std::string DurationText(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  for (const auto& [factor, unit] : {std::pair{3'600'000, "h"}, {60'000, "min"}, {1'000, "s"}}) {
    if (count != 0 && count % factor == 0) return std::to_string(count / factor) + unit;
  }
  return std::to_string(count) + "ms";
}

Environment::Environment()
    : Environment([](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return value;
      }) {}

Environment::Environment(Lookup lookup) : lookup_(std::move(lookup)) {}

std::optional<std::string> Environment::Find(const std::string& name) {
  auto value = lookup_(name);
  // An empty variable is how shells and charts write "not set".
  if (value && value->empty()) return std::nullopt;
  return value;
}

void Environment::Note(const std::string& name, const char* kind,
                       std::optional<std::string> fallback) {
  for (const auto& setting : settings_) {
    if (setting.name == name) return;
  }
  settings_.push_back({name, kind, std::move(fallback)});
}

void Environment::Complain(const std::string& name, const std::string& problem) {
  auto line = name + ": " + problem;
  // What several parts read, each for itself, is still one problem.
  if (std::find(problems_.begin(), problems_.end(), line) != problems_.end()) return;
  problems_.push_back(std::move(line));
}

std::string Environment::Text(const std::string& name) {
  Note(name, "text", std::nullopt);
  auto value = Find(name);
  if (!value) Complain(name, "is required and not set");
  return value.value_or("");
}

std::string Environment::Text(const std::string& name, std::string_view fallback) {
  Note(name, "text", std::string(fallback));
  return Find(name).value_or(std::string(fallback));
}

std::optional<std::string> Environment::FindSecret(const std::string& name) {
  const auto file_variable = name + "_FILE";
  const auto path = Find(file_variable);
  auto value = Find(name);
  if (!path) return value;
  if (value) {
    Complain(name, "is set, and so is " + file_variable + "; set one of the two");
    return "";
  }
  auto file = ReadSecretFile(*path);
  if (!file.problem.empty()) Complain(file_variable, file.problem);
  return std::move(file.content);
}

std::string Environment::Secret(const std::string& name) {
  Note(name, "secret", std::nullopt);
  auto value = FindSecret(name);
  if (!value) Complain(name, "is required and not set");
  return std::move(value).value_or("");
}

std::string Environment::Secret(const std::string& name, std::string_view fallback) {
  Note(name, "secret", std::string(fallback));
  auto value = FindSecret(name);
  return value ? *std::move(value) : std::string(fallback);
}

std::int64_t Environment::Integer(const std::string& name, std::int64_t fallback,
                                  std::int64_t lowest, std::int64_t highest) {
  Note(name, "integer", std::to_string(fallback));
  const auto text = Find(name);
  if (!text) return fallback;
  const auto value = ParseInteger<std::int64_t>(*text);
  if (!value || *value < lowest || *value > highest) {
    Complain(name, "must be a whole number from " + std::to_string(lowest) + " to " +
                       std::to_string(highest) + ", not " + Quoted(*text));
    return fallback;
  }
  return *value;
}

bool Environment::Boolean(const std::string& name, bool fallback) {
  const auto* text = fallback ? "true" : "false";
  Note(name, "boolean", text);
  return Choice(name, text, {"true", "false"}) == "true";
}

std::chrono::milliseconds Environment::Duration(const std::string& name,
                                                std::chrono::milliseconds fallback,
                                                std::chrono::milliseconds lowest,
                                                std::chrono::milliseconds highest) {
  Note(name, "duration", DurationText(fallback));
  const auto text = Find(name);
  if (!text) return fallback;
  const auto value = ParseDuration(*text);
  if (!value || *value < lowest || *value > highest) {
    Complain(name, "must be a duration such as 250ms, 2s, 5min or 6h from " + Describe(lowest) +
                       " to " + Describe(highest) + ", not " + Quoted(*text));
    return fallback;
  }
  return *value;
}

HostPort Environment::Address(const std::string& name) {
  Note(name, "address", std::nullopt);
  const auto text = Text(name);
  if (text.empty()) return {};
  const auto colon = text.rfind(':');
  const auto port = colon == std::string::npos
                        ? std::nullopt
                        : ParseInteger<std::int64_t>(std::string_view(text).substr(colon + 1));
  if (!port || *port < 0 || *port > 65535 || colon == 0) {
    Complain(name, "must be host:port, not " + Quoted(text));
    return {};
  }
  return {text.substr(0, colon), static_cast<std::uint16_t>(*port)};
}

std::string Environment::Choice(const std::string& name, std::string_view fallback,
                                const std::vector<std::string>& choices) {
  Note(name, "choice", std::string(fallback));
  auto text = Text(name, fallback);
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
  std::string all;
  for (const auto& choice : choices) all += (all.empty() ? "" : ", ") + choice;
  Complain(name, "must be one of " + all + ", not " + Quoted(text));
  return std::string(fallback);
}

void Environment::FinishOrExit() const {
  if (problems_.empty()) return;
  for (const auto& problem : problems_) std::fprintf(stderr, "%s\n", problem.c_str());
  std::exit(2);
}

}  // namespace accoil::core
