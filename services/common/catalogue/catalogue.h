// The catalogue: kinds of observation and event, products, agreements and
// principals, as data (docs/formats/catalogue.md). Ingest, alerts, FHIR, SCAIP and the web app
// read it; a new product is a new file and no new code.
//
// Immutable after Load and so safe from all threads. Pointers that it returns
// live as long as it does.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/catalogue/decimal.h"

namespace nara {

// A name in the languages of the product.
struct Text {
  std::string sv;
  std::string en;
};

// A code in another system's terms: "loinc", "snomed", "mdc".
struct Coding {
  std::string system;
  std::string code;
};

// SCAIP device type and status code; empty where none fits.
struct Scaip {
  std::string dty;
  std::string stc;
};

// Another unit of measure that is accepted for a component, with the exact way
// to the component's own.
struct UcumConversion {
  std::string ucum;
  bool divide = false;  // true: value ÷ factor, false: value × factor
  Decimal factor;
  int decimals = 0;  // of the result, rounded half to even
};

// A code that a component may have in place of a number.
struct CodeValue {
  std::string code;
  Text name;
};

struct Component {
  std::string name;
  Text title;
  bool required = true;

  // A number, when `codes` is empty.
  std::string ucum;
  Decimal min;  // plausible, both ends included
  Decimal max;
  int max_decimals = 0;
  std::vector<UcumConversion> accepts;

  // A code, when this is not empty.
  std::vector<CodeValue> codes;

  std::vector<Coding> codings;
};

struct Kind {
  std::string id;
  Text name;
  // Alarm class: raises or ends an alarm, and so belongs on the alarm lane.
  bool alarm_class = false;
  // Raises an alert (alarm class only; a kind that only ends one does not).
  bool raises = false;
  // Purposes whose unit it is delivered to.
  bool care = false;
  bool alarm = false;
  // True when its records must name an episode.
  bool episode = false;
  // Kinds whose alarm for the same episode it ends.
  std::vector<std::string> ends;
  // For how long after it happened it is still worth ringing for (a kind that
  // raises); older, it becomes an alert without a ring.
  std::chrono::seconds alarm_for{0};
  std::vector<Component> components;
  std::vector<Coding> codings;
  Scaip scaip;

  const Component* FindComponent(const std::string& component) const;
};

// What is not known is said to be so, never guessed.
enum class YesNo { kUnknown, kYes, kNo };

// For whom a product is, on which criteria, and which staff may give it out; in
// Swedish, as the handbook says it.
struct Instruction {
  std::string for_whom;
  std::vector<std::string> criteria;
  std::vector<std::string> staff_groups;
};

// What a product costs under an agreement from one day until another; decimals in SEK
// as written. Either product or support or both, or their total where the source does
// not part them.
struct PriceRule {
  std::string agreement;  // empty: the source does not say
  bool monthly = false;   // a rent; else a purchase
  std::string product;
  std::string support;
  std::string total;
  std::string from;   // "2026-01-01"; empty: not known
  std::string until;  // the first day after; empty: open
};

// What the decision tree of the agreements asks about a product.
struct AgreementFacts {
  YesNo in_assortment = YesNo::kUnknown;    // it or a similar one
  YesNo for_health_care = YesNo::kUnknown;  // by the maker's intended purpose
  YesNo medical_device = YesNo::kUnknown;
  YesNo cooperation_area = YesNo::kUnknown;  // in the areas of the cooperation agreement
};

struct Product {
  std::string id;
  Text name;
  // By which it is counted: "dispenser", "blood_pressure_meter".
  std::string group;
  // Laws under which it is given: "HSL", "SoL", "LSS".
  std::vector<std::string> legal_bases;
  std::string iso9999;
  std::string iso9999_edition;
  // False: stands alone and never sends.
  bool connected = true;
  // Watches over somebody at home by sensor, camera or position: its data need consents.
  bool supervision = false;
  // Longest time between two signs of life that is normal; 0 when not connected.
  std::chrono::seconds contact_interval{0};
  // Kinds that it sends, by id.
  std::vector<std::string> kinds;
  std::string scaip_dty;
  std::optional<Instruction> instruction;
  // "none", "I", "IIa", "IIb", "III"; empty when not known.
  std::string device_class;
  AgreementFacts agreement;
  std::vector<PriceRule> prices;
  // On which terms it may be had, for example "rented_from_hmc"; empty: on all.
  std::vector<std::string> owner_kinds;

  bool Sends(const std::string& kind) const;
  bool AllowsOwner(const std::string& owner_kind) const;
};

// An agreement on supply, in which principals take part.
struct Agreement {
  std::string id;
  Text name;
  bool for_region = false;
  bool for_municipalities = false;
  // Laws under which devices are given by it: "HSL", "SoL", "LSS".
  std::vector<std::string> legal_bases;
};

struct CataloguePrincipal {
  std::string id;  // "1480", or "14" for the region
  std::string name;
  std::string federation;  // empty for the region
  std::int64_t population = 0;
  int tile_col = -1;
  int tile_row = -1;
};

class Catalogue {
 public:
  // Reads `dir`/kinds/*.yaml, products/*.yaml, agreements/*.yaml and principals.csv
  // and checks the whole: every name that is used is defined, every range is a
  // range, nothing is unknown or double. InvalidArgument lists every mistake, a
  // line each: "file:line: what is wrong; what to do".
  static absl::StatusOr<Catalogue> Load(const std::string& dir);

  const Kind* FindKind(const std::string& id) const;
  const Product* FindProduct(const std::string& id) const;
  const Agreement* FindAgreement(const std::string& id) const;
  const CataloguePrincipal* FindPrincipal(const std::string& id) const;

  // By id.
  const std::map<std::string, Kind>& kinds() const { return kinds_; }
  const std::map<std::string, Product>& products() const { return products_; }
  const std::map<std::string, Agreement>& agreements() const { return agreements_; }
  const std::map<std::string, CataloguePrincipal>& principals() const { return principals_; }

 private:
  friend class CatalogueReader;
  std::map<std::string, Kind> kinds_;
  std::map<std::string, Product> products_;
  std::map<std::string, Agreement> agreements_;
  std::map<std::string, CataloguePrincipal> principals_;
};

}  // namespace nara
