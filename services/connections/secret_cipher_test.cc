#include "services/connections/secret_cipher.h"

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::connections {
namespace {

const core::ProductId kProduct{7};
const core::WorkspaceId kWorkspace{"abc123"};
const SecretPurpose kPurpose = SecretPurpose::Token(kProduct, kWorkspace);
constexpr const char* kToken = "dG9rOjEyMzQ1Njc4OTA=";

EncryptionKey Key(const std::string& id, char fill) { return {id, std::string(32, fill)}; }

}  // namespace

TEST_CASE("a token comes back as it was encrypted, and is not to be seen in what is stored") {
  const SecretCipher cipher({Key("k1", 'a')});
  const auto stored = cipher.Encrypt(kPurpose, kToken);
  CHECK(stored.key_id == "k1");
  CHECK(stored.bytes.find(kToken) == std::string::npos);
  CHECK(stored.bytes.size() == 12 + std::string(kToken).size() + 16);
  CHECK(cipher.Decrypt(kPurpose, stored) == kToken);
}

TEST_CASE("the same token is stored differently each time") {
  const SecretCipher cipher({Key("k1", 'a')});
  CHECK(cipher.Encrypt(kPurpose, kToken).bytes != cipher.Encrypt(kPurpose, kToken).bytes);
}

TEST_CASE("a stored token opens nothing in another product's or workspace's row") {
  const SecretCipher cipher({Key("k1", 'a')});
  const auto stored = cipher.Encrypt(kPurpose, kToken);
  CHECK(!cipher.Decrypt(SecretPurpose::Token(core::ProductId(8), kWorkspace), stored));
  CHECK(!cipher.Decrypt(SecretPurpose::Token(kProduct, core::WorkspaceId("other")), stored));
}

TEST_CASE("a stored secret of one sort does not stand for one of another") {
  const SecretCipher cipher({Key("k1", 'a')});
  const auto client_secret = SecretPurpose::ClientSecret(kProduct, kWorkspace);
  const auto installation = SecretPurpose::Installation("digest");
  CHECK(!cipher.Decrypt(client_secret, cipher.Encrypt(kPurpose, kToken)));
  CHECK(!cipher.Decrypt(kPurpose, cipher.Encrypt(client_secret, kToken)));
  CHECK(!cipher.Decrypt(kPurpose, cipher.Encrypt(installation, kToken)));
  CHECK(
      !cipher.Decrypt(SecretPurpose::Installation("other"), cipher.Encrypt(installation, kToken)));
  CHECK(cipher.Decrypt(installation, cipher.Encrypt(installation, kToken)) == kToken);
}

TEST_CASE("a stored token that was tampered with is not decrypted") {
  const SecretCipher cipher({Key("k1", 'a')});
  const auto stored = cipher.Encrypt(kPurpose, kToken);
  for (const std::size_t place : {std::size_t{0}, std::size_t{12}, stored.bytes.size() - 1}) {
    auto changed = stored;
    changed.bytes[place] = static_cast<char>(changed.bytes[place] ^ 1);
    CHECK(!cipher.Decrypt(kPurpose, changed));
  }
  CHECK(!cipher.Decrypt(kPurpose, {"k1", "short"}));
}

TEST_CASE("an old key still decrypts when a new one has been put before it") {
  const SecretCipher before({Key("k1", 'a')});
  const auto stored = before.Encrypt(kPurpose, kToken);
  const SecretCipher after({Key("k2", 'b'), Key("k1", 'a')});
  CHECK(after.Decrypt(kPurpose, stored) == kToken);
  CHECK(!after.IsCurrent(stored));
  CHECK(after.IsCurrent(after.Encrypt(kPurpose, kToken)));
  CHECK(!SecretCipher({Key("k2", 'b')}).Decrypt(kPurpose, stored));
}

TEST_CASE("encryption keys are read from text, and what is wrong never quotes a key") {
  const std::string a = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
  const std::string b = "YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";
  const auto keys = ParseEncryptionKeys("2026:" + a + ",2025:" + b);
  REQUIRE(keys.size() == 2);
  CHECK(keys[0].id == "2026");
  CHECK(keys[0].bytes == std::string(32, 'a'));
  CHECK(keys[1].bytes == std::string(32, 'b'));

  for (const auto& wrong : {std::string("x:c2VjcmV0"), std::string("c2VjcmV0"), ":" + a, "a b:" + a,
                            "x:" + a + ",x:" + b, "x:" + a + ",", "x:secret!" + a}) {
    CAPTURE(wrong);
    try {
      ParseEncryptionKeys(wrong);
      FAIL("was accepted");
    } catch (const core::InvalidArgument& error) {
      const std::string message = error.what();
      CHECK(message.find("c2VjcmV0") == std::string::npos);
      CHECK(message.find(a) == std::string::npos);
    }
  }
}

TEST_CASE("secrets are equal only when every byte is") {
  CHECK(EqualSecrets("abc", "abc"));
  CHECK(!EqualSecrets("abc", "abd"));
  CHECK(!EqualSecrets("abc", "abcd"));
  CHECK(EqualSecrets("", ""));
}

}  // namespace accoil::connections
