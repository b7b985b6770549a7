#include "libs/service/unknown_settings.h"

#include "tests/catch.h"

namespace accoil::service {
namespace {

const std::vector<core::Setting> kOwn{{"ACCOIL_POSTGRES_URL", "secret", std::nullopt},
                                      {"ACCOIL_TRAIT_WINDOW", "duration", "2s"},
                                      {"ACCOIL_ADMIN_ADDRESS", "address", std::nullopt}};

std::vector<std::string> Unknown(const std::string& name, const std::string& value = "1") {
  return UnknownSettings({{name, value}}, kOwn);
}

TEST_CASE("a misspelt setting is told with the name that was meant") {
  using Lines = std::vector<std::string>;
  CHECK(Unknown("ACCOIL_POSTGRES_ULR") ==
        Lines{"ACCOIL_POSTGRES_ULR: no such setting; did you mean ACCOIL_POSTGRES_URL?"});
  CHECK(Unknown("ACCOIL_TRAITS_WINDOW") ==
        Lines{"ACCOIL_TRAITS_WINDOW: no such setting; did you mean ACCOIL_TRAIT_WINDOW?"});
  // Of another program.
  CHECK(Unknown("ACCOIL_MATCH_INTERVL") ==
        Lines{"ACCOIL_MATCH_INTERVL: no such setting; did you mean ACCOIL_MATCH_INTERVAL?"});
  CHECK(Unknown("ACCOIL_COLOUR") == Lines{"ACCOIL_COLOUR: no such setting"});
  // Only secrets come from files.
  CHECK(Unknown("ACCOIL_ADMIN_ADDRESS_FILE").size() == 1);
}

TEST_CASE("a value is never part of what is told") {
  CHECK(Unknown("ACCOIL_OPERATOR_KEI", "very-secret")[0].find("very-secret") == std::string::npos);
}

TEST_CASE("what is read here or by another program of the suite is known") {
  CHECK(Unknown("ACCOIL_POSTGRES_URL").empty());
  CHECK(Unknown("ACCOIL_POSTGRES_URL_FILE").empty());
  CHECK(Unknown("ACCOIL_HTTP_THREADS").empty());
  CHECK(Unknown("ACCOIL_OPERATOR_KEY_FILE").empty());
}

TEST_CASE("what is not ours is nobody's business") {
  CHECK(Unknown("PATH").empty());
  CHECK(Unknown("ACCOIL_TEST_BIN_DIR").empty());
  CHECK(Unknown("ACCOIL_LOCAL_KAFKA_PORT").empty());
}

TEST_CASE("the links that Kubernetes adds for services are no settings") {
  CHECK(Unknown("ACCOIL_INTERCOM_GATEWAY_SERVICE_HOST", "10.0.0.1").empty());
  CHECK(Unknown("ACCOIL_INTERCOM_GATEWAY_SERVICE_PORT", "8080").empty());
  CHECK(Unknown("ACCOIL_INTERCOM_GATEWAY_SERVICE_PORT_HTTP", "8080").empty());
  CHECK(Unknown("ACCOIL_INTERCOM_GATEWAY_PORT", "tcp://10.0.0.1:8080").empty());
  CHECK(Unknown("ACCOIL_INTERCOM_GATEWAY_PORT_8080_TCP", "tcp://10.0.0.1:8080").empty());
  CHECK(Unknown("ACCOIL_INTERCOM_GATEWAY_PORT_8080_TCP_ADDR", "10.0.0.1").empty());
  CHECK(Unknown("ACCOIL_INTERCOM_PORT", "8080").size() == 1);
}

}  // namespace
}  // namespace accoil::service
