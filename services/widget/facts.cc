#include "services/widget/facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace accoil::widget {
namespace {

constexpr std::chrono::days kWeek(7);

std::int64_t DayOf(core::TimePoint time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

std::optional<Value> ValueOf(const nlohmann::json& json) {
  if (json.is_string()) return Value(json.get<std::string>());
  if (json.is_number()) return Value(json.get<double>());
  if (json.is_boolean()) return Value(json.get<bool>());
  return std::nullopt;
}

/// Which alternative of Value follows.
enum class Type : std::int64_t { kText, kNumber, kFlag };

void AddValue(Packer& packer, const Value& value) {
  packer.Add(static_cast<std::int64_t>(value.index()));
  std::visit([&](const auto& held) { packer.Add(held); }, value);
}

Value ReadValue(Unpacker& unpacker) {
  static_assert(std::is_same_v<Value, std::variant<std::string, double, bool>>);
  switch (static_cast<Type>(unpacker.Number())) {
    case Type::kText:
      return std::string(unpacker.Text());
    case Type::kNumber:
      return unpacker.Double();
    case Type::kFlag:
      return unpacker.Flag();
  }
  throw std::logic_error("a packed value of no known type");
}

/// What a value was until a day.
struct Was {
  std::int64_t day;
  Value value;
};

std::vector<Was> ReadHistory(const std::optional<std::string>& text) {
  std::vector<Was> history;
  if (!text) return history;
  const auto entries = nlohmann::json::parse(*text, nullptr, false);
  if (!entries.is_array()) return history;
  for (const auto& entry : entries) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_number_integer()) continue;
    if (auto value = ValueOf(entry[1])) {
      history.push_back({entry[0].get<std::int64_t>(), std::move(*value)});
    }
  }
  return history;
}

core::TimePoint ReadTime(Unpacker& unpacker) { return core::FromMicroseconds(unpacker.Number()); }

}  // namespace

std::string Pack(const std::vector<ConnectedProduct>& products) {
  Packer packer;
  packer.AddCount(products.size());
  for (const auto& product : products) {
    packer.Add(product.product.value());
    packer.Add(product.connected);
    packer.Add(product.name);
  }
  return packer.Take();
}

std::vector<ConnectedProduct> UnpackConnections(std::string_view packed) {
  Unpacker unpacker(packed);
  std::vector<ConnectedProduct> products(unpacker.Count());
  for (auto& product : products) {
    product.product = core::ProductId(unpacker.Number());
    product.connected = unpacker.Flag();
    product.name = unpacker.Text();
  }
  return products;
}

std::string Pack(const std::vector<MatchedUser>& users) {
  Packer packer;
  packer.AddCount(users.size());
  for (const auto& user : users) {
    packer.Add(user.product.value());
    packer.Add(user.subject.value());
  }
  return packer.Take();
}

std::vector<MatchedUser> UnpackMatched(std::string_view packed) {
  Unpacker unpacker(packed);
  std::vector<MatchedUser> users(unpacker.Count());
  for (auto& user : users) {
    user.product = core::ProductId(unpacker.Number());
    user.subject = core::SubjectId(std::string(unpacker.Text()));
  }
  return users;
}

std::string Pack(const SubjectFact& subject) {
  Packer packer;
  packer.Add(subject.known);
  packer.Add(subject.removed);
  packer.Add(subject.name);
  packer.Add(subject.email);
  packer.AddCount(subject.accounts.size());
  for (const auto& account : subject.accounts) packer.Add(account);
  packer.Add(subject.match_version);
  packer.Add(subject.match_workspace);
  packer.Add(subject.match_target);
  return packer.Take();
}

