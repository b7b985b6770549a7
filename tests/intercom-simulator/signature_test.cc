#include "tests/intercom-simulator/signature.h"

#include "tests/catch.h"

namespace accoil::simulator {
namespace {

// The second test case of RFC 2202 and of RFC 4231.
constexpr const char* kKey = "Jefe";
constexpr const char* kBody = "what do ya want for nothing?";

TEST_CASE("webhooks are signed with HMAC-SHA1 in hex") {
  CHECK(HubSignature(kKey, kBody) == "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST_CASE("other requests are signed with HMAC-SHA256 in hex") {
  CHECK(BodySignature(kKey, kBody) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace accoil::simulator
