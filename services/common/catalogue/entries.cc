#include "common/catalogue/entries.h"

#include <algorithm>
#include <utility>

namespace nara {
namespace {

std::vector<Coding> ReadCodings(YamlSection& parent) {
  std::vector<Coding> codings;
  if (!parent.Has("codes")) return codings;
  YamlSection section = parent.Section("codes");
  for (const std::string system : {"loinc", "snomed", "mdc"}) {
    const std::string code = section.StringOr(system, "");
    if (!code.empty()) codings.push_back({system, code});
  }
  section.Finish();
  return codings;
}

Scaip ReadScaip(YamlSection& parent) {
  if (!parent.Has("scaip")) return {};
  YamlSection section = parent.Section("scaip");
  Scaip scaip{.dty = section.StringOr("dty", ""), .stc = section.StringOr("stc", "")};
  section.Finish();
  return scaip;
}

UcumConversion ReadConversion(YamlSection section, std::string ucum) {
  UcumConversion conversion;
  conversion.ucum = std::move(ucum);
  conversion.divide = section.Has("divide_by");
  conversion.factor = section.Number(conversion.divide ? "divide_by" : "multiply_by");
  conversion.decimals = section.IntOr("decimals", 0);
  const absl::StatusOr<Decimal> one = Decimal::Parse("1");
  if (!one->Times(conversion.factor, conversion.decimals).ok()) {
    section.Mistake("factor or decimals do not fit; a factor is above 0 with at most 9 digits, decimals are 0 to 6");
  }
  section.Finish();
  return conversion;
}

void ReadNumber(YamlSection& section, Component& component) {
  component.ucum = section.String("ucum");
  component.min = section.Number("min");
  component.max = section.Number("max");
  component.max_decimals = section.IntOr("max_decimals", 0);
  if (component.min > component.max) section.Mistake("min is above max; swap them");
  if (component.max_decimals < 0 || component.max_decimals > 6) section.Mistake("max_decimals is 0 to 6; correct it");
  if (!section.Has("accepts")) return;
  YamlSection accepts = section.Section("accepts");
  for (const std::string& ucum : accepts.Keys()) {
    if (ucum == component.ucum) accepts.Mistake(ucum + " is the component's own; remove it");
    component.accepts.push_back(ReadConversion(accepts.Section(ucum), ucum));
  }
}

void ReadCodeList(YamlSection& section, Component& component) {
  YamlSection list = section.Section("one_of");
  for (const std::string& code : list.Keys()) component.codes.push_back({code, ReadText(list, code)});
  if (component.codes.empty()) section.Mistake("one_of is empty; list the codes");
}

Component ReadComponent(YamlSection section, std::string name) {
  Component component;
  component.name = std::move(name);
  component.title = ReadText(section, "name");
  component.required = !section.BoolOr("optional", false);
  component.codings = ReadCodings(section);
  if (section.Has("one_of")) {
    ReadCodeList(section, component);
  } else {
    ReadNumber(section, component);
  }
  section.Finish();
  return component;
}

bool Contains(const std::vector<std::string>& list, const std::string& entry) {
  return std::find(list.begin(), list.end(), entry) != list.end();
}

void ReadPurposes(YamlSection& section, Kind& kind) {
  const std::vector<std::string> purposes = section.StringsOrNone("purposes");
  kind.care = Contains(purposes, "CARE");
  kind.alarm = Contains(purposes, "ALARM");
  for (const std::string& purpose : purposes) {
    if (purpose != "CARE" && purpose != "ALARM") section.Mistake(purpose + " is no purpose; write CARE or ALARM");
  }
  if (purposes.empty()) section.Mistake("purposes are missing; write [CARE], [ALARM] or both");
}

void ReadAlarm(YamlSection& section, Kind& kind) {
  const std::string lane = section.String("lane");
  if (lane != "alarm" && lane != "measurement") section.Mistake("lane is alarm or measurement; write one of them");
  kind.alarm_class = lane == "alarm";
  kind.raises = section.BoolOr("raises", false);
  kind.ends = section.StringsOrNone("ends");
  kind.alarm_for = section.DurationOrZero("alarm_for");
  kind.episode = section.BoolOr("episode", false);
  if (kind.alarm_class != (kind.raises || !kind.ends.empty())) {
    section.Mistake("the alarm lane is for kinds that raise or end an alarm, and all of those; correct lane");
  }
  if (kind.raises != (kind.alarm_for.count() > 0)) {
    section.Mistake("alarm_for belongs to a kind that raises an alarm, and it needs one; correct it");
  }
  if (kind.raises && !kind.alarm) section.Mistake("raises an alarm that nobody gets; add ALARM to purposes");
}

}  // namespace

Text ReadText(YamlSection& parent, const std::string& key) {
  YamlSection section = parent.Section(key);
  Text text{.sv = section.String("sv"), .en = section.String("en")};
  section.Finish();
  return text;
}

void ReadEntry(YamlSection& section, Kind& kind) {
  kind.name = ReadText(section, "name");
  ReadPurposes(section, kind);
  ReadAlarm(section, kind);
  kind.codings = ReadCodings(section);
  kind.scaip = ReadScaip(section);
  if (section.Has("components")) {
    YamlSection components = section.Section("components");
    for (const std::string& name : components.Keys()) {
      kind.components.push_back(ReadComponent(components.Section(name), name));
    }
  }
  section.Finish();
}

void ReadEntry(YamlSection& section, Agreement& agreement) {
  agreement.name = ReadText(section, "name");
  const std::vector<std::string> parties = section.StringsOrNone("parties");
  agreement.for_region = Contains(parties, "region");
  agreement.for_municipalities = Contains(parties, "municipality");
  for (const std::string& party : parties) {
    if (party != "region" && party != "municipality") section.Mistake(party + " is no party; region or municipality");
  }
  if (parties.empty()) section.Mistake("parties are missing; write [region], [municipality] or both");
  agreement.legal_bases = ReadLegalBases(section);
  section.Finish();
}

}  // namespace nara
