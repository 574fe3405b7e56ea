// One entry of a catalogue file, from YAML.
#pragma once

#include <string>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "common/catalogue/yaml_section.h"

namespace nara {

// A name in both languages.
Text ReadText(YamlSection& parent, const std::string& key);
// At least one of HSL, SoL and LSS.
std::vector<std::string> ReadLegalBases(YamlSection& section);

void ReadEntry(YamlSection& section, Kind& kind);
void ReadEntry(YamlSection& section, Product& product);
void ReadEntry(YamlSection& section, Agreement& agreement);

}  // namespace nara
