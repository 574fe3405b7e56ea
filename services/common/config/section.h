#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace nara::config {

// A network address. An IPv6 host stands in brackets in text ("[::1]:80") and without them here.
struct Address {
  std::string host;
  int port = 0;

  std::string ToString() const;
  friend bool operator==(const Address&, const Address&) = default;
};

// "host:port", port 0 to 65535.
absl::StatusOr<Address> ParseAddress(std::string_view text);

// One mapping of a YAML file. Getters return the value and remember that the key is known; what is wrong is collected
// with file and line and told by Finish(), all of it at once, so a getter on a bad file returns its default or an empty
// value and reading goes on. Sections are cheap handles on the same document. One thread.
//
// Each scalar can be overridden by the environment: key a.b_c by NARA_A_B_C.
//
//   absl::StatusOr<Config> ReadConfig(config::Section& root) {
//     Config config;
//     config.grpc = config::ReadGrpc(root);
//     config.batch = root.OptionalInt("batch", 256, 1, 4096);
//     if (absl::Status status = root.Finish(); !status.ok()) return status;
//     return config;
//   }
class Section {
 public:
  // Looks up environment variables; the default is the process's.
  using Environment = std::function<const char*(const std::string& name)>;

  // NOT_FOUND or INVALID_ARGUMENT with file and line.
  static absl::StatusOr<Section> Load(const std::string& path, Environment environment = {});
  // `name` stands for the file in errors.
  static absl::StatusOr<Section> Parse(const std::string& text, const std::string& name, Environment environment = {});

  Section(const Section&);
  Section(Section&&) noexcept;
  Section& operator=(const Section&);
  Section& operator=(Section&&) noexcept;
  ~Section();

  std::string RequiredString(const std::string& key);
  std::string OptionalString(const std::string& key, const std::string& otherwise = "");
  // One of `allowed`.
  std::string OptionalWord(const std::string& key, const std::string& otherwise,
                           const std::vector<std::string>& allowed);
  std::int64_t OptionalInt(const std::string& key, std::int64_t otherwise, std::int64_t min, std::int64_t max);
  // Text with a unit: "250ms", "5s", "10m", "24h".
  absl::Duration OptionalDuration(const std::string& key, absl::Duration otherwise, absl::Duration min,
                                  absl::Duration max);
  Address RequiredAddress(const std::string& key);
  Address OptionalAddress(const std::string& key, const Address& otherwise);
  // A relative path is relative to the folder of the configuration file. Required/OptionalFile: it must be a readable
  // file.
  std::string RequiredPath(const std::string& key);
  std::string RequiredFile(const std::string& key);
  std::string OptionalFile(const std::string& key);

  // A mapping below this one. A missing one reads as empty: its required keys are then reported as missing.
  Section Child(const std::string& key);
  bool Has(const std::string& key) const;

  // Reports `problem` at the line of `key`: for checks between values.
  void Report(const std::string& key, const std::string& problem);

  // INVALID_ARGUMENT with every problem of the whole document, one a line, keys that nobody asked for among them, with
  // the known ones.
  absl::Status Finish();

 private:
  struct Document;
  struct Node;
  explicit Section(std::shared_ptr<Node> node);
  template <typename T, typename Parser>
  T Read(const std::string& key, const T* otherwise, const Parser& parse);

  std::shared_ptr<Node> node_;
};

}  // namespace nara::config
