#include "ingest/segment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nara::ingest {
namespace {

absl::Status Failed(const std::string& what, const std::string& path, int error) {
  const std::string text = absl::StrCat(what, " ", path, ": ", std::strerror(error));
  return error == ENOSPC || error == EDQUOT ? absl::ResourceExhaustedError(text) : absl::UnavailableError(text);
}

absl::Status Allocate(int fd, const std::string& path, std::size_t capacity) {
  const int error = posix_fallocate(fd, 0, static_cast<off_t>(capacity));
  return error == 0 ? absl::OkStatus() : Failed("cannot allocate", path, error);
}

// Drops what has been written from the front of the vector.
void Advance(std::array<iovec, 3>& pieces, std::size_t written) {
  for (iovec& piece : pieces) {
    const std::size_t part = std::min(written, piece.iov_len);
    piece.iov_base = static_cast<char*>(piece.iov_base) + part;
    piece.iov_len -= part;
    written -= part;
  }
}

iovec Piece(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Segment>> Segment::Create(const std::string& dir, std::uint64_t base,
                                                         std::size_t capacity) {
  const std::string path = absl::StrCat(dir, "/", absl::StrFormat("%020d.seg", base));
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("cannot create", path, errno);
  std::unique_ptr<Segment> segment(new Segment(path, fd, base, capacity));
  if (absl::Status status = Allocate(fd, path, capacity); !status.ok()) {
    segment->Remove();
    return status;
  }
  return segment;
}

absl::StatusOr<std::unique_ptr<Segment>> Segment::Open(const std::string& path) {
  std::uint64_t base = 0;
  if (!absl::SimpleAtoi(std::filesystem::path(path).stem().string(), &base)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is not a segment of an inbox: its name is no position"));
  }
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return Failed("cannot open", path, errno);
  struct stat info{};
  if (fstat(fd, &info) != 0) {
    const int error = errno;
    close(fd);
    return Failed("cannot stat", path, error);
  }
  return std::unique_ptr<Segment>(new Segment(path, fd, base, static_cast<std::size_t>(info.st_size)));
}

Segment::~Segment() {
  close(fd_);
}

absl::Status Segment::Write(std::size_t offset, std::string_view a, std::string_view b, std::string_view c) {
  std::array<iovec, 3> pieces = {Piece(a), Piece(b), Piece(c)};
  std::size_t left = a.size() + b.size() + c.size();
  while (left > 0) {
    const ssize_t written = pwritev(fd_, pieces.data(), pieces.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("cannot write", path_, errno);
    Advance(pieces, static_cast<std::size_t>(written));
    offset += static_cast<std::size_t>(written);
    left -= static_cast<std::size_t>(written);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Segment::Read(std::size_t offset, std::size_t size) const {
  std::string data(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = pread(fd_, data.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("cannot read", path_, errno);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  data.resize(have);
  return data;
}

absl::Status Segment::Clear(std::size_t offset, std::size_t capacity) {
  if (ftruncate(fd_, static_cast<off_t>(offset)) != 0) return Failed("cannot truncate", path_, errno);
  capacity_ = offset;
  if (absl::Status status = Allocate(fd_, path_, capacity); !status.ok()) return status;
  capacity_ = capacity;
  return absl::OkStatus();
}

void Segment::Remove() {
  unlink(path_.c_str());
}

}  // namespace nara::ingest
