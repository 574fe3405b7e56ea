#include "tools/naractl/session.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "common/rpc/error.h"

namespace nara::naractl {
namespace {

constexpr char kAdministrator[] = "nara-admin";

// Columns of text are counted in characters, not in bytes.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string WhatToDo(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return "is the demo up? see .nara/log/";
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return "call as another persona with --as, see docs/formats/access.md";
    case absl::StatusCode::kNotFound:
      return "what is not there and what is not yours look the same: check the id, or --as";
    default:
      return "";
  }
}

int CodeOf(const absl::Status& status) {
  const bool unreachable = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  return unreachable ? kUnreachable : kRefused;
}

}  // namespace

absl::StatusOr<Session::Call> Session::Begin(const std::string& usual) const {
  const auto path = tools::FindDemoFile(demo_path);
  if (!path.ok()) return absl::UnavailableError(path.status().message());
  auto demo = tools::ReadDemoFile(*path);
  if (!demo.ok()) return demo.status();
  const std::string& name = persona.empty() ? usual : persona;
  auto tls = demo->TlsOf(name);
  if (!tls.ok()) return tls.status();
  Call call{.demo = *std::move(demo), .persona = {}, .tls = *std::move(tls)};
  call.persona = call.demo.personas.at(name);
  return call;
}

absl::StatusOr<Session::Call> Session::BeginAdmin() const {
  Call call;
  if (registry.empty()) {
    const auto path = tools::FindDemoFile(demo_path);
    if (!path.ok()) return absl::UnavailableError(path.status().message());
    auto demo = tools::ReadDemoFile(*path);
    if (!demo.ok()) return demo.status();
    call.demo = *std::move(demo);
    call.tls = call.demo.TlsOfClient(kAdministrator);
  } else {
    call.demo.registry = registry;
    call.tls = {
        .ca = pki + "/ca.crt", .cert = pki + "/" + kAdministrator + ".crt", .key = pki + "/" + kAdministrator + ".key"};
  }
  return call;
}

void Session::Report(const absl::Status& status) {
  if (status.ok()) return;
  code = CodeOf(status);
  const std::string reason = rpc::ReasonOf(status);
  std::cerr << "naractl: " << (reason.empty() ? absl::StatusCodeToString(status.code()) : reason) << ": "
            << status.message() << "\n";
  // What a tool says itself says what to do; what a service says is of its kind.
  const std::string advice = reason.empty() && code == kRefused ? "" : WhatToDo(status);
  if (!advice.empty()) std::cerr << "naractl: " << advice << "\n";
}

void PrintTable(const Table& table) {
  std::vector<size_t> widths;
  for (const auto& row : table) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  for (const auto& row : table) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - Width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::cout << line << "\n";
  }
  std::cout.flush();
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  return status.ok() ? text : "{}";
}

absl::Status FromJsonFile(const std::string& path, google::protobuf::Message& message) {
  std::ifstream file;
  if (path != "-") file.open(path);
  std::istream& in = path == "-" ? std::cin : file;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return absl::InvalidArgumentError("cannot read " + path);
  const auto status = google::protobuf::util::JsonStringToMessage(text, &message);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(path + " is not JSON of this form: " + std::string(status.message()));
}

void PrintLine(const std::string& line) {
  std::cout << line << std::endl;
}

void PrintJsonList(const std::vector<std::string>& lines) {
  std::string text = "[";
  for (size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "\n " : ",\n ") + lines[i];
  PrintLine(text + (lines.empty() ? "]" : "\n]"));
}

}  // namespace nara::naractl
