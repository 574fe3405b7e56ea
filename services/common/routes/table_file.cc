#include "common/routes/table_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

namespace nara {
namespace {

constexpr std::string_view kMagic = "NARATBL1";

template <typename Integer>
void Append(std::string& text, Integer value) {
  for (std::size_t i = 0; i < sizeof(value); ++i) text.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

template <typename Integer>
std::optional<Integer> Take(std::string_view& text) {
  if (text.size() < sizeof(Integer)) return std::nullopt;
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value |= static_cast<Integer>(static_cast<Integer>(static_cast<unsigned char>(text[i])) << (8 * i));
  }
  text.remove_prefix(sizeof(Integer));
  return value;
}

std::uint32_t Checksum(std::string_view text) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

absl::Status SystemError(const std::string& what, const std::string& path) {
  return absl::UnavailableError(what + " " + path + ": " + std::strerror(errno));
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status WriteDurably(const std::string& path, std::string_view text) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (file.get() < 0) return SystemError("cannot create", path);
  while (!text.empty()) {
    const ssize_t written = write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return SystemError("cannot write", path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(file.get()) == 0 ? absl::OkStatus() : SystemError("cannot fsync", path);
}

absl::StatusOr<TableFile> ParseBody(std::string_view text, const std::string& path) {
  TableFile file;
  const std::optional<std::uint64_t> revision = Take<std::uint64_t>(text);
  const std::optional<std::uint64_t> count = Take<std::uint64_t>(text);
  if (!count.has_value()) return absl::DataLossError(path + " is cut short");
  file.revision = *revision;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const std::optional<std::uint32_t> size = Take<std::uint32_t>(text);
    if (!size.has_value() || *size > text.size()) return absl::DataLossError(path + " is cut short");
    file.items.emplace_back(text.substr(0, *size));
    text.remove_prefix(*size);
  }
  if (!text.empty()) return absl::DataLossError(path + " holds more than it says");
  return file;
}

}  // namespace

void TableFileWriter::Add(const google::protobuf::MessageLite& item) {
  const std::string text = item.SerializeAsString();
  Append(body_, static_cast<std::uint32_t>(text.size()));
  body_ += text;
  ++count_;
}

absl::Status TableFileWriter::Write(const std::string& path, std::uint64_t revision) const {
  std::string text(kMagic);
  Append(text, revision);
  Append(text, count_);
  text += body_;
  Append(text, Checksum(text));
  const std::string fresh = path + ".new";
  if (absl::Status status = WriteDurably(fresh, text); !status.ok()) return status;
  if (rename(fresh.c_str(), path.c_str()) != 0) return SystemError("cannot rename to", path);
  const Descriptor folder(std::filesystem::absolute(path).parent_path(), O_RDONLY | O_DIRECTORY);
  if (folder.get() < 0 || fsync(folder.get()) != 0) return SystemError("cannot fsync the folder of", path);
  return absl::OkStatus();
}

absl::StatusOr<TableFile> ReadTableFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return absl::NotFoundError("there is no " + path);
  std::ostringstream content;
  content << stream.rdbuf();
  const std::string all = content.str();
  std::string_view text = all;
  if (!text.starts_with(kMagic) || text.size() < kMagic.size() + 4) return absl::DataLossError(path + " is no table");
  std::string_view tail = text.substr(text.size() - 4);
  text.remove_suffix(4);
  if (Take<std::uint32_t>(tail) != Checksum(text)) return absl::DataLossError(path + " has a wrong checksum");
  return ParseBody(text.substr(kMagic.size()), path);
}

}  // namespace nara
