#include "gateway/api/personas.h"

#include <fstream>
#include <iterator>

#include "gateway/api/json_input.h"

namespace nara::gateway {

absl::StatusOr<std::vector<Persona>> LoadPersonas(const std::string& file) {
  std::ifstream in(file);
  const auto list = ParseList({std::istreambuf_iterator<char>(in), {}});
  if (!list.ok()) return absl::InvalidArgumentError(file + ": not a JSON list of personas");
  std::vector<Persona> personas;
  for (const auto& item : list->values()) {
    const auto& entry = item.struct_value();
    personas.push_back({StringMember(entry, "id"), StringMember(entry, "name"), StringMember(entry, "role"),
                        StringMember(entry, "principal")});
    if (personas.back().id.empty()) return absl::InvalidArgumentError(file + ": a persona without an id");
  }
  return personas;
}

}  // namespace nara::gateway
