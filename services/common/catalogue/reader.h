// Reads the files of a catalogue, for Catalogue::Load.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "common/catalogue/yaml_section.h"

namespace nara {

class CatalogueReader {
 public:
  explicit CatalogueReader(std::string dir) : dir_(std::move(dir)) {}

  absl::StatusOr<Catalogue> Read();

 private:
  template <typename Entry>
  void ReadFolder(const std::string& folder, const std::string& noun, std::map<std::string, Entry>& entries);
  void ReadPrincipals();

  // Whole-catalogue checks: what one entry says of another.
  void CheckKind(const Kind& kind, const std::string& place);
  void CheckProduct(const Product& product, const std::string& place);

  const std::string dir_;
  Mistakes mistakes_;
  Catalogue catalogue_;
  std::map<std::string, std::string> places_;  // "kind glucose" -> "file:line"
};

}  // namespace nara