SubjectFact UnpackSubject(std::string_view packed) {
  Unpacker unpacker(packed);
  SubjectFact subject;
  subject.known = unpacker.Flag();
  subject.removed = unpacker.Flag();
  subject.name = unpacker.Text();
  subject.email = unpacker.Text();
  subject.accounts.resize(unpacker.Count());
  for (auto& account : subject.accounts) account = unpacker.Text();
  subject.match_version = unpacker.Number();
  subject.match_workspace = unpacker.Text();
  subject.match_target = unpacker.Text();
  return subject;
}

std::string Pack(const std::vector<ProfileFact>& profiles) {
  Packer packer;
  packer.AddCount(profiles.size());
  for (const auto& [profile, version] : profiles) {
    packer.Add(profile.key.product.value());
    packer.Add(profile.key.profile.value());
    packer.Add(profile.name);
    packer.Add(static_cast<std::int64_t>(profile.mode));
    packer.Add(profile.summary);
    packer.Add(version);
  }
  return packer.Take();
}

std::vector<ProfileFact> UnpackProfiles(std::string_view packed) {
  Unpacker unpacker(packed);
  std::vector<ProfileFact> profiles(unpacker.Count());
  for (auto& [profile, version] : profiles) {
    profile.key.product = core::ProductId(unpacker.Number());
    profile.key.profile = core::ProfileId(std::string(unpacker.Text()));
    profile.name = unpacker.Text();
    profile.mode = static_cast<SyncMode>(unpacker.Number());
    profile.summary = unpacker.Flag();
    version = unpacker.Number();
  }
  return profiles;
}

void MeasuresPacker::AddTrait(std::string_view name, const std::string& value,
                              const std::optional<std::string>& history, core::TimePoint stated) {
  const auto read = ValueOf(nlohmann::json::parse(value, nullptr, false));
  if (!read) return;
  ++traits_;
  traits_packer_.Add(name);
  AddValue(traits_packer_, *read);
  traits_packer_.Add(core::ToMicroseconds(stated));
  const auto days = ReadHistory(history);
  traits_packer_.AddCount(days.size());
  for (const auto& [day, was] : days) {
    traits_packer_.Add(day);
    AddValue(traits_packer_, was);
  }
}

void MeasuresPacker::AddSegment(std::string_view name, bool inside, core::TimePoint since) {
  ++segments_;
  segments_packer_.Add(name);
  segments_packer_.Add(inside);
  segments_packer_.Add(core::ToMicroseconds(since));
}

std::string MeasuresPacker::Take() {
  Packer packer;
  packer.AddCount(traits_);
  packer.AddCount(segments_);
  auto packed = packer.Take();
  packed += traits_packer_.bytes();
  packed += segments_packer_.bytes();
  packed.shrink_to_fit();
  return packed;
}

Measures UnpackMeasures(std::string_view packed, core::TimePoint now) {
  Unpacker unpacker(packed);
  Measures measures;
  const auto traits = unpacker.Count();
  const auto segments = unpacker.Count();
  for (std::size_t i = 0; i < traits; ++i) {
    std::string name(unpacker.Text());
    Trait trait{ReadValue(unpacker), std::nullopt};
    measures.newest = std::max(measures.newest, ReadTime(unpacker));
    // What it was a week ago is what it was until the first day since then.
    const auto days = unpacker.Count();
    for (std::size_t day = 0; day < days; ++day) {
      const auto until = unpacker.Number();
      auto was = ReadValue(unpacker);
      if (!trait.week_ago && until > DayOf(now) - kWeek.count()) trait.week_ago = std::move(was);
    }
    measures.traits.emplace_hint(measures.traits.end(), std::move(name), std::move(trait));
  }
  for (std::size_t i = 0; i < segments; ++i) {
    std::string name(unpacker.Text());
    const bool inside = unpacker.Flag();
    const auto since = ReadTime(unpacker);
    if (inside) {
      measures.segments.push_back({std::move(name), since});
    } else if (since > now - kWeek) {
      measures.left.push_back(std::move(name));
    }
  }
  return measures;
}

}  // namespace accoil::widget
