#include "services/connections/api_key.h"

#include "services/connections/encoding.h"
#include "tests/catch.h"

namespace accoil::connections {

TEST_CASE("an API key is ak_ and 32 random bytes, never the same twice") {
  const auto key = NewApiKey();
  CHECK(key.starts_with("ak_"));
  CHECK(key.size() == 46);
  CHECK(LooksLikeApiKey(key));
  CHECK(NewApiKey() != key);
}

TEST_CASE("what cannot be an API key is told by its form") {
  const auto key = NewApiKey();
  CHECK(!LooksLikeApiKey(""));
  CHECK(!LooksLikeApiKey("ak_"));
  CHECK(!LooksLikeApiKey(key.substr(1)));
  CHECK(!LooksLikeApiKey(key + "A"));
  CHECK(!LooksLikeApiKey(key.substr(0, key.size() - 1) + "'"));
  CHECK(!LooksLikeApiKey(key.substr(0, key.size() - 1) + std::string(1, '\0')));
}

TEST_CASE("a key's digest is HMAC-SHA-256 under the secret") {
  // RFC 4231, test case 2.
  const auto digest = ApiKeyDigest("Jefe", "what do ya want for nothing?");
  CHECK(digest == DecodeBase64("W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="));
  CHECK(ApiKeyDigest("another", "what do ya want for nothing?") != digest);
}

TEST_CASE("bytes are written as base64url without padding") {
  CHECK(EncodeBase64Url("") == "");
  CHECK(EncodeBase64Url("f") == "Zg");
  CHECK(EncodeBase64Url("fo") == "Zm8");
  CHECK(EncodeBase64Url("foo") == "Zm9v");
  CHECK(EncodeBase64Url("\xfb\xff\xfe") == "-__-");
}

TEST_CASE("base64 is read with its padding, and what is malformed is told") {
  CHECK(DecodeBase64("Zm9v") == "foo");
  CHECK(DecodeBase64("Zm8=") == "fo");
  CHECK(DecodeBase64("Zg==") == "f");
  CHECK(DecodeBase64("+/+/") == "\xfb\xff\xbf");
  CHECK(!DecodeBase64(""));
  CHECK(!DecodeBase64("Zg"));
  CHECK(!DecodeBase64("Zg=!"));
  CHECK(!DecodeBase64("Z==="));
  CHECK(!DecodeBase64("===="));
  CHECK(!DecodeBase64("Zg==Zg=="));
}

}  // namespace accoil::connections
