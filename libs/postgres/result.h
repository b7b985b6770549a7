#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/core/clock.h"
#include "libs/core/ids.h"

namespace accoil::postgres {

/// What libpqxx answered; known to the .cc files of this library alone.
struct ResultRows;

/// One row. Holds on to its result, so it may outlive it. Cheap to copy.
class Row {
 public:
  /// The value of a column as T: std::int64_t, int, double, bool, std::string, core::TimePoint
  /// (timestamptz), an Id, std::vector<std::string> (text[]), std::vector<std::int64_t>, or an
  /// std::optional of these. NULL, an unknown column and a malformed value throw std::logic_error.
  template <typename T>
  T Get(const char* column) const {
    return Decode<T>(Text(column), column);
  }
  /// A bytea column.
  std::string GetBytes(const char* column) const;
  bool IsNull(const char* column) const { return !Text(column).has_value(); }

 private:
  friend class Result;
  Row(std::shared_ptr<const ResultRows> rows, std::size_t index)
      : rows_(std::move(rows)), index_(index) {}

  std::optional<std::string_view> Text(const char* column) const;

  template <typename T>
  struct IsOptional : std::false_type {};
  template <typename T>
  struct IsOptional<std::optional<T>> : std::true_type {};
  template <typename T>
  struct IsId : std::false_type {};
  template <typename Tag, typename T>
  struct IsId<core::Id<Tag, T>> : std::true_type {};

  template <typename T>
  static T Decode(std::optional<std::string_view> text, const char* column) {
    if constexpr (IsOptional<T>::value) {
      if (!text) return std::nullopt;
      return Decode<typename T::value_type>(text, column);
    } else {
      if (!text) ThrowNull(column);
      if constexpr (IsId<T>::value) {
        return T(Decode<typename T::Value>(text, column));
      } else if constexpr (std::is_enum_v<T>) {
        return static_cast<T>(Decode<std::int64_t>(text, column));
      } else {
        T value{};
        Parse(*text, column, value);
        return value;
      }
    }
  }
  [[noreturn]] static void ThrowNull(const char* column);
  static void Parse(std::string_view text, const char* column, std::int64_t& value);
  static void Parse(std::string_view text, const char* column, std::int32_t& value);
  static void Parse(std::string_view text, const char* column, double& value);
  static void Parse(std::string_view text, const char* column, bool& value);
  static void Parse(std::string_view text, const char* column, std::string& value);
  static void Parse(std::string_view text, const char* column, core::TimePoint& value);
  static void Parse(std::string_view text, const char* column, std::vector<std::string>& value);
  static void Parse(std::string_view text, const char* column, std::vector<std::int64_t>& value);

  std::shared_ptr<const ResultRows> rows_;
  std::size_t index_;
};

/// The rows that a statement answered. Cheap to copy.
class Result {
 public:
  std::size_t size() const;
  bool empty() const { return size() == 0; }
  /// How many rows the statement inserted, updated or deleted.
  std::size_t affected() const;
  Row operator[](std::size_t index) const { return Row(rows_, index); }
  /// The only row; throws std::logic_error when there is not exactly one.
  Row Only() const;

  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = Row;
    Iterator(const Result& result, std::size_t index) : result_(&result), index_(index) {}
    Row operator*() const { return (*result_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const Result* result_;
    std::size_t index_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  friend class Transaction;
  explicit Result(std::shared_ptr<const ResultRows> rows);

  std::shared_ptr<const ResultRows> rows_;
};

}  // namespace accoil::postgres
