#include "libs/postgres/parameter.h"

#include "tests/catch.h"

namespace accoil::postgres {

TEST_CASE("values become PostgreSQL's text") {
  CHECK(Parameter(std::int64_t{-5}).text() == "-5");
  CHECK(Parameter(true).text() == "t");
  CHECK(Parameter(0.1).text() == "0.10000000000000001");
  CHECK(Parameter("it's").text() == "it's");
  CHECK(Parameter(core::ProductId(7)).text() == "7");
  CHECK(Parameter(std::optional<int>()).text() == std::nullopt);
  CHECK(Parameter(core::FromMicroseconds(1'734'537'430'000'250)).text() ==
        "2024-12-18 15:57:10.000250+00");
  CHECK(Parameter(core::FromMicroseconds(-1)).text() == "1969-12-31 23:59:59.999999+00");
  CHECK(Parameter(std::chrono::seconds(2)).text() == "2000000 microseconds");
}

TEST_CASE("vectors become arrays whose elements are quoted") {
  CHECK(Parameter(std::vector<std::int64_t>{1, 2}).text() == R"({"1","2"})");
  CHECK(Parameter(std::vector<std::string>{"a,b", R"(q"\)", ""}).text() == R"({"a,b","q\"\\",""})");
  CHECK(Parameter(std::vector<std::optional<std::string>>{"NULL", std::nullopt}).text() ==
        R"({"NULL",NULL})");
  CHECK(Parameter(std::vector<bool>{true, false}).text() == R"({"t","f"})");
  CHECK(Parameter(std::vector<std::string>{}).text() == "{}");
}

TEST_CASE("bytes become hex") { CHECK(Bytea(std::string_view("\0\xff", 2)) == "\\x00ff"); }

}  // namespace accoil::postgres
