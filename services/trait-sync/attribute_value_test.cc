#include "services/trait-sync/attribute_value.h"

#include <google/protobuf/struct.pb.h>

#include <limits>

#include "libs/core/errors.h"
#include "libs/events/stored_value.h"
#include "tests/catch.h"

namespace accoil::traitsync {
namespace {

using intercom::AttributeValue;

std::string Stored(double number) {
  google::protobuf::Value value;
  value.set_number_value(number);
  return events::StoredText(value);
}

std::string Stored(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  return events::StoredText(value);
}

AttributeValue Value(const std::string& stored, TraitType type) {
  return std::get<AttributeValue>(Typed(stored, type, 255));
}

ReasonClass Reason(const std::string& stored, TraitType type) {
  return std::get<Rejection>(Typed(stored, type, 255)).reason_class;
}

}  // namespace

TEST_CASE("equal numbers are stored as equal texts") {
  CHECK(Stored(5.0) == "5");
  CHECK(Stored(-0.0) == "0");
  CHECK(Stored(0.1) == "0.1");
  CHECK(Stored(1e300) == "1e+300");
  CHECK(Stored(9'007'199'254'740'991.0) == "9007199254740991");
  CHECK(Stored(std::numeric_limits<double>::quiet_NaN()) == "NaN");
  CHECK(Stored(-std::numeric_limits<double>::infinity()) == "-Infinity");
}

TEST_CASE("lists and objects are no trait values") {
  google::protobuf::Value value;
  value.mutable_list_value();
  CHECK_THROWS_AS(events::StoredText(value), core::InvalidArgument);
}

TEST_CASE("an integer is a whole number, and a numeral in a string is none") {
  CHECK(Value("73", TraitType::kInteger) == AttributeValue(std::int64_t{73}));
  CHECK(Value(Stored(-3.0), TraitType::kInteger) == AttributeValue(std::int64_t{-3}));
  CHECK(Reason("0.5", TraitType::kInteger) == ReasonClass::kWrongType);
  CHECK(Reason("1e+300", TraitType::kInteger) == ReasonClass::kWrongType);
  CHECK(Reason(Stored("73"), TraitType::kInteger) == ReasonClass::kWrongType);
  CHECK(Reason("true", TraitType::kInteger) == ReasonClass::kWrongType);
}

TEST_CASE("a float is any finite number") {
  CHECK(Value("73", TraitType::kFloat) == AttributeValue(73.0));
  CHECK(Value("0.25", TraitType::kFloat) == AttributeValue(0.25));
  CHECK(Reason("NaN", TraitType::kFloat) == ReasonClass::kNotFinite);
  CHECK(Reason("Infinity", TraitType::kInteger) == ReasonClass::kNotFinite);
}

TEST_CASE("booleans and strings stay what they are") {
  CHECK(Value("true", TraitType::kBoolean) == AttributeValue(true));
  CHECK(Reason("1", TraitType::kBoolean) == ReasonClass::kWrongType);
  CHECK(Value(Stored("a \"b\"\n"), TraitType::kString) == AttributeValue("a \"b\"\n"));
  CHECK(Reason("5", TraitType::kString) == ReasonClass::kWrongType);
}

TEST_CASE("a string is measured in characters") {
  std::string umlauts;
  for (int i = 0; i < 255; ++i) umlauts += "ü";
  CHECK(Value(Stored(umlauts), TraitType::kString) == AttributeValue(umlauts));
  CHECK(Reason(Stored(umlauts + "x"), TraitType::kString) == ReasonClass::kTooLong);
  CHECK(Reason(Stored(std::string("a\0b", 3)), TraitType::kString) == ReasonClass::kBadText);
}

TEST_CASE("a date is sent as Unix seconds") {
  CHECK(Value(Stored("2026-11-24T07:17:35+01:00"), TraitType::kDate) ==
        AttributeValue(std::int64_t{1'795'501'055}));
  CHECK(Value(Stored("2026-11-24"), TraitType::kDate) ==
        AttributeValue(std::int64_t{1'795'478'400}));
  CHECK(Reason(Stored("yesterday"), TraitType::kDate) == ReasonClass::kWrongType);
  CHECK(Reason("1795501055", TraitType::kDate) == ReasonClass::kWrongType);
}

TEST_CASE("segments are sorted and joined, and none of them is null") {
  CHECK(SegmentsValue({}, 255) == AttributeValue());
  CHECK(SegmentsValue({"New", "All", "Active Today"}, 255) ==
        AttributeValue("Active Today, All, New"));
}

TEST_CASE("segments that are too long are cut between names and say how many are left out") {
  CHECK(SegmentsValue({"aaaa", "bbbb", "cccc"}, 16) == AttributeValue("aaaa, bbbb, cccc"));
  CHECK(SegmentsValue({"aaaa", "bbbb", "cccccc"}, 17) == AttributeValue("aaaa, +2 more"));
  CHECK(SegmentsValue({"aaaa", "bbbb", "ccccccccc"}, 19) == AttributeValue("aaaa, bbbb, +1 more"));
  CHECK(SegmentsValue({std::string(20, 'a'), "b"}, 16) == AttributeValue("+2 more"));
}

TEST_CASE("numbers compare by value whatever their type") {
  CHECK(SameValue(std::int64_t{5}, 5.0));
  CHECK(!SameValue(std::int64_t{5}, 5.5));
  CHECK(!SameValue(std::int64_t{1}, true));
  CHECK(!SameValue(std::monostate(), std::int64_t{0}));
  CHECK(SameValue(std::string("a"), std::string("a")));
}

TEST_CASE("attributes come back from JSON as they were") {
  const intercom::AttributeValues values{{"a", std::int64_t{5}},
                                         {"b", 0.5},
                                         {"c", true},
                                         {"d", std::string("x \"y\"")},
                                         {"e", std::monostate()}};
  CHECK(ValuesFromJson(ToJson(values)) == values);
  // A whole double may come back as an integer, which is the same to Intercom.
  CHECK(SameValue(ValueFromJson("100000000000000000000"), 1e20));
}

TEST_CASE("a text is cut between characters") {
  CHECK(FirstCharacters("äöü", 2) == "äö");
  CHECK(FirstCharacters("äöü", 3) == "äöü");
  CHECK(FirstCharacters("", 3).empty());
  CHECK(FirstCharacters("abc", 0).empty());
}

}  // namespace accoil::traitsync
