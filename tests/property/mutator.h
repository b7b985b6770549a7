#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace accoil::test {

/// Changes texts at random, the same way for the same seed on every machine: flips bits, cuts,
/// repeats and moves pieces, nests deeply, and puts in what parsers stumble over: huge numbers,
/// broken UTF-8, control characters, escapes, commands of other languages.
///
///   Mutator mutator(1);
///   const auto input = mutator.Mutate(sample, another_sample);
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  /// `text` after one to six changes, some with pieces of `other`; at most 256 KiB.
  std::string Mutate(std::string text, std::string_view other);

  /// A number from 0 to below `bound`, which is above 0.
  std::size_t Below(std::size_t bound) { return random_() % bound; }

 private:
  /// A place in a text and how much of it from there, at least one byte unless it is empty.
  struct Piece {
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  void Change(std::string& text, std::string_view other);
  Piece Choose(std::string_view text, std::size_t most);
  /// Puts nasty text where a JSON value or a form's value stands.
  void ReplaceValue(std::string& text);
  void Nest(std::string& text);
  std::string_view Nasty();

  std::mt19937_64 random_;
};

/// A text as one line of printable ASCII, for messages; cut after 2,000 bytes.
std::string Printable(std::string_view text);

}  // namespace accoil::test
