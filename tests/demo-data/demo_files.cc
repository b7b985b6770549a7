#include "tests/demo-data/demo_files.h"

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/demo-data/facts.h"
#include "tests/demo-data/profiles.h"

namespace accoil::demo {
namespace {

using Json = nlohmann::ordered_json;

/// A file of JSON lines that is written in large pieces.
class Lines {
 public:
  explicit Lines(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) {}

  void Write(const Json& json) {
    pending_ += json.dump();
    pending_ += '\n';
    ++written_;
    constexpr std::size_t kPiece = 1 << 20;
    if (pending_.size() > kPiece) {
      Flush();
    }
  }

  /// Writes the rest. Answers how many lines there are.
  std::uint64_t Finish() {
    Flush();
    file_.close();
    if (!file_) {
      throw std::runtime_error("cannot write " + path_.string());
    }
    return written_;
  }

 private:
  void Flush() {
    file_.write(pending_.data(), static_cast<std::streamsize>(pending_.size()));
    pending_.clear();
  }

  std::filesystem::path path_;
  std::ofstream file_;
  std::string pending_;
  std::uint64_t written_ = 0;
};

Json ToJson(const Company& company) {
  return {{"type", "company"}, {"company_id", company.company_id}, {"name", company.name}};
}

Json ToJson(const Contact& contact) {
  Json json = {{"type", "contact"}, {"role", contact.lead ? "lead" : "user"}};
  if (!contact.email.empty()) json["email"] = contact.email;
  json["name"] = contact.name;
  if (!contact.external_id.empty()) json["external_id"] = contact.external_id;
  if (contact.last_seen_at) json["last_seen_at"] = *contact.last_seen_at;
  json["companies"] = contact.companies;
  return json;
}

void WriteIntercom(const Population& population, const std::filesystem::path& path,
                   Written& written) {
  Lines lines(path);
  for (std::uint64_t i = 0; i < population.plan().accounts; ++i) {
    for (const Company& company : population.CompaniesOf(population.AccountAt(i))) {
      lines.Write(ToJson(company));
      ++written.companies;
    }
  }
  for (std::uint64_t i = 0; i < population.plan().users; ++i) {
    for (const Contact& contact : population.ContactsOf(population.UserAt(i))) {
      lines.Write(ToJson(contact));
    }
  }
  for (std::uint64_t i = 0; i < population.strangers(); ++i) {
    lines.Write(ToJson(population.StrangerAt(i)));
  }
  written.contacts = lines.Finish() - written.companies;
}

void WriteData(const Population& population, const std::filesystem::path& path, Written& written) {
  Lines lines(path);
  const Facts facts(population, [&lines](const Json& item) { lines.Write(item); });
  const auto each_account = [&](auto&& use) {
    for (std::uint64_t i = 0; i < population.plan().accounts; ++i) use(population.AccountAt(i));
  };
  const auto each_user = [&](auto&& use) {
    for (std::uint64_t i = 0; i < population.plan().users; ++i) use(population.UserAt(i));
  };
  std::vector<std::uint32_t> members(population.plan().accounts);
  each_account([&](const Account& account) { facts.Identify(account); });
  each_user([&](const User& user) {
    facts.Identify(user);
    for (const std::uint64_t account : user.accounts) ++members[account];
  });
  each_account([&](const Account& account) { facts.Measure(account, members[account.index]); });
  each_user([&](const User& user) { facts.Measure(user); });
  each_account([&](const Account& account) {
    if (account.removed) facts.Remove(account);
  });
  each_user([&](const User& user) {
    if (user.removed) facts.Remove(user);
  });
  written.items = lines.Finish();
}

}  // namespace

Written WriteDemo(const Plan& plan, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const Population population(plan);
  Written written;
  WriteIntercom(population, folder / "intercom.ndjson", written);
  WriteData(population, folder / "data.ndjson", written);
  const auto profiles = folder / "profiles.json";
  std::ofstream file(profiles, std::ios::binary);
  file << ProfilesAsJson().dump(2) << '\n';
  file.close();
  if (!file) {
    throw std::runtime_error("cannot write " + profiles.string());
  }
  return written;
}

}  // namespace accoil::demo
