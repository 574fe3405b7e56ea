// One entry of a catalogue file, from YAML.
#pragma once

#include "common/catalogue/catalogue.h"
#include "common/catalogue/yaml_section.h"

namespace nara {

void ReadEntry(YamlSection& section, Kind& kind);
void ReadEntry(YamlSection& section, Product& product);
void ReadEntry(YamlSection& section, Agreement& agreement);

}  // namespace nara
