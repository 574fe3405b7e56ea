#include "common/catalogue/reader.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "common/catalogue/entries.h"

namespace nara {
namespace {

constexpr char kPrincipalsHeader[] = "scb_code,name,federation,population,population_date,tile_col,tile_row";

bool IsId(const std::string& text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), plain);
}

// Sorted, so that mistakes come in the same order everywhere.
std::vector<std::filesystem::path> YamlFiles(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

YAML::Node ParseFile(Mistakes& mistakes, const std::string& file) {
  try {
    return YAML::LoadFile(file);
  } catch (const YAML::Exception& error) {
    mistakes.Add(file + ":" + std::to_string(error.mark.line + 1), "cannot be read as YAML: " + error.msg);
    return YAML::Node(YAML::NodeType::Map);
  }
}

template <typename Integer>
bool ParseInteger(const std::string& text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool ParsePrincipal(const std::string& line, CataloguePrincipal& principal) {
  const std::vector<std::string> fields = absl::StrSplit(line, ',');
  if (fields.size() != 7 || !IsId(fields[0]) || fields[1].empty()) return false;
  principal.id = fields[0];
  principal.name = fields[1];
  principal.federation = fields[2];
  return ParseInteger(fields[3], principal.population) && principal.population > 0 &&
         ParseInteger(fields[5], principal.tile_col) && ParseInteger(fields[6], principal.tile_row);
}

}  // namespace

template <typename Entry>
void CatalogueReader::ReadFolder(const std::string& folder, const std::string& noun,
                                 std::map<std::string, Entry>& entries) {
  const std::vector<std::filesystem::path> files = YamlFiles(dir_ + "/" + folder);
  if (files.empty()) mistakes_.Add(dir_ + "/" + folder, "has no .yaml file; is this the catalogue?");
  for (const std::filesystem::path& path : files) {
    const std::string file = folder + "/" + path.filename().string();
    YamlSection all(mistakes_, file, ParseFile(mistakes_, path.string()), file);
    for (const std::string& id : all.Keys()) {
      YamlSection section = all.Section(id);
      if (!IsId(id)) section.Mistake("an id is 1 to 63 of a-z 0-9 _ -; rename it");
      const auto [known, added] = places_.emplace(noun + " " + id, section.place());
      if (!added) section.Mistake("is already defined in " + known->second + "; keep one");
      Entry& entry = entries[id];
      entry = Entry();
      entry.id = id;
      ReadEntry(section, entry);
    }
  }
}

void CatalogueReader::ReadPrincipals() {
  const std::string file = "principals.csv";
  std::ifstream stream(dir_ + "/" + file);
  std::string line;
  int number = 1;
  if (!std::getline(stream, line) || line != kPrincipalsHeader) {
    mistakes_.Add(file + ":1", std::string("the first line is not \"") + kPrincipalsHeader + "\"");
    return;
  }
  while (std::getline(stream, line)) {
    const std::string place = file + ":" + std::to_string(++number);
    CataloguePrincipal principal;
    if (!ParsePrincipal(line, principal)) {
      mistakes_.Add(place, "is not a principal; write the seven fields of the first line");
    } else if (!catalogue_.principals_.emplace(principal.id, principal).second) {
      mistakes_.Add(place, principal.id + " is there twice; keep one");
    }
  }
  if (catalogue_.principals_.empty()) mistakes_.Add(file, "has no principal; add them");
}

void CatalogueReader::CheckKind(const Kind& kind, const std::string& place) {
  for (const std::string& id : kind.ends) {
    const Kind* ended = catalogue_.FindKind(id);
    if (ended == nullptr) {
      mistakes_.Add(place, "kind " + kind.id + " ends " + id + ", which is no kind; define or remove it");
    } else if (!ended->raises || ended->episode != kind.episode) {
      mistakes_.Add(place, "kind " + kind.id + " ends " + id +
                               ", which raises no alarm or has no episode to match; correct one of the two");
    }
  }
}

void CatalogueReader::CheckProduct(const Product& product, const std::string& place) {
  for (const std::string& id : product.kinds) {
    if (catalogue_.FindKind(id) == nullptr) {
      mistakes_.Add(place, "product " + product.id + " sends " + id + ", which is no kind; define or remove it");
    } else if (std::count(product.kinds.begin(), product.kinds.end(), id) > 1) {
      mistakes_.Add(place, "product " + product.id + " sends " + id + " twice; keep one");
    }
  }
  const bool sends = !product.kinds.empty() && product.contact_interval.count() > 0;
  const bool silent = product.kinds.empty() && product.contact_interval.count() == 0;
  if (product.connected ? !sends : !silent) {
    mistakes_.Add(place, "product " + product.id +
                             ": a connected product has kinds and a contact_interval, another has neither; correct it");
  }
}

absl::StatusOr<Catalogue> CatalogueReader::Read() {
  ReadFolder("kinds", "kind", catalogue_.kinds_);
  ReadFolder("products", "product", catalogue_.products_);
  ReadFolder("agreements", "agreement", catalogue_.agreements_);
  ReadPrincipals();
  for (const auto& [id, kind] : catalogue_.kinds_) CheckKind(kind, places_["kind " + id]);
  for (const auto& [id, product] : catalogue_.products_) CheckProduct(product, places_["product " + id]);
  if (!mistakes_.none()) return absl::InvalidArgumentError("catalogue " + dir_ + ":\n" + mistakes_.ToString());
  return std::move(catalogue_);
}

absl::StatusOr<Catalogue> Catalogue::Load(const std::string& dir) {
  return CatalogueReader(dir).Read();
}

}  // namespace nara
