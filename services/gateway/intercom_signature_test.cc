#include "services/gateway/intercom_signature.h"

#include <string>

#include "tests/catch.h"

namespace accoil::gateway {
namespace {

// RFC 2202, section 3, case 2.
constexpr std::string_view kSecret = "Jefe";
constexpr std::string_view kBody = "what do ya want for nothing?";
const std::string kSignature = "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";

TEST_CASE("a body is signed with HMAC-SHA1 of its bytes") {
  CHECK(IsSignedWith(SignatureForm::kHub, kSecret, kBody, kSignature));
  CHECK(IsSignedWith(SignatureForm::kHub, kSecret, kBody,
                     "SHA1=EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79"));
  CHECK_FALSE(IsSignedWith(SignatureForm::kHub, "jefe", kBody, kSignature));
  CHECK_FALSE(
      IsSignedWith(SignatureForm::kHub, kSecret, "what do ya want for nothing", kSignature));
}

TEST_CASE("a canvas request is signed with HMAC-SHA256 of its bytes, without a prefix") {
  // RFC 4231, section 4.3.
  const std::string signature = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  CHECK(IsSignedWith(SignatureForm::kBody, kSecret, kBody, signature));
  CHECK_FALSE(IsSignedWith(SignatureForm::kBody, kSecret, kBody, "sha256=" + signature));
  CHECK_FALSE(IsSignedWith(SignatureForm::kBody, kSecret, kBody, kSignature));
  CHECK_FALSE(IsSignedWith(SignatureForm::kHub, kSecret, kBody, signature));
}

TEST_CASE("whatever is no signature signs nothing") {
  for (std::size_t i = 0; i < kSignature.size(); ++i) {
    auto wrong = kSignature;
    wrong[i] = wrong[i] == '0' ? '1' : '0';
    CHECK_FALSE(IsSignedWith(SignatureForm::kHub, kSecret, kBody, wrong));
    CHECK_FALSE(IsSignedWith(SignatureForm::kHub, kSecret, kBody, kSignature.substr(0, i)));
  }
  CHECK_FALSE(IsSignedWith(SignatureForm::kHub, kSecret, kBody, kSignature + "0"));
  CHECK_FALSE(IsSignedWith(SignatureForm::kHub, kSecret, kBody, "sha256=" + kSignature.substr(5)));
}

TEST_CASE("nothing is signed with an empty secret") {
  // HMAC-SHA1 with an empty key of an empty text.
  CHECK_FALSE(
      IsSignedWith(SignatureForm::kHub, "", "", "sha1=fbdb1d1b18aa6c08324b7d64b71fb76370690e1d"));
}

}  // namespace
}  // namespace accoil::gateway
