#include "tests/demo-data/names.h"

#include <array>
#include <string_view>

#include "libs/core/text.h"

namespace accoil::demo {
namespace {

struct Spelled {
  std::string_view shown;
  std::string_view plain;
};

// Some carry accents: names have to survive every hop as UTF-8.
constexpr std::array kFirstNames = {
    Spelled{"Ada", "ada"},       Spelled{"Amara", "amara"},   Spelled{"Anders", "anders"},
    Spelled{"Bruno", "bruno"},   Spelled{"Carmen", "carmen"}, Spelled{"Chloé", "chloe"},
    Spelled{"Dmitri", "dmitri"}, Spelled{"Elena", "elena"},   Spelled{"Farid", "farid"},
    Spelled{"Grace", "grace"},   Spelled{"Hana", "hana"},     Spelled{"Ivan", "ivan"},
    Spelled{"Jürgen", "jurgen"}, Spelled{"Kofi", "kofi"},     Spelled{"Lina", "lina"},
    Spelled{"Mateo", "mateo"},   Spelled{"Nadia", "nadia"},   Spelled{"Oskar", "oskar"},
    Spelled{"Priya", "priya"},   Spelled{"Quinn", "quinn"},   Spelled{"Rosa", "rosa"},
    Spelled{"Søren", "soren"},   Spelled{"Tomás", "tomas"},   Spelled{"Uma", "uma"},
    Spelled{"Vera", "vera"},     Spelled{"Wei", "wei"},       Spelled{"Yuki", "yuki"},
    Spelled{"Zoë", "zoe"},
};
constexpr std::array kLastNames = {
    Spelled{"Adeyemi", "adeyemi"},   Spelled{"Bauer", "bauer"},
    Spelled{"Castillo", "castillo"}, Spelled{"Dubois", "dubois"},
    Spelled{"Eriksen", "eriksen"},   Spelled{"Ferrari", "ferrari"},
    Spelled{"García", "garcia"},     Spelled{"Haddad", "haddad"},
    Spelled{"Ito", "ito"},           Spelled{"Jansen", "jansen"},
    Spelled{"Kowalski", "kowalski"}, Spelled{"Lindqvist", "lindqvist"},
    Spelled{"Müller", "muller"},     Spelled{"Nguyen", "nguyen"},
    Spelled{"O'Brien", "obrien"},    Spelled{"Patel", "patel"},
    Spelled{"Quispe", "quispe"},     Spelled{"Rossi", "rossi"},
    Spelled{"Sato", "sato"},         Spelled{"Tanaka", "tanaka"},
    Spelled{"Usman", "usman"},       Spelled{"Vargas", "vargas"},
    Spelled{"Walker", "walker"},     Spelled{"Xu", "xu"},
    Spelled{"Young", "young"},       Spelled{"Zimmermann", "zimmermann"},
};
constexpr std::array<std::string_view, 32> kAccountFirst = {
    "Amber",  "Birch",   "Cobalt",  "Delta",   "Ember",    "Fjord",     "Granite", "Harbour",
    "Indigo", "Juniper", "Kestrel", "Lumen",   "Meridian", "Northwind", "Onyx",    "Pioneer",
    "Quartz", "Ridge",   "Summit",  "Tidal",   "Umbra",    "Vertex",    "Willow",  "Xenon",
    "Yonder", "Zephyr",  "Cedar",   "Orchard", "Saffron",  "Beacon",    "Compass", "Falcon"};
constexpr std::array<std::string_view, 24> kAccountSecond = {
    "Analytics", "Bank",     "Care",      "Dynamics", "Energy",     "Foods",
    "Games",     "Health",   "Insurance", "Labs",     "Logistics",  "Media",
    "Mobility",  "Networks", "Outdoor",   "Partners", "Publishing", "Robotics",
    "Schools",   "Software", "Studios",   "Systems",  "Travel",     "Works"};

struct AccountWords {
  std::string_view first;
  std::string_view second;
  /// How many accounts had the same two words before.
  std::uint64_t round;
};

AccountWords WordsOf(std::uint64_t index) {
  constexpr std::uint64_t kCombinations = kAccountFirst.size() * kAccountSecond.size();
  // A step that shares no factor with the number of combinations visits each of them once, so
  // neighbours do not look alike.
  const std::uint64_t combination = (index % kCombinations) * 295 % kCombinations;
  return {kAccountFirst[combination % kAccountFirst.size()],
          kAccountSecond[combination / kAccountFirst.size()], index / kCombinations};
}

}  // namespace

PersonName MakePersonName(Random& random) {
  const auto& first = random.Pick(kFirstNames);
  const auto& last = random.Pick(kLastNames);
  return {std::string(first.shown) + " " + std::string(last.shown),
          std::string(first.plain) + "." + std::string(last.plain)};
}

std::string AccountName(std::uint64_t index) {
  const auto words = WordsOf(index);
  std::string name = std::string(words.first) + " " + std::string(words.second);
  if (words.round > 0) {
    name += " " + std::to_string(words.round + 1);
  }
  return name;
}

std::string AccountDomain(std::uint64_t index) {
  const auto words = WordsOf(index);
  std::string domain = core::ToLower(words.first) + "-" + core::ToLower(words.second);
  if (words.round > 0) {
    domain += "-" + std::to_string(words.round + 1);
  }
  return domain + ".example";
}

}  // namespace accoil::demo
