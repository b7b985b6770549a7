#include "tests/demo-data/facts.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include "tests/demo-data/profiles.h"

namespace accoil::demo {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMicro = 1'000'000;

/// How a subject used the product, as one profile sees it.
struct Usage {
  std::int64_t score = 0;
  std::int64_t activation = 0;
  std::int64_t adoption = 0;
  std::int64_t adoption_all_time = 0;
  std::int64_t frequency = 0;
  /// Unix seconds; nothing when the subject was never active.
  std::optional<std::int64_t> last_active;
};

std::int64_t AtMost100(std::int64_t value) { return value > 100 ? 100 : value; }

Usage DrawUsage(std::int64_t today, Random& random) {
  Usage usage;
  // The mean of two draws: most are somewhere in the middle.
  usage.score = (random.Between(0, 100) + random.Between(0, 100)) / 2;
  usage.activation = AtMost100(usage.score / 2 + random.Between(0, 60));
  usage.adoption = usage.score * random.Between(30, 90) / 100;
  usage.adoption_all_time = AtMost100(usage.adoption + random.Between(0, 25));
  usage.frequency = usage.score * 7 / 100;
  if (usage.frequency > 0) {
    usage.last_active = today - random.Between(60, 7 * kDay);
  } else if (random.Chance(800)) {
    usage.last_active = today - random.Between(7 * kDay, 60 * kDay);
  }
  return usage;
}

/// The ready-made segments that the subject is in.
std::vector<std::string_view> SegmentsOf(const Usage& usage, std::int64_t today, bool several_users,
                                         Random& random) {
  std::vector<std::string_view> segments = {"All"};
  if (usage.frequency > 0) segments.emplace_back("All Active");
  if (random.Chance(80)) segments.emplace_back("New");
  if (usage.score > 75) {
    segments.emplace_back("Most Engaged");
  } else if (usage.score >= 50 && usage.score < 75) {
    segments.emplace_back("Slightly Engaged");
  } else if (usage.score >= 25 && usage.score < 50) {
    segments.emplace_back("Passive");
  } else if (usage.score < 25) {
    segments.emplace_back("Least Engaged");
  }
  if (usage.last_active && *usage.last_active < today - 30 * kDay) {
    segments.emplace_back("Recently Inactive");
  }
  if (usage.last_active && *usage.last_active > today - kDay) {
    segments.emplace_back("Active Today");
  }
  const std::uint64_t trend = random.Below(1000);
  if (trend < 40) segments.emplace_back("Red Hot");
  if (trend >= 960) segments.emplace_back("Ice Cold");
  if (random.Chance(400)) segments.emplace_back("Mature");
  if (several_users) segments.emplace_back("Multi-User Accounts");
  return segments;
}

/// Makes the items about one subject in one profile.
class Measurement {
 public:
  Measurement(const Facts::Emit& emit, const char* id_field, const std::string& subject_id,
              std::string_view profile, std::int64_t version, Random& random)
      : emit_(emit),
        id_field_(id_field),
        subject_id_(subject_id),
        profile_(profile),
        version_(version),
        random_(random) {}

  /// A trait. Some are missing, some withdrawn later, and some followed by an older value.
  void Trait(std::string_view name, const Json& value, const Json& older = nullptr) {
    if (random_.Chance(60)) {
      return;
    }
    EmitTrait(name, value, version_);
    const std::uint64_t draw = random_.Below(1000);
    if (draw < 5) {
      EmitTrait(name, nullptr, version_ + kMicro);
    } else if (draw < 10 && !older.is_null()) {
      EmitTrait(name, older, version_ - kDay * kMicro);
    }
  }

  void CommonTraits(const Usage& usage) {
    Trait("Score", usage.score, 100 - usage.score);
    Trait("ActivationRate", usage.activation);
    Trait("AdoptionRate", usage.adoption, 0);
    Trait("AdoptionRateAllTime", usage.adoption_all_time);
    if (usage.last_active) {
      // A few sources write their own time zone.
      const int offset = random_.Chance(50) ? static_cast<int>(random_.Between(-8, 9)) : 0;
      Trait("LastActive", Rfc3339(*usage.last_active, offset));
    }
    Trait("Frequency", usage.frequency, 7);
  }

  void Segments(const std::vector<std::string_view>& segments) {
    for (const std::string_view segment : segments) {
      EmitSegment("segment-entered", segment, version_);
    }
    // Left since; for some the news of leaving overtook that of entering.
    if (random_.Chance(30)) {
      const bool disorder = random_.Chance(500);
      if (!disorder) EmitSegment("segment-entered", "Power Users", version_ - kDay * kMicro);
      EmitSegment("segment-exited", "Power Users", version_);
      if (disorder) EmitSegment("segment-entered", "Power Users", version_ - kDay * kMicro);
    }
  }

