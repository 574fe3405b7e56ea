#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/catalogue/entries.h"

namespace nara {
namespace {

constexpr std::array<std::string_view, 3> kLegalBases = {"HSL", "SoL", "LSS"};
constexpr std::array<std::string_view, 5> kDeviceClasses = {"none", "I", "IIa", "IIb", "III"};
constexpr std::array<std::string_view, 5> kOwnerKinds = {"rented_from_hmc", "bought_from_hmc", "principals_own",
                                                         "units_equipment", "residents"};

template <typename List>
bool IsIn(const List& list, const std::string& entry) {
  return std::find(list.begin(), list.end(), entry) != list.end();
}

template <typename List>
void CheckAll(YamlSection& section, const std::vector<std::string>& entries, const List& known,
              const std::string& what) {
  for (const std::string& entry : entries) {
    if (!IsIn(known, entry)) section.Mistake(entry + " is no " + what);
    if (std::count(entries.begin(), entries.end(), entry) > 1) section.Mistake(entry + " is there twice; keep one");
  }
}

YesNo ReadAnswer(YamlSection& section, const std::string& key) {
  const std::string text = section.StringOr(key, "unknown");
  if (text == "yes") return YesNo::kYes;
  if (text == "no") return YesNo::kNo;
  if (text != "unknown") section.Mistake(key + " is yes, no or unknown; write one of them");
  return YesNo::kUnknown;
}

void ReadInstruction(YamlSection& parent, Product& product) {
  if (!parent.Has("instruction")) return;
  YamlSection section = parent.Section("instruction");
  product.instruction = Instruction{.for_whom = section.String("for_whom"),
                                    .criteria = section.StringsOrNone("criteria"),
                                    .staff_groups = section.StringsOrNone("staff_groups")};
  section.Finish();
}

// A product of a class is a medical device; one of none is not.
void ReadMedicalDevice(YamlSection& parent, Product& product) {
  if (!parent.Has("medical_device")) return;
  YamlSection section = parent.Section("medical_device");
  product.device_class = section.StringOr("class", "");
  product.agreement.for_health_care = ReadAnswer(section, "for_health_care");
  if (!product.device_class.empty()) {
    CheckAll(section, {product.device_class}, kDeviceClasses, "class; none, I, IIa, IIb or III");
    product.agreement.medical_device = product.device_class == "none" ? YesNo::kNo : YesNo::kYes;
  }
  section.Finish();
}

void ReadAgreement(YamlSection& parent, Product& product) {
  if (!parent.Has("agreement")) return;
  YamlSection section = parent.Section("agreement");
  product.agreement.in_assortment = ReadAnswer(section, "in_assortment");
  product.agreement.cooperation_area = ReadAnswer(section, "cooperation_area");
  section.Finish();
}

std::string ReadSek(YamlSection& section, const std::string& key) {
  const std::string text = section.StringOr(key, "");
  if (!text.empty() && (!Decimal::Parse(text).ok() || text.starts_with('-'))) {
    section.Mistake(key + " is not an amount in SEK; write for example \"544\"");
  }
  return text;
}

std::string ReadDay(YamlSection& section, const std::string& key) {
  const std::string text = section.StringOr(key, "");
  absl::CivilDay day;
  if (!text.empty() && (text.size() != 10 || !absl::ParseCivilTime(text, &day))) {
    section.Mistake(key + " is not a day; write for example 2026-01-01");
  }
  return text;
}

PriceRule ReadPrice(YamlSection section) {
  PriceRule price;
  const std::string per = section.String("per");
  if (per != "month" && per != "purchase") section.Mistake("per is month or purchase; write one of them");
  price.monthly = per == "month";
  price.agreement = section.StringOr("agreement", "");
  price.product = ReadSek(section, "product");
  price.support = ReadSek(section, "support");
  price.total = ReadSek(section, "total");
  price.from = ReadDay(section, "from");
  price.until = ReadDay(section, "until");
  const bool parted = !price.product.empty() || !price.support.empty();
  if (parted == !price.total.empty()) section.Mistake("a price is product and support, or their total; write one way");
  if (!price.until.empty() && price.until <= price.from) section.Mistake("until is not after from; correct it");
  section.Finish();
  return price;
}

void ReadPrices(YamlSection& parent, Product& product) {
  if (!parent.Has("prices")) return;
  YamlSection section = parent.Section("prices");
  for (const std::string& label : section.Keys()) product.prices.push_back(ReadPrice(section.Section(label)));
}

}  // namespace

std::vector<std::string> ReadLegalBases(YamlSection& section) {
  std::vector<std::string> bases = section.StringsOrNone("legal_bases");
  CheckAll(section, bases, kLegalBases, "legal base; HSL, SoL or LSS");
  if (bases.empty()) section.Mistake("legal_bases are missing; write [HSL], [SoL], [LSS] or several");
  return bases;
}

void ReadEntry(YamlSection& section, Product& product) {
  product.name = ReadText(section, "name");
  product.group = section.String("group");
  product.legal_bases = ReadLegalBases(section);
  YamlSection iso = section.Section("iso9999");
  product.iso9999 = iso.String("code");
  product.iso9999_edition = iso.String("edition");
  iso.Finish();
  product.connected = section.BoolOr("connected", true);
  product.supervision = section.BoolOr("supervision", false);
  product.contact_interval = section.DurationOrZero("contact_interval");
  product.kinds = section.StringsOrNone("kinds");
  product.scaip_dty = section.StringOr("scaip_dty", "");
  ReadInstruction(section, product);
  ReadMedicalDevice(section, product);
  ReadAgreement(section, product);
  ReadPrices(section, product);
  product.owner_kinds = section.StringsOrNone("owner_kinds");
  CheckAll(section, product.owner_kinds, kOwnerKinds, "owner kind; see docs/formats/catalogue.md");
  section.Finish();
}

}  // namespace nara
