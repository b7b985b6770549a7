#include "services/connections/one_time_secret.h"

#include "services/connections/encoding.h"
#include "tests/catch.h"

namespace accoil::connections {

TEST_CASE("a one-time secret is 32 random bytes, never the same twice") {
  const auto secret = NewOneTimeSecret();
  CHECK(secret.size() == 43);
  CHECK(LooksLikeOneTimeSecret(secret));
  CHECK(NewOneTimeSecret() != secret);
}

TEST_CASE("what cannot be a one-time secret is told by its form") {
  const auto secret = NewOneTimeSecret();
  CHECK_FALSE(LooksLikeOneTimeSecret(""));
  CHECK_FALSE(LooksLikeOneTimeSecret(secret + "A"));
  CHECK_FALSE(LooksLikeOneTimeSecret(secret.substr(1)));
  CHECK_FALSE(LooksLikeOneTimeSecret("'" + secret.substr(1)));
  CHECK_FALSE(LooksLikeOneTimeSecret(std::string(1, '\0') + secret.substr(1)));
}

TEST_CASE("a one-time secret's digest is its SHA-256") {
  // FIPS 180-2, appendix B.1.
  CHECK(OneTimeSecretDigest("abc") == DecodeBase64("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="));
}

}  // namespace accoil::connections
