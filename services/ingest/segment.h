// One preallocated file of an inbox. Its name is the position at which it begins: "00000000000004194304.seg".
//
// Written with pwritev, so that a full disk is an error code and not a signal.
//
// Threads: one writes, any number read what was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nara::ingest {

class Segment {
 public:
  // A new file of `capacity` bytes, all allocated. ResourceExhausted when the disk is full; no file is left then.
  static absl::StatusOr<std::unique_ptr<Segment>> Create(const std::string& dir, std::uint64_t base,
                                                         std::size_t capacity);

  // An existing file. InvalidArgument when its name is not a position.
  static absl::StatusOr<std::unique_ptr<Segment>> Open(const std::string& path);

  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  // Writes three pieces one after the other at `offset`. All or an error.
  absl::Status Write(std::size_t offset, std::string_view a, std::string_view b, std::string_view c);

  // Reads up to `size` bytes at `offset`; fewer at the end of the file.
  absl::StatusOr<std::string> Read(std::size_t offset, std::size_t size) const;

  // Sets everything from `offset` on to zero and makes the file `capacity` bytes long.
  absl::Status Clear(std::size_t offset, std::size_t capacity);

  // Deletes the file; what was opened can still be read.
  void Remove();

  std::uint64_t base() const { return base_; }
  std::size_t capacity() const { return capacity_; }
  std::uint64_t end() const { return base_ + capacity_; }

 private:
  Segment(std::string path, int fd, std::uint64_t base, std::size_t capacity)
      : path_(std::move(path)), fd_(fd), base_(base), capacity_(capacity) {}

  const std::string path_;
  const int fd_;
  const std::uint64_t base_;
  std::size_t capacity_;
};

}  // namespace nara::ingest
