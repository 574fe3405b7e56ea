#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace nara::gateway {

// A client that anybody at this machine may act as: the demo's way to look at the county through several eyes. Exists
// on loopback only.
struct Persona {
  std::string id;  // client id
  std::string name;
  std::string role;
  std::string principal;
};

// Reads a JSON list of {"id","name","role","principal",…}; other keys are for others.
absl::StatusOr<std::vector<Persona>> LoadPersonas(const std::string& file);

}  // namespace nara::gateway
