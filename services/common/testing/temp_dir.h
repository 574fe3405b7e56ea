#pragma once

#include <string>
#include <string_view>

namespace nara::testing {

// A fresh directory, mode 0755, under $TMPDIR or /tmp, removed with its content at
// the end. Paths are short enough for unix sockets.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  // Path of a file in it.
  std::string File(std::string_view name) const;
  // Writes a file and returns its path.
  std::string Write(std::string_view name, std::string_view content) const;

 private:
  std::string path_;
};

}  // namespace nara::testing
