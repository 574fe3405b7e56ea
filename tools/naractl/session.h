#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/config/shared.h"
#include "tools/platform/demo_file.h"

namespace google::protobuf {
class Message;
}

namespace nara::naractl {

// Exit codes.
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;      // the platform said no, with the reason on standard error
inline constexpr int kUsage = 2;        // the command line is wrong
inline constexpr int kUnreachable = 3;  // no demo runs, or a service does not answer

// A table: a row of headings, then rows of the same width.
using Table = std::vector<std::vector<std::string>>;

// What the options before the command say, and how everything is printed.
struct Session {
  std::string demo_path;  // --demo; empty to look for it
  std::string persona;    // --as; empty for the usual one of the command
  std::string registry;   // --registry; empty for the demo's
  std::string pki;        // --pki, of that registry
  std::string reason;     // --reason; empty for none
  bool json = false;      // --json
  int code = kDone;

  // What a command calls with: the running demo, and the certificate of the
  // persona of --as, else of `usual`. Of an installation, the registry alone, and the
  // certificate in --pki of the client of --as, else of the administrator.
  struct Call {
    tools::DemoFile demo;
    tools::DemoPersona persona;
    config::Tls tls;
    std::string reason;  // why, for the audit of the registry
  };
  absl::StatusOr<Call> Begin(const std::string& usual) const;
  // As the administrator, of the installation of --registry or of the demo.
  absl::StatusOr<Call> BeginAdmin() const;

  // Prints an error with its reason and what to do, and sets the code.
  void Report(const absl::Status& status);

 private:
  absl::StatusOr<Call> OfInstallation(const std::string& client) const;
};

// Prints to standard output, columns aligned.
void PrintTable(const Table& table);
// One line of JSON with the proto's field names.
std::string ToJson(const google::protobuf::Message& message);
void PrintLine(const std::string& line);
// Reads a message from a file of JSON with the proto's field names; "-" is standard
// input. InvalidArgument when it is none.
absl::Status FromJsonFile(const std::string& path, google::protobuf::Message& message);
// The messages as a JSON list, one a line.
void PrintJsonList(const std::vector<std::string>& lines);

}  // namespace nara::naractl
