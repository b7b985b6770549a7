#include "libs/core/hex.h"

#include "tests/catch.h"

namespace accoil::core {
namespace {

TEST_CASE("every byte is two hexadecimal digits") {
  CHECK(ToHex("") == "");
  CHECK(ToHex(std::string_view("\x00\x0f\x7f\x80\xff", 5)) == "000f7f80ff");
}

}  // namespace
}  // namespace accoil::core
