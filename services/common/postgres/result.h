#pragma once

// Rows of a query, in text form, with typed getters.
//
// The getters take a column by number or by name. Asking for a column that is not
// there, or for a value that is NULL or of another type, is a mistake of the query
// or of the program and ends the process with a message; whoever expects NULL asks
// with the Optional forms.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/postgres/param.h"

struct pg_result;

namespace nara {

class Result;

// One row; valid as long as its Result.
class Row {
 public:
  // A column by number or name.
  class Column {
   public:
    explicit(false) Column(int number) : number_(number) {}
    explicit(false) Column(const char* name) : name_(name) {}

   private:
    friend class Row;
    int number_ = -1;
    const char* name_ = nullptr;
  };

  bool IsNull(Column column) const;
  std::string_view Text(Column column) const;
  std::string String(Column column) const { return std::string(Text(column)); }
  std::int64_t Int64(Column column) const;
  int Int(Column column) const { return static_cast<int>(Int64(column)); }
  bool Bool(Column column) const;
  std::string Bytes(Column column) const;                 // bytea
  TimePoint Time(Column column) const;                    // timestamptz
  std::vector<std::string> Strings(Column column) const;  // text[] without NULLs

  std::optional<std::string> OptionalString(Column column) const;
  std::optional<TimePoint> OptionalTime(Column column) const;

 private:
  friend class Result;
  Row(const pg_result* result, int row) : result_(result), row_(row) {}
  int Resolve(Column column) const;

  const pg_result* result_;
  int row_;
};

class Result {
 public:
  // Takes ownership.
  explicit Result(pg_result* result);

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  Row operator[](std::size_t row) const;
  // Rows inserted, updated or deleted.
  std::size_t affected() const;

  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = Row;
    Iterator() = default;
    Iterator(const Result* result, std::size_t row) : result_(result), row_(row) {}
    Row operator*() const { return (*result_)[row_]; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++row_;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const Result* result_ = nullptr;
    std::size_t row_ = 0;
  };
  Iterator begin() const { return Iterator(this, 0); }
  Iterator end() const { return Iterator(this, size()); }

 private:
  struct Free {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Free> result_;
};

}  // namespace nara
