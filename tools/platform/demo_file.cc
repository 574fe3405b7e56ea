#include "tools/platform/demo_file.h"

#include <filesystem>
#include <system_error>

#include "tools/platform/json.h"

namespace nara::tools {
namespace {

constexpr char kHowToStart[] = "no demo is running here: start one with ./nara demo";

DemoPersona ReadPersona(const boost::json::value& value) {
  return {.id = TextOf(value, "id"),
          .cert = TextOf(value, "cert"),
          .key = TextOf(value, "key"),
          .principal = TextOf(value, "principal"),
          .unit = TextOf(value, "unit")};
}

}  // namespace

absl::StatusOr<config::Tls> DemoFile::TlsOf(const std::string& persona) const {
  const auto found = personas.find(persona);
  if (found != personas.end()) {
    return config::Tls{.ca = ca, .cert = found->second.cert, .key = found->second.key};
  }
  std::string names;
  for (const auto& [name, unused] : personas) names += " " + name;
  return absl::NotFoundError("the demo has no persona \"" + persona + "\"; it has:" + names);
}

config::Tls DemoFile::TlsOfClient(const std::string& client) const {
  const std::filesystem::path folder = std::filesystem::path(ca).parent_path();
  return {.ca = ca, .cert = folder / (client + ".crt"), .key = folder / (client + ".key")};
}

absl::StatusOr<DemoFile> ReadDemoFile(const std::string& path) {
  const auto json = ReadJson(path);
  if (absl::IsNotFound(json.status())) return absl::NotFoundError(kHowToStart);
  if (!json.ok()) return json.status();
  const boost::json::value grpc = ObjectOf(*json, "grpc");
  DemoFile demo{.path = path,
                .ca = TextOf(*json, "ca"),
                .http = TextOf(*json, "http"),
                .mqtt_tls = TextOf(ObjectOf(*json, "mqtt"), "tls"),
                .registry = TextOf(grpc, "registry"),
                .ingest = TextOf(grpc, "ingest"),
                .ingest_alarm = TextOf(grpc, "ingest_alarm"),
                .alerts = TextOf(grpc, "alerts"),
                .broker = TextOf(grpc, "broker"),
                .personas = {}};
  for (const auto& [name, value] : ObjectOf(*json, "personas")) {
    demo.personas[std::string(name)] = ReadPersona(value);
  }
  return demo;
}

absl::StatusOr<std::string> FindDemoFile(const std::string& given) {
  if (!given.empty()) return given;
  std::error_code error;
  std::filesystem::path folder = std::filesystem::current_path(error);
  while (!error && !folder.empty()) {
    std::filesystem::path file = folder / ".nara" / "demo.json";
    if (std::filesystem::exists(file, error)) return file.string();
    if (folder == folder.root_path()) break;
    folder = folder.parent_path();
  }
  return absl::NotFoundError(kHowToStart);
}

}  // namespace nara::tools
