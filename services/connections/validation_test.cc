#include "services/connections/validation.h"

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::connections {
namespace {

v1::Profile SomeProfile() {
  v1::Profile profile;
  profile.set_profile_id("trial-users");
  profile.set_name("Trial Users");
  auto& trait = *profile.add_catalogue();
  trait.set_name("Score");
  trait.set_type(events::v1::INTEGER);
  trait.add_on(events::v1::USER);
  trait.add_on(events::v1::ACCOUNT);
  trait.set_definition("How engaged");
  profile.set_sync_mode(events::v1::ALL_TRAITS);
  return profile;
}

/// The field that is complained of; empty when all is well.
template <typename Check>
std::string Complaint(const Check& check) {
  try {
    check();
    return "";
  } catch (const core::InvalidArgument& error) {
    return error.field();
  }
}

std::string ProfileComplaint(const std::function<void(v1::Profile&)>& change) {
  auto profile = SomeProfile();
  change(profile);
  return Complaint([&] { ValidateProfile(profile); });
}

}  // namespace

TEST_CASE("a profile within the limits is accepted") {
  CHECK(ProfileComplaint([](auto&) {}) == "");
  CHECK(ProfileComplaint([](auto& p) { p.clear_catalogue(); }) == "");
  CHECK(ProfileComplaint([](auto& p) { p.set_name(std::string(100, 'x')); }) == "");
  CHECK(ProfileComplaint([](auto& p) { p.set_name("Größe"); }) == "");
}

TEST_CASE("what is wrong with a profile is told by its field") {
  using P = v1::Profile;
  CHECK(ProfileComplaint([](P& p) { p.set_profile_id(""); }) == "profile_id");
  CHECK(ProfileComplaint([](P& p) { p.set_profile_id("a b"); }) == "profile_id");
  CHECK(ProfileComplaint([](P& p) { p.set_profile_id(std::string(65, 'x')); }) == "profile_id");
  CHECK(ProfileComplaint([](P& p) { p.set_name(""); }) == "name");
  CHECK(ProfileComplaint([](P& p) { p.set_name("  "); }) == "name");
  CHECK(ProfileComplaint([](P& p) { p.set_name("a\nb"); }) == "name");
  CHECK(ProfileComplaint([](P& p) { p.set_name(std::string(101, 'x')); }) == "name");
  CHECK(ProfileComplaint([](P& p) { p.clear_sync_mode(); }) == "sync_mode");
  CHECK(ProfileComplaint([](P& p) { p.set_sync_mode(static_cast<events::v1::SyncMode>(9)); }) ==
        "sync_mode");
}

TEST_CASE("what is wrong with a trait is told by its place") {
  const auto complaint = [](const std::function<void(events::v1::TraitDefinition&)>& change) {
    return ProfileComplaint([&](v1::Profile& profile) {
      *profile.add_catalogue() = profile.catalogue(0);
      profile.mutable_catalogue(1)->set_name("Other");
      change(*profile.mutable_catalogue(1));
    });
  };
  using T = events::v1::TraitDefinition;
  CHECK(complaint([](T&) {}) == "");
  CHECK(complaint([](T& t) { t.set_name("with space"); }) == "catalogue[1].name");
  CHECK(complaint([](T& t) { t.set_name("Score"); }) == "catalogue[1].name");
  CHECK(complaint([](T& t) { t.clear_type(); }) == "catalogue[1].type");
  CHECK(complaint([](T& t) { t.set_name("Segments"); }) == "catalogue[1].type");
  CHECK(complaint([](T& t) { t.clear_on(); }) == "catalogue[1].on");
  CHECK(complaint([](T& t) { t.add_on(events::v1::USER); }) == "catalogue[1].on");
  CHECK(complaint([](T& t) { t.set_on(0, events::v1::SUBJECT_KIND_UNSPECIFIED); }) ==
        "catalogue[1].on");
  CHECK(complaint([](T& t) { t.set_definition(std::string(1'001, 'x')); }) ==
        "catalogue[1].definition");
}

TEST_CASE("a catalogue has at most 200 traits") {
  const auto with_traits = [](int count) {
    return ProfileComplaint([&](v1::Profile& profile) {
      while (profile.catalogue_size() < count) {
        auto trait = profile.catalogue(0);
        trait.set_name("T" + std::to_string(profile.catalogue_size()));
        *profile.add_catalogue() = trait;
      }
    });
  };
  CHECK(with_traits(200) == "");
  CHECK(with_traits(201) == "catalogue");
}

TEST_CASE("an access token must be fit for a header, and a refusal does not quote it") {
  CHECK(Complaint([] { ValidateAccessToken("dG9rOjEyMzQ="); }) == "");
  for (const std::string& wrong :
       {std::string(), std::string("secret\r\nX-Evil: 1"), std::string("se cret"),
        std::string("secret\x80"), std::string(4'097, 'x')}) {
    try {
      ValidateAccessToken(wrong);
      FAIL("was accepted");
    } catch (const core::InvalidArgument& error) {
      CHECK(error.field() == "access_token");
      CHECK(std::string(error.what()).find("secret") == std::string::npos);
    }
  }
}

TEST_CASE("an attribute prefix is at most 32 letters, digits and hyphens") {
  const auto complaint = [](const std::string& prefix) {
    return Complaint([&] { ValidateAttributePrefix(prefix); });
  };
  CHECK(complaint("") == "");
  CHECK(complaint("Accoil-2") == "");
  CHECK(complaint(std::string(32, 'a')) == "");
  CHECK(complaint(std::string(33, 'a')) == "attribute_prefix");
  CHECK(complaint("a_b") == "attribute_prefix");
  CHECK(complaint("a b") == "attribute_prefix");
}

TEST_CASE("a key needs a product and at least one known scope") {
  v1::CreateApiKeyRequest request;
  const auto complaint = [&] { return Complaint([&] { ValidateApiKeyRequest(request); }); };
  CHECK(complaint() == "product_id");
  request.set_product_id(1);
  CHECK(complaint() == "scopes");
  request.add_scopes(v1::INGEST);
  CHECK(complaint() == "");
  request.add_scopes(static_cast<v1::Scope>(9));
  CHECK(complaint() == "scopes");
  request.mutable_scopes()->RemoveLast();
  request.set_label(std::string(101, 'x'));
  CHECK(complaint() == "label");
}

TEST_CASE("a lease needs a workspace, a priority and a count within reason") {
  v1::LeaseCallsRequest request;
  const auto complaint = [&] { return Complaint([&] { ValidateLeaseRequest(request); }); };
  CHECK(complaint() == "workspace_id");
  request.set_workspace_id("w");
  CHECK(complaint() == "");
  request.set_wanted(1);
  CHECK(complaint() == "priority");
  request.set_priority(v1::TRAITS);
  CHECK(complaint() == "");
  request.set_wanted(1'001);
  CHECK(complaint() == "wanted");
  request.set_wanted(1'000);
  request.add_reports()->set_ended(-1);
  CHECK(complaint() == "reports[0]");
}

TEST_CASE("a client secret is printable or left out, and is never quoted") {
  CHECK_NOTHROW(ValidateClientSecret(""));
  CHECK_NOTHROW(ValidateClientSecret("s3cret~!"));
  for (const auto& wrong : {std::string("s3cret with space"), std::string("s3cret\n"),
                            std::string(4'097, 's'), std::string("s3cret\0", 7)}) {
    try {
      ValidateClientSecret(wrong);
      FAIL("was accepted");
    } catch (const core::InvalidArgument& error) {
      CHECK(error.field() == "client_secret");
      CHECK(std::string(error.what()).find("s3cret") == std::string::npos);
    }
  }
}

}  // namespace accoil::connections