 private:
  void EmitTrait(std::string_view name, const Json& value, std::int64_t version) {
    emit_({{"type", "trait"},
           {"profile_id", profile_},
           {id_field_, subject_id_},
           {"trait", name},
           {"value", value},
           {"version", version}});
  }
  void EmitSegment(const char* type, std::string_view segment, std::int64_t version) {
    emit_({{"type", type},
           {"profile_id", profile_},
           {id_field_, subject_id_},
           {"segment", segment},
           {"version", version}});
  }

  const Facts::Emit& emit_;
  const char* id_field_;
  const std::string& subject_id_;
  std::string_view profile_;
  std::int64_t version_;
  Random& random_;
};

std::vector<std::string_view> ProfilesOf(Tier tier, bool onboarding) {
  std::vector<std::string_view> profiles;
  if (tier != Tier::kEnterprise) profiles.push_back(kTrialUsers);
  if (tier != Tier::kTrial) profiles.push_back(kEnterprise);
  if (onboarding) profiles.push_back(kOnboarding);
  return profiles;
}

constexpr std::array<std::string_view, 4> kTiers = {"Team", "Business", "Enterprise",
                                                    "Enterprise Plus"};
constexpr std::array<std::string_view, 6> kFeatures = {
    "Dashboards", "Exports", "Automations", "Integrations", "Réservations", "Search & Filters"};

}  // namespace

std::string Rfc3339(std::int64_t seconds, int offset_hours) {
  const std::int64_t local = seconds + offset_hours * kHour;
  std::int64_t days = local / kDay;
  std::int64_t rest = local % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(days)}}};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(rest / kHour),
                static_cast<int>(rest % kHour / 60), static_cast<int>(rest % 60));
  std::string result = text.data();
  if (offset_hours == 0) {
    return result + "Z";
  }
  std::snprintf(text.data(), text.size(), "%c%02d:00", offset_hours < 0 ? '-' : '+',
                offset_hours < 0 ? -offset_hours : offset_hours);
  return result + text.data();
}

void Facts::Identify(const Account& account) const {
  emit_({{"type", "account"},
         {"account_id", account.id},
         {"name", account.name},
         {"version", population_.plan().today * kMicro}});
}

void Facts::Identify(const User& user) const {
  Json item = {{"type", "user"}, {"user_id", user.id}};
  if (!user.email.empty()) {
    item["email"] = user.email;
  }
  item["name"] = user.name;
  auto& accounts = item["account_ids"] = Json::array();
  for (const std::uint64_t account : user.accounts) {
    accounts.push_back(population_.AccountAt(account).id);
  }
  item["version"] = population_.plan().today * kMicro;
  emit_(item);
}

void Facts::Remove(const Account& account) const {
  emit_({{"type", "account"},
         {"account_id", account.id},
         {"removed", true},
         {"version", population_.plan().today * kMicro + 1}});
}

void Facts::Remove(const User& user) const {
  emit_({{"type", "user"},
         {"user_id", user.id},
         {"removed", true},
         {"version", population_.plan().today * kMicro + 1}});
}

void Facts::Measure(const Account& account, std::uint64_t members) const {
  const Plan& plan = population_.plan();
  Random random(plan.seed, Stream::kAccountFacts, account.index);
  for (const std::string_view profile : ProfilesOf(account.tier, account.onboarding)) {
    Measurement facts(emit_, "account_id", account.id, profile, plan.today * kMicro, random);
    const Usage usage = DrawUsage(plan.today, random);
    facts.CommonTraits(usage);
    facts.Trait("TotalUsers", members);
    facts.Trait("ActiveUsers", members * static_cast<std::uint64_t>(usage.score) / 100);
    if (profile == kTrialUsers) {
      facts.Trait("TrialEndsOn", Rfc3339(plan.today + random.Between(1, 30) * kDay, 0));
    }
    if (profile == kEnterprise) {
      facts.Trait("SeatUtilisation", static_cast<double>(random.Between(5, 100)) / 100.0);
      facts.Trait("PlanTier", random.Pick(kTiers));
    }
    facts.Segments(SegmentsOf(usage, plan.today, members > 1, random));
  }
}

void Facts::Measure(const User& user) const {
  const Plan& plan = population_.plan();
  Random random(plan.seed, Stream::kUserFacts, user.index);
  const Tier tier =
      user.accounts.empty() ? Tier::kTrial : population_.AccountAt(user.accounts.front()).tier;
  for (const std::string_view profile : ProfilesOf(tier, user.onboarding)) {
    Measurement facts(emit_, "user_id", user.id, profile, plan.today * kMicro, random);
    const Usage usage = DrawUsage(plan.today, random);
    facts.CommonTraits(usage);
    if (profile == kTrialUsers) {
      facts.Trait("InvitedTeammates", random.Chance(400));
    }
    if (profile == kEnterprise) {
      facts.Trait("SessionMinutes", static_cast<double>(random.Between(5, 900)) / 10.0);
      facts.Trait("FavouriteFeature", random.Pick(kFeatures));
    }
    facts.Segments(SegmentsOf(usage, plan.today, false, random));
  }
}

}  // namespace accoil::demo
