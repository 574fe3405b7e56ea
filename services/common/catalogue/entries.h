// One entry of a catalogue file, from YAML.
#pragma once

#include "common/catalogue/catalogue.h"
#include "common/catalogue/yaml_section.h"

namespace nara {

// A name in both languages.
Text ReadText(YamlSection& parent, const std::string& key);

void ReadEntry(YamlSection& section, Kind& kind);
void ReadEntry(YamlSection& section, Product& product);

}  // namespace nara
