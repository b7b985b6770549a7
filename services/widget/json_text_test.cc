#include "services/widget/json_text.h"

#include <nlohmann/json.hpp>

#include "tests/catch.h"

namespace accoil::widget {
namespace {

std::string Quoted(std::string_view text) {
  std::string json;
  AppendQuoted(json, text);
  return json;
}

TEST_CASE("a text reads back from JSON as it was") {
  std::string all;
  for (int byte = 0; byte < 0x80; ++byte) all += static_cast<char>(byte);
  for (const std::string& text :
       {std::string(), std::string("Score"), all, std::string("\"quoted\" and \\ and /"),
        std::string("Zoë · 日本 😀"), std::string("\n\n")}) {
    INFO(text);
    CHECK(nlohmann::json::parse(Quoted(text)) == text);
  }
}

TEST_CASE("what is plain stays plain") { CHECK(Quoted("Zoë · 日本") == "\"Zoë · 日本\""); }

TEST_CASE("bytes that are no UTF-8 are replaced") {
  CHECK(Quoted("a\xff\"b") == "\"a\uFFFD\\\"b\"");
  CHECK(nlohmann::json::parse(Quoted("\xe2\x82")) == "\uFFFD");
}

}  // namespace
}  // namespace accoil::widget
