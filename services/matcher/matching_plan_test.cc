#include "services/matcher/matching_plan.h"

#include "tests/catch.h"

namespace accoil::matcher {
namespace {

constexpr std::int64_t kPerPage = 150;

ContactMethod Choose(const ContactNeed& need) { return ChooseContactMethod(need, kPerPage); }

TEST_CASE("the cheaper of paging all contacts and searching is taken") {
  CHECK(Choose({.searches = 50, .contacts = 4'600}) == ContactMethod::kPaging);
  CHECK(Choose({.searches = 30, .contacts = 4'600}) == ContactMethod::kSearch);
  CHECK(Choose({.searches = 31, .contacts = 4'600}) == ContactMethod::kPaging);
  CHECK(Choose({.searches = 50, .contacts = 1'000'000}) == ContactMethod::kSearch);
}

TEST_CASE("a few searches are made without asking how large the workspace is") {
  CHECK(Choose({.searches = 1}) == ContactMethod::kSearch);
  CHECK(Choose({.searches = 2}) == ContactMethod::kSearch);
  CHECK(Choose({.searches = 3}) == ContactMethod::kProbe);
  CHECK(Choose({.searches = 0, .contacts = 10}) == ContactMethod::kSearch);
}

TEST_CASE("while users stream in, everything is read from a quarter of its price on") {
  CHECK(Choose({.searches = 8, .contacts = 4'600, .streaming = true}) == ContactMethod::kPaging);
  CHECK(Choose({.searches = 5, .contacts = 4'600, .streaming = true}) == ContactMethod::kSearch);
  CHECK(Choose({.searches = 5, .contacts = 4'600, .searches_before = 3, .streaming = true}) ==
        ContactMethod::kPaging);
}

TEST_CASE("what a reading has just not shown is not looked for by reading again before its price") {
  CHECK(Choose({.searches = 16,
                .contacts = 4'600,
                .searches_before = 90,
                .streaming = true,
                .read_lately = true}) == ContactMethod::kSearch);
}

TEST_CASE("pages are counted up, and there is always one") {
  CHECK(PagesOf(0, kPerPage) == 1);
  CHECK(PagesOf(150, kPerPage) == 1);
  CHECK(PagesOf(151, kPerPage) == 2);
}

TEST_CASE("companies are listed when that takes fewer calls than reading each") {
  CHECK(ListCompaniesFirst({.unknown = 600, .companies = 600, .per_page = 50}));
  CHECK_FALSE(ListCompaniesFirst({.unknown = 12, .companies = 600, .per_page = 50}));
  CHECK(ListCompaniesFirst({.unknown = 13, .companies = 600, .per_page = 50}));
  // Nothing is known yet: the first page tells.
  CHECK(ListCompaniesFirst({.unknown = 3}));
  CHECK_FALSE(ListCompaniesFirst({.unknown = 2}));
}

TEST_CASE("many small readings of companies add up to a list, but not right after one") {
  CHECK(ListCompaniesFirst({.unknown = 5, .companies = 600, .per_page = 50, .reads_before = 10}));
  CHECK_FALSE(ListCompaniesFirst({.unknown = 100,
                                  .companies = 600,
                                  .per_page = 50,
                                  .reads_before = 10,
                                  .listed_lately = true}));
}

TEST_CASE("no more pages of companies are counted than the list reaches") {
  CHECK(ListCompaniesFirst({.unknown = 201, .companies = 1'000'000, .per_page = 50}));
}

TEST_CASE("a list is left when fewer companies are missing than pages") {
  CHECK(ListNextPage(10, 9));
  CHECK_FALSE(ListNextPage(9, 9));
  CHECK_FALSE(ListNextPage(0, 0));
}

}  // namespace
}  // namespace accoil::matcher
