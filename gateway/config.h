#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/config/shared.h"
#include "gateway/http/server.h"

namespace nara::gateway {

struct Config {
  config::Tls tls;  // towards the services
  // http: {listen, cert, key, max_connections, max_connections_of_address}: without certificate and key on loopback
  // only.
  Server::Options http;
  std::string web;        // folder of the built web app
  std::string openapi;    // file
  std::string personas;   // file; demo only, refused unless http.listen is plain loopback
  std::string catalogue;  // folder
  std::string state_dir;  // for the copy of the access table
  std::string registry;
  std::string alerts;
  std::string broker;
};

absl::StatusOr<Config> ReadConfig(config::Section& root);

}  // namespace nara::gateway
