#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/config/shared.h"

namespace nara::rpc {

// A CA and certificates made for one test, in a folder of its own that goes with it. Not for several threads.
class TestPki {
 public:
  TestPki();
  ~TestPki();
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;

  // A certificate with that common name, for servers (localhost, 127.0.0.1) and clients alike. The same name again
  // replaces the files at their old paths, by rename.
  config::Tls Issue(const std::string& common_name);

  // From here on another CA signs; the file `ca` holds both.
  void RotateCa();

 private:
  struct Authority;
  std::filesystem::path folder_;
  int serial_ = 0;
  std::unique_ptr<Authority> authority_;
};

}  // namespace nara::rpc
