#include "services/gateway/installation_form.h"

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

std::string Refusal(std::string_view body) {
  try {
    ReadInstallationForm(body);
  } catch (const core::InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("the form is read as browsers send it") {
  const auto form = ReadInstallationForm("installation=a%2Bb&product=+7+&api_key=ak_1%20");
  CHECK(form.installation == "a+b");
  CHECK(form.product == core::ProductId(7));
  CHECK(form.api_key == "ak_1");
}

TEST_CASE("a form that lacks something or holds what cannot be is refused by name") {
  CHECK(Refusal("") == "installation: is required");
  CHECK(Refusal("installation=a&product=7&api_key=+") == "api_key: is required");
  for (const auto* product : {"0", "-7", "7x", "9223372036854775808", "7%27%20OR%201%3D1"}) {
    CHECK(Refusal("installation=a&api_key=k&product=" + std::string(product)) ==
          "product: must be the product's number");
  }
  CHECK(Refusal("installation=a%0d%0aSet-Cookie:x=y&product=7&api_key=k") ==
        "installation: must be one line of at most 512 bytes");
  CHECK(Refusal("installation=%FF&product=7&api_key=k") ==
        "installation: must be one line of at most 512 bytes");
  CHECK(Refusal("installation=a&product=7&api_key=" + std::string(513, 'k')) ==
        "api_key: must be one line of at most 512 bytes");
  CHECK(Refusal("installation=%zz") == "the form is not percent-encoded as it should be");
  CHECK(Refusal(std::string(10'000, 'a')) == "the form is too long");
}

}  // namespace
}  // namespace accoil::gateway
