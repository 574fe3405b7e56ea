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

std::string WhatToDo(const absl::Status& status, const std::string& registry) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kUnknown:
      return registry.empty() ? "is the demo up? see .nara/log/"
                              : "is it up? with --registry naractl asks " + registry + ", and no other service";
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return "call as another persona with --as, see docs/formats/access.md";
    case absl::StatusCode::kNotFound:
      return "what is not there and what is not yours look the same: check the id, or --as";
    default:
      return "";
  }
}

// What a service refuses has a reason; what naractl itself does not understand has none,
// nor has gRPC when there is nobody to call.
int CodeOf(const absl::Status& status) {
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) return kUnreachable;
  if (!rpc::ReasonOf(status).empty()) return kRefused;
  if (absl::IsUnknown(status)) return kUnreachable;
  return absl::IsInvalidArgument(status) ? kUsage : kRefused;
}

// The demo that runs; UNAVAILABLE when there is none.
absl::StatusOr<tools::DemoFile> Running(const std::string& given) {
  const auto path = tools::FindDemoFile(given);
  if (!path.ok()) return absl::UnavailableError(path.status().message());
  auto demo = tools::ReadDemoFile(*path);
  if (absl::IsNotFound(demo.status())) return absl::UnavailableError(demo.status().message());
  return demo;
}

}  // namespace

absl::StatusOr<Session::Call> Session::OfInstallation(const std::string& client) const {
  Call call;
  call.demo.registry = registry;
  call.reason = reason;
  const std::string stem = pki + "/" + client;
  call.tls = {.ca = pki + "/ca.crt", .cert = stem + ".crt", .key = stem + ".key"};
  for (const std::string& path : {call.tls.ca, call.tls.cert, call.tls.key}) {
    if (!std::ifstream(path)) return absl::InvalidArgumentError("cannot read " + path + ", of --pki");
  }
  return call;
}

absl::StatusOr<Session::Call> Session::Begin(const std::string& usual) const {
  if (!registry.empty()) return OfInstallation(persona.empty() ? kAdministrator : persona);
  auto demo = Running(demo_path);
  if (!demo.ok()) return demo.status();
  const std::string& name = persona.empty() ? usual : persona;
  auto tls = demo->TlsOf(name);
  // What --as says is a part of the command line.
  if (!tls.ok()) return absl::InvalidArgumentError(tls.status().message());
  Call call{.demo = *std::move(demo), .persona = {}, .tls = *std::move(tls), .reason = reason};
  call.persona = call.demo.personas.at(name);
  return call;
}

absl::StatusOr<Session::Call> Session::BeginAdmin() const {
  if (!registry.empty()) return OfInstallation(kAdministrator);
  auto demo = Running(demo_path);
  if (!demo.ok()) return demo.status();
  Call call{.demo = *std::move(demo), .persona = {}, .tls = {}, .reason = reason};
  call.tls = call.demo.TlsOfClient(kAdministrator);
  return call;
}

void Session::Report(const absl::Status& status) {
  if (status.ok()) return;
  code = CodeOf(status);
  const std::string reason = rpc::ReasonOf(status);
  std::cerr << "naractl: " << (reason.empty() ? absl::StatusCodeToString(status.code()) : reason) << ": "
            << status.message() << "\n";
  // What a tool says itself says what to do; what a service says is of its kind.
  const std::string advice = reason.empty() && code != kUnreachable ? "" : WhatToDo(status, registry);
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
