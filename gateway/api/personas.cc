#include "gateway/api/personas.h"

#include <rapidjson/document.h>

#include <fstream>
#include <iterator>

namespace nara::gateway {
namespace {

std::string Get(const rapidjson::Value& object, const char* key) {
  const auto found = object.FindMember(key);
  return found != object.MemberEnd() && found->value.IsString() ? found->value.GetString() : "";
}

}  // namespace

absl::StatusOr<std::vector<Persona>> LoadPersonas(const std::string& file) {
  std::ifstream in(file);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError() || !document.IsArray()) return absl::InvalidArgumentError(file + ": not a JSON list of personas");
  std::vector<Persona> personas;
  for (const auto& item : document.GetArray()) {
    if (!item.IsObject() || Get(item, "id").empty()) return absl::InvalidArgumentError(file + ": a persona without an id");
    personas.push_back({Get(item, "id"), Get(item, "name"), Get(item, "role"), Get(item, "principal")});
  }
  return personas;
}

}  // namespace nara::gateway
