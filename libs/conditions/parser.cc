#include "libs/conditions/parser.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "libs/conditions/advice.h"
#include "libs/core/text.h"

namespace accoil::conditions {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using std::chrono::weeks;

constexpr days kLongestAge{36'500};

bool IsOrder(Operator op) { return op != Operator::kEqual && op != Operator::kNotEqual; }

template <typename Part>
Node Make(Part part) {
  return Node{std::move(part)};
}

Node Negated(Node node) { return Make(Not{std::make_unique<Node>(std::move(node))}); }

/// Several joined into one; one alone stays what it is.
template <typename Junction>
Node Joined(std::vector<Node> of) {
  return of.size() == 1 ? std::move(of.front()) : Make(Junction{std::move(of)});
}

/// Descends by one method for each rule of the language, looking one token ahead:
///
///   any       all { or all }
///   all       one { and one }
///   one       not one | ( any ) | comparison
class Parser {
 public:
  Parser(const Source& source, const Schema& schema)
      : source_(source), schema_(schema), lexer_(source), token_(lexer_.Next()) {}

  Node Parse() {
    if (token_.kind == Token::Kind::kEnd) {
      Fail("a condition is wanted, such as " + Example(schema_));
    }
    auto node = Any();
    if (token_.kind == Token::Kind::kClose) Fail("no parenthesis is open that this could close");
    if (token_.kind != Token::Kind::kEnd) {
      Fail("a comparison ends before this; and, or, or the end must follow");
    }
    return node;
  }

 private:
  Node Any();
  Node All();
  Node One();
  Node Comparison();
  Node TextIn();
  Node OfField(std::size_t field);
  Node Negatable(std::size_t field);
  Node In(std::size_t field);
  Node ContainsText(std::size_t field);
  Node Empty(std::size_t field);
  Node Operation(std::size_t field);
  Node Age(std::size_t field, const Token& op);
  Literal ReadLiteral(const Field& field);

  /// The place of the field that the token names.
  std::size_t TakeField();
  bool NamesField() const {
    return token_.kind == Token::Kind::kWord || token_.kind == Token::Kind::kName;
  }
  /// Of the set, whatever was asked of it that sets do not answer.
  [[noreturn]] void FailAsSet(const Field& field, std::size_t byte) const {
    source_.Fail(byte, Written(field.name) + " is a set of texts; write " + Example(field));
  }

  Token Take() { return std::exchange(token_, lexer_.Next()); }
  bool TakeKeyword(std::string_view keyword) {
    if (!IsKeyword(token_, keyword)) return false;
    Take();
    return true;
  }
  [[noreturn]] void Fail(const std::string& problem) const { source_.Fail(token_.begin, problem); }
  /// One step into parentheses or a not; steps out where it ends.
  class Step {
   public:
    explicit Step(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > Condition::kDeepest) {
        parser_.Fail("parentheses and nots stand at most " + std::to_string(Condition::kDeepest) +
                     " deep within each other");
      }
    }
    ~Step() { --parser_.depth_; }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Parser& parser_;
  };

  const Source& source_;
  const Schema& schema_;
  Lexer lexer_;
  Token token_;
  int depth_ = 0;
  int comparisons_ = 0;
};

Node Parser::Any() {
  std::vector<Node> of;
  do {
    of.push_back(All());
  } while (TakeKeyword("or"));
  return Joined<Or>(std::move(of));
}

Node Parser::All() {
  std::vector<Node> of;
  do {
    of.push_back(One());
  } while (TakeKeyword("and"));
  return Joined<And>(std::move(of));
}

Node Parser::One() {
  if (IsKeyword(token_, "not")) {
    const Step step(*this);
    Take();
    return Negated(One());
  }
  if (token_.kind != Token::Kind::kOpen) return Comparison();
  const Step step(*this);
  const auto open = Take();
  auto node = Any();
  if (token_.kind == Token::Kind::kEnd) {
    source_.Fail(open.begin, "the parenthesis that opens here is never closed");
  }
  if (token_.kind != Token::Kind::kClose) {
    Fail("a comparison ends before this; and, or, or ) must follow");
  }
  Take();
  return node;
}

Node Parser::Comparison() {
  if (++comparisons_ > Condition::kMostComparisons) {
    Fail("a condition has at most " + std::to_string(Condition::kMostComparisons) + " comparisons");
  }
  switch (token_.kind) {
    case Token::Kind::kText:
      return TextIn();
    case Token::Kind::kWord:
    case Token::Kind::kName:
      return OfField(TakeField());
    case Token::Kind::kEnd:
      Fail("a comparison must follow, such as " + Example(schema_));
    default:
      Fail("a comparison begins with a field, such as " + Example(schema_));
  }
}

std::size_t Parser::TakeField() {
  const auto& name = token_.text;
  const bool reserved = token_.kind == Token::Kind::kWord && IsReserved(name);
  const auto found = std::find_if(schema_.begin(), schema_.end(),
                                  [&](const Field& field) { return field.name == name; });
  if (found == schema_.end()) {
    Fail(reserved ? name + " cannot stand here; a comparison begins with a field, such as " +
                        Example(schema_)
                  : UnknownField(name, schema_));
  }
  if (reserved) {
    Fail(name + " is a word of the language; the field is written " + Written(name));
  }
  // Only now: what comes after it may be broken too.
  Take();
  return static_cast<std::size_t>(found - schema_.begin());
}

Node Parser::TextIn() {
  const auto text = Take();
  const bool negated = TakeKeyword("not");
  if (!TakeKeyword("in")) {
    Fail("after a text stands in and a set, as in " + Quoted(text.text) +
         " in Segments; other comparisons begin with a field");
  }
  if (!NamesField()) Fail("a set must follow, as in " + Quoted(text.text) + " in Segments");
  const auto at = token_.begin;
  const auto place = TakeField();
  const auto& field = schema_[place];
  if (field.type != Type::kTexts) {
    source_.Fail(at, Written(field.name) + " is " + std::string(Described(field.type)) +
                         ", not a set; write " + Example(field));
  }
  auto node = Make(HasText{place, text.text});
  return negated ? Negated(std::move(node)) : std::move(node);
}

Node Parser::OfField(std::size_t place) {
  const auto& field = schema_[place];
  if (token_.kind == Token::Kind::kOperator) return Operation(place);
  if (TakeKeyword("is")) return Empty(place);
  if (IsKeyword(token_, "not") || IsKeyword(token_, "in") || IsKeyword(token_, "contains")) {
    return Negatable(place);
  }
  if (field.type == Type::kBoolean) return Make(Compare{place, Operator::kEqual, true});
  Fail("after " + Written(field.name) + ", which is " + std::string(Described(field.type)) +
       ", stands what it is compared with, such as " + Example(field));
}

Node Parser::Negatable(std::size_t place) {
  const auto& field = schema_[place];
  const auto at = token_.begin;
  const bool negated = TakeKeyword("not");
  if (!IsKeyword(token_, "in") && !IsKeyword(token_, "contains")) {
    Fail("after " + Written(field.name) + " not stands in or contains");
  }
  if (field.type == Type::kTexts) FailAsSet(field, at);
  auto node = TakeKeyword("in") ? In(place) : ContainsText(place);
  if (!negated) return node;
  // A comparison with no value is false, this one too.
  std::vector<Node> of;
  of.push_back(Negated(Make(IsEmpty{place, false})));
  of.push_back(Negated(std::move(node)));
  return Make(And{std::move(of)});
}

Node Parser::In(std::size_t place) {
  const auto& field = schema_[place];
  const std::string literal(ExampleLiteral(field.type));
  if (token_.kind != Token::Kind::kOpen) {
    Fail("after in stand literals in parentheses, as in (" + literal + ", …)");
  }
  OneOf one_of{place, {}};
  do {
    Take();
    one_of.literals.push_back(ReadLiteral(field));
  } while (token_.kind == Token::Kind::kComma);
  if (token_.kind != Token::Kind::kClose) Fail("a comma and another literal, or ) must follow");
  Take();
  return Make(std::move(one_of));
}

Node Parser::ContainsText(std::size_t place) {
  const auto& field = schema_[place];
  const auto keyword = Take();
  if (field.type != Type::kText) {
    source_.Fail(keyword.begin, Written(field.name) + " is " + std::string(Described(field.type)) +
                                    ", only texts contain others; write " + Example(field));
  }
  const auto at = token_.begin;
  auto text = std::get<std::string>(ReadLiteral(field));
  if (text.empty()) {
    source_.Fail(at, "every text contains this; whether there is one at all is asked by " +
                         Written(field.name) + " is not empty");
  }
  return Make(Contains{place, core::ToLower(text)});
}

Node Parser::Empty(std::size_t place) {
  const bool negated = TakeKeyword("not");
  if (!TakeKeyword("empty")) {
    Fail("after is stands empty or not empty; values are compared by =, as in " +
         Example(schema_[place]));
  }
  auto node = Make(IsEmpty{place, schema_[place].type == Type::kTexts});
  return negated ? Negated(std::move(node)) : std::move(node);
}

Node Parser::Operation(std::size_t place) {
  const auto& field = schema_[place];
  const auto op = Take();
  if (field.type == Type::kTexts) FailAsSet(field, op.begin);
  if (IsOrder(op.op) && (field.type == Type::kText || field.type == Type::kBoolean)) {
    source_.Fail(op.begin, Written(field.name) + " is " + std::string(Described(field.type)) +
                               ", which is compared by = and != alone, as in " + Example(field));
  }
  if (field.type == Type::kDate && token_.kind == Token::Kind::kNumber) return Age(place, op);
  auto literal = ReadLiteral(field);
  if (IsKeyword(token_, "hours") || IsKeyword(token_, "hour") || IsKeyword(token_, "days") ||
      IsKeyword(token_, "day") || IsKeyword(token_, "weeks") || IsKeyword(token_, "week")) {
    Fail(Written(field.name) + " is " + std::string(Described(field.type)) +
         "; how long ago something is can be asked of dates alone");
  }
  return Make(Compare{place, op.op, std::move(literal)});
}

Node Parser::Age(std::size_t place, const Token& op) {
  const auto& field = schema_[place];
  const auto number = Take();
  const auto unit = Take();
  seconds one{};
  if (IsKeyword(unit, "hours") || IsKeyword(unit, "hour")) {
    one = hours(1);
  } else if (IsKeyword(unit, "days") || IsKeyword(unit, "day")) {
    one = days(1);
  } else if (IsKeyword(unit, "weeks") || IsKeyword(unit, "week")) {
    one = weeks(1);
  } else {
    source_.Fail(unit.begin, Written(field.name) +
                                 " is a date; after the number stand hours, days or weeks and "
                                 "ago, as in 14 days ago");
  }
  if (!TakeKeyword("ago")) Fail("ago must follow, as in 14 days ago");
  if (!IsOrder(op.op)) {
    source_.Fail(op.begin,
                 "nothing is ever so long ago to the very moment; write <, <=, > or >=, where > is "
                 "longer ago");
  }
  if (number.number != std::floor(number.number) || number.number < 0) {
    source_.Fail(number.begin, "a whole number from 0 is wanted, as in 14 days ago");
  }
  // Compared as double, since it may be larger than any integer.
  if (number.number * static_cast<double>(one.count()) >
      static_cast<double>(seconds(kLongestAge).count())) {
    source_.Fail(number.begin,
                 "at most " + std::to_string(kLongestAge.count()) + " days ago can be asked for");
  }
  return Make(CompareAge{place, op.op, static_cast<seconds::rep>(number.number) * one});
}

Literal Parser::ReadLiteral(const Field& field) {
  switch (token_.kind) {
    case Token::Kind::kNumber:
      if (field.type == Type::kNumber) return Take().number;
      break;
    case Token::Kind::kText:
      if (field.type == Type::kText) return Take().text;
      break;
    case Token::Kind::kDate:
      if (field.type == Type::kDate) return Take().time;
      break;
    case Token::Kind::kWord:
      if (field.type != Type::kBoolean) break;
      if (TakeKeyword("true")) return true;
      if (TakeKeyword("false")) return false;
      break;
    default:
      break;
  }
  std::string problem = Written(field.name) + " is " + std::string(Described(field.type)) +
                        "; it is compared with a literal such as " +
                        std::string(ExampleLiteral(field.type));
  if (field.type == Type::kDate) {
    problem += ", without quotes, or with an age such as 14 days ago";
  } else if (field.type == Type::kText && token_.kind == Token::Kind::kWord) {
    problem += ", in quotes";
  }
  Fail(problem);
}

}  // namespace

Node ParseNode(const Source& source, const Schema& schema) {
  return Parser(source, schema).Parse();
}

}  // namespace accoil::conditions
