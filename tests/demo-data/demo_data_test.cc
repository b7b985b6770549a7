#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "libs/core/text.h"
#include "tests/catch.h"
#include "tests/demo-data/demo_files.h"
#include "tests/demo-data/facts.h"
#include "tests/demo-data/profiles.h"

namespace accoil::demo {
namespace {

Plan SmallPlan(std::uint64_t seed) {
  Plan plan;
  plan.seed = seed;
  plan.users = 400;
  plan.accounts = 50;
  plan.today = 1'767'571'200;
  return plan;
}

/// A folder of its own that is gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "demo-data-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string Content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string AllFiles(const Plan& plan) {
  const Folder folder;
  WriteDemo(plan, folder.path());
  return Content(folder.path() / "intercom.ndjson") + Content(folder.path() / "profiles.json") +
         Content(folder.path() / "data.ndjson");
}

/// FNV-1a, to compare whole files with a number in the source.
std::uint64_t Fingerprint(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char byte : text) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  }
  return hash;
}

}  // namespace

TEST_CASE("the same plan gives the same bytes, another seed others") {
  const std::string once = AllFiles(SmallPlan(1));
  CHECK(once == AllFiles(SmallPlan(1)));
  CHECK(once != AllFiles(SmallPlan(2)));
}

TEST_CASE("the bytes are the same on every machine") {
  // Changes whenever the demo is meant to change; a change by machine or compiler is a defect.
  CHECK(Fingerprint(AllFiles(SmallPlan(1))) == 0x9ce84408b493f067ULL);
}

TEST_CASE("every kind of user, contact and account that matching has to tell apart is there") {
  Plan plan = SmallPlan(1);
  plan.users = 5000;
  plan.accounts = 600;
  const Population population(plan);
  std::map<Contacts, int> contacts;
  std::map<std::string, int> emails;
  int mixed_case = 0;
  int without_email = 0;
  int without_account = 0;
  int in_several = 0;
  int in_more_than_ten = 0;
  int removed = 0;
  int found = 0;
  for (std::uint64_t i = 0; i < plan.users; ++i) {
    const User user = population.UserAt(i);
    ++contacts[user.contacts];
    without_email += user.email.empty();
    if (!user.email.empty()) ++emails[core::ToLower(user.email)];
    mixed_case += user.email != core::ToLower(user.email);
    without_account += user.accounts.empty();
    in_several += user.accounts.size() > 1;
    in_more_than_ten += user.accounts.size() > 10;
    removed += user.removed;
    found += !user.removed && !population.ContactsOf(user).empty();
  }
  CHECK(contacts.size() == 5);
  for (const auto& [kind, count] : contacts) {
    CHECK(count > 50);
  }
  CHECK(emails.size() + without_email < plan.users);
  CHECK(mixed_case > 300);
  CHECK(without_email > 50);
  CHECK(without_account > 100);
  CHECK(in_several > 100);
  CHECK(in_more_than_ten == 2);
  CHECK(removed > 10);
  CHECK(found > 4100);
  CHECK(found < 4300);

  std::map<Presence, int> presences;
  std::set<std::string> names;
  std::set<std::string> ids;
  for (std::uint64_t i = 0; i < plan.accounts; ++i) {
    const Account account = population.AccountAt(i);
    ++presences[account.presence];
    names.insert(account.name);
    ids.insert(account.id);
  }
  CHECK(presences.size() == 6);
  CHECK(names.size() == plan.accounts);
  CHECK(ids.size() == plan.accounts);
}

TEST_CASE("a user is the same whenever it is asked for") {
  const Population population(SmallPlan(7));
  const User once = population.UserAt(123);
  population.UserAt(5);
  const User again = population.UserAt(123);
  CHECK(once.email == again.email);
  CHECK(once.accounts == again.accounts);
}

TEST_CASE("emails are spelled as people type them") {
  Random random(1, Stream::kUser, 1);
  std::set<std::string> spellings;
  for (int i = 0; i < 50; ++i) {
    spellings.insert(MixCase("ada.bauer.7@north-labs.example", random));
  }
  CHECK(spellings ==
        std::set<std::string>{"ADA.BAUER.7@NORTH-LABS.EXAMPLE", "Ada.Bauer.7@North-Labs.Example"});
}

TEST_CASE("dates are RFC 3339, in UTC or with an offset") {
  CHECK(Rfc3339(1'767'571'200, 0) == "2026-01-05T00:00:00Z");
  CHECK(Rfc3339(1'767'571'200, 2) == "2026-01-05T02:00:00+02:00");
  CHECK(Rfc3339(1'767'571'200, -8) == "2026-01-04T16:00:00-08:00");
}

TEST_CASE("only traits of the catalogue are measured") {
  std::set<std::pair<std::string, std::string>> known;
  for (const ProfileSpec& profile : Profiles()) {
    for (const TraitSpec& trait : profile.catalogue) {
      known.emplace(profile.id, trait.name);
    }
  }
  const Population population(SmallPlan(1));
  std::set<std::pair<std::string, std::string>> measured;
  const Facts facts(population, [&](const nlohmann::ordered_json& item) {
    CHECK(item.at("version").get<std::int64_t>() > 0);
    if (item.at("type") == "trait") {
      measured.emplace(item.at("profile_id"), item.at("trait"));
    }
  });
  for (std::uint64_t i = 0; i < population.plan().users; ++i) {
    facts.Measure(population.UserAt(i));
  }
  for (std::uint64_t i = 0; i < population.plan().accounts; ++i) {
    facts.Measure(population.AccountAt(i), 3);
  }
  for (const auto& trait : measured) {
    CHECK(known.count(trait) == 1);
    CHECK(trait.second != "Segments");
  }
  CHECK(measured.size() > 25);
}

}  // namespace accoil::demo
