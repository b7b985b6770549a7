#include "services/widget/list_cursor.h"

#include "libs/core/errors.h"
#include "libs/core/hex.h"
#include "tests/catch.h"

namespace accoil::widget {

TEST_CASE("a cursor comes back as it was, for its own query") {
  const auto query = QueryDigest({"7", "1", "trial"});
  for (const auto& cursor :
       {ListCursor{"71", "ada"}, ListCursor{std::nullopt, "ada"}, ListCursor{"", "a"},
        ListCursor{"ad\xc3\xa4", std::string(255, 'x')}}) {
    CHECK(ParseCursor(ToText(cursor, query), query) == cursor);
  }
}

TEST_CASE("a cursor of another query is refused, and so is what is no cursor") {
  const auto query = QueryDigest({"7", "1", "trial"});
  const auto text = ToText({"71", "ada"}, query);
  const auto problem = [&](const std::string& cursor, std::uint64_t of) {
    try {
      ParseCursor(cursor, of);
    } catch (const core::InvalidArgument& error) {
      CHECK(error.field() == "cursor");
      return error.problem();
    }
    return std::string();
  };
  CHECK(problem(text, QueryDigest({"7", "1", "paid"})) ==
        "is of another list: with a cursor, everything else must be as it was");
  const auto digest = text.substr(0, 16);
  const std::string none = "must be the next_cursor of the page before";
  for (const auto& bytes :
       {std::string(), std::string("0"), std::string("1"), std::string("2ab"),
        std::string("1\xff") + "ada", std::string("1\0ada", 5), std::string("0\xff"),
        std::string("0a\0b", 4), std::string("1\1a\xff"), "0" + std::string(256, 'x')}) {
    CAPTURE(bytes);
    CHECK(problem(digest + core::ToHex(bytes), query) == none);
  }
  CHECK(problem("abc", query) == none);
  CHECK(problem("zz" + text, query) == none);
  CHECK(problem(text + std::string(5'000, '0'), query) == none);
}

TEST_CASE("queries are told apart part by part") {
  CHECK(QueryDigest({"ab", "c"}) != QueryDigest({"a", "bc"}));
  CHECK(QueryDigest({"a", ""}) != QueryDigest({"", "a"}));
  CHECK(QueryDigest({"a", "b"}) == QueryDigest({"a", "b"}));
}

}  // namespace accoil::widget
