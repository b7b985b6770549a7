#include "libs/core/environment.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/catch.h"

namespace accoil::core {
namespace {

using std::chrono::milliseconds;

Environment Of(std::map<std::string, std::string> variables) {
  return Environment([variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

/// A file that is gone with it.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content)
      : path_(std::filesystem::temp_directory_path() /
              ("accoil-environment-" + std::to_string(getpid()))) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("durations have a unit") {
  CHECK(ParseDuration("250ms") == milliseconds(250));
  CHECK(ParseDuration("2s") == milliseconds(2'000));
  CHECK(ParseDuration("5min") == milliseconds(300'000));
  CHECK(ParseDuration("6h") == milliseconds(21'600'000));
  for (const char* wrong : {"", "2", "s", "2 s", "-2s", "2m", "1.5s", "99999999999999999999h"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseDuration(wrong));
  }
}

TEST_CASE("a duration is written as it is read, in its largest unit") {
  for (const char* text : {"0ms", "250ms", "1500ms", "2s", "90s", "5min", "6h", "24h"}) {
    CHECK(DurationText(*ParseDuration(text)) == text);
  }
  CHECK(DurationText(milliseconds(3'600'000)) == "1h");
}

TEST_CASE("every setting that was asked for is known by name, kind and default, whatever is set") {
  auto environment = Of({{"N", "many"}, {"T", "x"}});
  environment.Text("T");
  environment.Text("U", "fallback");
  environment.Secret("S");
  environment.Secret("R", "");
  environment.Integer("N", 7, 0, 10);
  environment.Boolean("B", true);
  environment.Duration("D", milliseconds(2'000), milliseconds(0), milliseconds(9'000));
  environment.Address("A");
  environment.Choice("C", "x", {"x", "y"});
  environment.Integer("N", 8, 0, 10);
  std::vector<std::string> settings;
  for (const auto& [name, kind, fallback] : environment.settings()) {
    settings.push_back(name + " " + kind + " " + (fallback ? "[" + *fallback + "]" : "required"));
  }
  CHECK(settings == std::vector<std::string>{"T text required", "U text [fallback]",
                                             "S secret required", "R secret []", "N integer [7]",
                                             "B boolean [true]", "D duration [2s]",
                                             "A address required", "C choice [x]"});
}

TEST_CASE("every unset or malformed variable is named in a line of its own") {
  auto environment = Of({{"A", ""}, {"B", "many"}, {"C", "99"}, {"D", "soon"}, {"E", "nowhere"}});
  environment.Text("A");
  environment.Integer("B", 1, 0, 10);
  environment.Integer("C", 1, 0, 10);
  environment.Duration("D", milliseconds(1), milliseconds(0), milliseconds(10));
  environment.Address("E");
  environment.Choice("F", "x", {"x", "y"});
  CHECK(environment.problems() ==
        std::vector<std::string>{
            "A: is required and not set", "B: must be a whole number from 0 to 10, not \"many\"",
            "C: must be a whole number from 0 to 10, not \"99\"",
            "D: must be a duration such as 250ms, 2s, 5min or 6h from 0ms to 10ms, not \"soon\"",
            "E: must be host:port, not \"nowhere\""});
}

TEST_CASE("a value of several lines is told in one") {
  auto environment = Of({{"A", "x\nB: is well\x7F"}});
  environment.Choice("A", "x", {"x", "y"});
  CHECK(environment.problems() ==
        std::vector<std::string>{"A: must be one of x, y, not \"x?B: is well?\""});
}

TEST_CASE("a problem is told once, however many read the variable") {
  auto environment = Of({});
  environment.Text("A");
  environment.Text("A");
  CHECK(environment.problems() == std::vector<std::string>{"A: is required and not set"});
}

TEST_CASE("a set variable is read, an unset one has its default") {
  auto environment = Of({{"PORT", "[::1]:8080"}, {"FLAG", "true"}, {"N", "7"}});
  const auto address = environment.Address("PORT");
  CHECK(address.host == "[::1]");
  CHECK(address.port == 8080);
  CHECK(environment.Boolean("FLAG", false));
  CHECK(environment.Integer("N", 1, 0, 10) == 7);
  CHECK(environment.Integer("M", 1, 0, 10) == 1);
  CHECK(environment.Text("T", "fallback") == "fallback");
  CHECK(environment.problems().empty());
}

TEST_CASE("a secret's value is in no message") {
  auto environment = Of({});
  environment.Secret("TOKEN");
  CHECK(environment.problems() == std::vector<std::string>{"TOKEN: is required and not set"});
}

TEST_CASE("a secret may come from a file, without the newline at its end") {
  for (const auto& [content, secret] : std::map<std::string, std::string>{
           {"hush", "hush"}, {"hush\n", "hush"}, {"hush\n\n", "hush\n"}, {" a\nb ", " a\nb "}}) {
    CAPTURE(content);
    const TemporaryFile file(content);
    auto environment = Of({{"TOKEN_FILE", file.path()}});
    CHECK(environment.Secret("TOKEN") == secret);
    CHECK(environment.Secret("TOKEN", "fallback") == secret);
    CHECK(environment.problems().empty());
  }
  const TemporaryFile longest(std::string(64 << 10, 'x'));
  auto environment = Of({{"TOKEN_FILE", longest.path()}});
  CHECK(environment.Secret("TOKEN").size() == 64 << 10);
  CHECK(environment.problems().empty());
}

TEST_CASE("an optional secret that is not set has its default") {
  auto environment = Of({{"A", ""}, {"A_FILE", ""}, {"B", "set"}});
  CHECK(environment.Secret("A", "") == "");
  CHECK(environment.Secret("B", "fallback") == "set");
  CHECK(environment.problems().empty());
}

TEST_CASE("a secret's file that cannot be used is a problem that names the variable alone") {
  const auto problems = [](const std::map<std::string, std::string>& variables) {
    auto environment = Of(variables);
    CHECK(environment.Secret("TOKEN", "").empty());
    return environment.problems();
  };
  using Lines = std::vector<std::string>;
  const Lines unreadable{"TOKEN_FILE: names a file that cannot be read"};
  CHECK(problems({{"TOKEN_FILE", "/nowhere/hush"}}) == unreadable);
  CHECK(problems({{"TOKEN_FILE", std::filesystem::temp_directory_path()}}) == unreadable);
  {
    const TemporaryFile file("\n");
    CHECK(problems({{"TOKEN_FILE", file.path()}}) ==
          Lines{"TOKEN_FILE: names a file that is empty"});
  }
  {
    const TemporaryFile file(std::string((64 << 10) + 1, 'x'));
    CHECK(problems({{"TOKEN_FILE", file.path()}}) ==
          Lines{"TOKEN_FILE: names a file of more than 64 KiB"});
  }
  const TemporaryFile file("hush");
  CHECK(problems({{"TOKEN", "hush"}, {"TOKEN_FILE", file.path()}}) ==
        Lines{"TOKEN: is set, and so is TOKEN_FILE; set one of the two"});
}

}  // namespace accoil::core
