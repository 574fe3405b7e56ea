#include "gateway/api/api.h"
#include "gateway/api/json.h"

namespace nara::gateway {
namespace {

void WriteName(Json& json, const Text& name) {
  json.Open("name").Member("sv", name.sv).Member("en", name.en).Close();
}

void WriteKind(Json& json, const Kind& kind) {
  json.Open(kind.id);
  WriteName(json, kind.name);
  json.Member("class", kind.alarm_class ? "alarm" : "measurement").Open("components");
  for (const Component& component : kind.components) {
    json.Open(component.name);
    WriteName(json, component.title);
    json.Member("ucum", component.ucum).Close();
  }
  json.Close().Close();
}

}  // namespace

std::string CatalogueText(const Catalogue& catalogue) {
  Json json;
  json.Open().Open("kinds");
  for (const auto& [id, kind] : catalogue.kinds()) WriteKind(json, kind);
  json.Close().Open("products");
  for (const auto& [id, product] : catalogue.products()) {
    json.Open(id);
    WriteName(json, product.name);
    json.Member("group", product.group).Close();
  }
  json.Close().Close();
  return json.Text();
}

}  // namespace nara::gateway
