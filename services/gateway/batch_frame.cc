#include "services/gateway/batch_frame.h"

#include <string>

#include "libs/core/errors.h"

namespace accoil::gateway {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
// Brackets whose kind is remembered. Deeper ones are only counted: no item may be that deep, so its
// own reader refuses it.
constexpr std::size_t kRememberedDepth = 64;

/// Walks over JSON without making anything of it.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {
    // Exports of some spreadsheets begin with a byte order mark, which RFC 8259 lets us ignore.
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  /// Passes over white space and answers whether anything is left.
  bool More() {
    at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
    return at_ < text_.size();
  }

  /// The next byte that is not white space.
  char Peek() {
    if (!More()) throw core::InvalidArgument("", "the body ends too early");
    return text_[at_];
  }

  /// Passes over `expected` if it comes next.
  bool Take(char expected) {
    if (Peek() != expected) return false;
    ++at_;
    return true;
  }

  void Expect(char expected) {
    if (!Take(expected)) Fail(std::string("expected ") + expected);
  }

  /// Passes over one value and answers its bytes.
  std::string_view Value() {
    const auto first = Peek();
    const auto begin = at_;
    if (first == '"') {
      SkipString();
    } else if (first == '{' || first == '[') {
      SkipContainer();
    } else {
      at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
      if (at_ == begin) Fail("expected a value");
    }
    return text_.substr(begin, at_ - begin);
  }

  [[noreturn]] void Fail(const std::string& problem) const {
    throw core::InvalidArgument("", "not JSON at byte " + std::to_string(at_ + 1) + ": " + problem);
  }

 private:
  void SkipString() {
    for (auto end = at_ + 1; end < text_.size(); ++end) {
      if (text_[end] == '\\') {
        ++end;
      } else if (text_[end] == '"') {
        at_ = end + 1;
        return;
      }
    }
    Fail("a string without an end");
  }

  void SkipContainer() {
    std::uint64_t objects = 0;  // a bit for each open bracket: set for {, the innermost lowest
    std::size_t depth = 0;
    do {
      at_ = text_.find_first_of("{[]}\"", at_);
      if (at_ == std::string_view::npos) {
        throw core::InvalidArgument("", "the body ends too early: brackets are left open");
      }
      const char c = text_[at_];
      if (c == '"') {
        SkipString();
        continue;
      }
      if (c == '{' || c == '[') {
        if (depth < kRememberedDepth) objects = objects << 1 | (c == '{' ? 1 : 0);
        ++depth;
      } else {
        --depth;
        if (depth < kRememberedDepth) {
          if ((objects & 1) != (c == '}' ? 1u : 0u)) Fail("brackets do not match");
          objects >>= 1;
        }
      }
      ++at_;
    } while (depth > 0);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Gathers items up to the limit.
class Items {
 public:
  explicit Items(std::size_t most) : most_(most) {}
  void Add(std::string_view item) {
    if (items_.size() == most_) {
      throw core::InvalidArgument("items", "at most " + std::to_string(most_) + " in one request");
    }
    items_.push_back(item);
  }
  std::vector<std::string_view> Take() {
    if (items_.empty()) throw core::InvalidArgument("items", "at least one is needed");
    return std::move(items_);
  }

 private:
  std::size_t most_;
  std::vector<std::string_view> items_;
};

void AddArray(Scanner& scanner, Items& items) {
  scanner.Expect('[');
  if (scanner.Take(']')) return;
  do {
    items.Add(scanner.Value());
  } while (scanner.Take(','));
  scanner.Expect(']');
}

void AddJson(std::string_view body, Items& items) {
  constexpr std::string_view kAround =
      "the body must be an array of items, an object with the one field \"items\", or "
      "newline-delimited JSON (application/x-ndjson)";
  Scanner scanner(body);
  if (!scanner.More()) throw core::InvalidArgument("", "the body is empty");
  if (scanner.Take('{')) {
    if (scanner.Peek() != '"' || scanner.Value() != "\"items\"") {
      throw core::InvalidArgument("", std::string(kAround));
    }
    scanner.Expect(':');
    AddArray(scanner, items);
    if (!scanner.Take('}')) throw core::InvalidArgument("", std::string(kAround));
  } else if (scanner.Peek() == '[') {
    AddArray(scanner, items);
  } else {
    throw core::InvalidArgument("", std::string(kAround));
  }
  if (scanner.More()) scanner.Fail("nothing may follow the items");
}

void AddLines(std::string_view body, Items& items) {
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  while (!body.empty()) {
    const auto line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(line.size() + 1, body.size()));
    const auto first = line.find_first_not_of(kSpace);
    if (first == std::string_view::npos) continue;
    items.Add(line.substr(first, line.find_last_not_of(kSpace) - first + 1));
  }
}

}  // namespace

std::vector<std::string_view> SplitBatch(std::string_view body, BatchFormat format,
                                         std::size_t most_items) {
  Items items(most_items);
  if (format == BatchFormat::kJson) {
    AddJson(body, items);
  } else {
    AddLines(body, items);
  }
  return items.Take();
}

}  // namespace accoil::gateway
