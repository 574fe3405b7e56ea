#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "common/config/shared.h"

namespace nara::tools {

// A person's role in the demo.
struct DemoPersona {
  std::string id;
  std::string cert;
  std::string key;
  std::string principal;
  std::string unit;
};

// .nara/demo.json, as far as tools need it; docs/using/demo.md specifies it.
struct DemoFile {
  std::string path;
  std::string ca;
  std::string http;
  std::string mqtt_tls;
  std::string registry;
  std::string ingest;
  std::string ingest_alarm;
  std::string alerts;
  std::string broker;
  std::map<std::string, DemoPersona> personas;

  // The certificate of a persona; NOT_FOUND lists those that there are.
  absl::StatusOr<config::Tls> TlsOf(const std::string& persona) const;
  // A certificate of the demo's own, which lies beside its CA: "nara-admin".
  config::Tls TlsOfClient(const std::string& client) const;
};

// NOT_FOUND says that no demo is running.
absl::StatusOr<DemoFile> ReadDemoFile(const std::string& path);

// `given` when it is not empty, else .nara/demo.json in this folder or the
// nearest one above that has it. NOT_FOUND says how to start a demo.
absl::StatusOr<std::string> FindDemoFile(const std::string& given);

}  // namespace nara::tools
