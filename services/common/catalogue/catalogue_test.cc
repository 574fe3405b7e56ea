#include "common/catalogue/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "common/catalogue/check_record.h"

namespace nara {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

// A copy of the real catalogue that a test may change.
class CatalogueCopy {
 public:
  CatalogueCopy() {
    std::string name = (fs::temp_directory_path() / "catalogueXXXXXX").string();
    dir_ = mkdtemp(name.data());
    fs::copy(NARA_CATALOGUE, dir_, fs::copy_options::recursive);
  }
  ~CatalogueCopy() { fs::remove_all(dir_); }
  CatalogueCopy(const CatalogueCopy&) = delete;
  CatalogueCopy& operator=(const CatalogueCopy&) = delete;

  void Write(const std::string& file, const std::string& text) const { std::ofstream(dir_ / file) << text; }
  void Append(const std::string& file, const std::string& text) const {
    std::ofstream(dir_ / file, std::ios::app) << text;
  }
  absl::StatusOr<Catalogue> Load() const { return Catalogue::Load(dir_.string()); }
  std::string Mistakes() const {
    const absl::StatusOr<Catalogue> loaded = Load();
    return loaded.ok() ? "" : std::string(loaded.status().message());
  }

 private:
  fs::path dir_;
};

std::string KindYaml(const std::string& lines) {
  return "extra:\n  name: {sv: Mer, en: More}\n  lane: measurement\n  purposes: [CARE]\n" + lines;
}

TEST(Catalogue, TheProductsOwnOneIsWhole) {
  const absl::StatusOr<Catalogue> catalogue = Catalogue::Load(NARA_CATALOGUE);
  ASSERT_TRUE(catalogue.ok()) << catalogue.status().message();
  EXPECT_EQ(catalogue->principals().size(), 50u);
  EXPECT_EQ(catalogue->FindPrincipal("14")->name, "Västra Götalandsregionen");
  EXPECT_EQ(catalogue->FindPrincipal("1480")->federation, "Göteborgsregionen");
  for (const char* product :
       {"bp-meter", "scale", "oximeter", "spirometer", "glucose-meter", "dosell-simple", "dosell-service", "evondos"}) {
    EXPECT_NE(catalogue->FindProduct(product), nullptr) << product;
  }
  EXPECT_FALSE(catalogue->FindProduct("dosell-simple")->connected);
  EXPECT_EQ(catalogue->FindKind("no-such"), nullptr);
}

TEST(Catalogue, KnowsWhoseEachAgreementIs) {
  const absl::StatusOr<Catalogue> catalogue = Catalogue::Load(NARA_CATALOGUE);
  ASSERT_TRUE(catalogue.ok()) << catalogue.status().message();
  EXPECT_EQ(catalogue->agreements().size(), 4u);
  EXPECT_FALSE(catalogue->FindAgreement("medical_technical")->for_municipalities);
  EXPECT_FALSE(catalogue->FindAgreement("social_digital")->for_region);
  const CatalogueCopy copy;
  copy.Append("agreements/county.yaml", "other:\n  name: {sv: A, en: A}\n  parties: [state]\n  legal_bases: [HSL]\n");
  EXPECT_THAT(copy.Mistakes(), HasSubstr("state is no party"));
}

TEST(Catalogue, AMissedDoseIsCareAndAlarmAndATakenOneEndsIt) {
  const Catalogue catalogue = Catalogue::Load(NARA_CATALOGUE).value();
  const Kind& missed = *catalogue.FindKind("dose_missed");
  EXPECT_TRUE(missed.alarm_class && missed.raises && missed.care && missed.alarm && missed.episode);
  EXPECT_EQ(missed.alarm_for, std::chrono::hours(12));
  const Kind& taken = *catalogue.FindKind("dose_taken");
  EXPECT_TRUE(taken.alarm_class && !taken.raises);
  EXPECT_EQ(taken.ends, std::vector<std::string>{"dose_missed"});
}

TEST(Catalogue, ANewProductIsOnlyData) {
  const CatalogueCopy copy;
  copy.Write("kinds/temperature.yaml",
             "body_temperature:\n  name: {sv: Kroppstemperatur, en: Body temperature}\n  lane: measurement\n"
             "  purposes: [CARE]\n  components:\n    temperature:\n      name: {sv: Temperatur, en: Temperature}\n"
             "      ucum: Cel\n      min: \"30\"\n      max: \"45\"\n      max_decimals: 1\n");
  copy.Write("products/thermometer.yaml",
             "thermometer:\n  name: {sv: Febertermometer, en: Thermometer}\n  group: thermometer\n"
             "  legal_bases: [HSL]\n  iso9999: {code: \"04 24 24\", edition: \"2011\"}\n"
             "  contact_interval: 7d\n  kinds: [body_temperature]\n");
  const absl::StatusOr<Catalogue> catalogue = copy.Load();
  ASSERT_TRUE(catalogue.ok()) << catalogue.status().message();

  telemetry::v1::Record record;
  record.set_kind("body_temperature");
  telemetry::v1::Value& value = *record.add_values();
  value.set_component("temperature");
  value.set_decimal("37.2");
  EXPECT_FALSE(CheckRecord(*catalogue, "thermometer", record).has_value());
}

TEST(Catalogue, NamesFileAndLineOfEachMistake) {
  const CatalogueCopy copy;
  copy.Write("kinds/extra.yaml", KindYaml("  colour: red\n  components:\n    x:\n      name: {sv: X, en: X}\n"
                                          "      ucum: kg\n      min: \"9\"\n      max: \"1,5\"\n"));
  const std::string mistakes = copy.Mistakes();
  EXPECT_THAT(mistakes, HasSubstr("kinds/extra.yaml:5: kinds/extra.yaml extra: unknown key colour"));
  EXPECT_THAT(mistakes, HasSubstr("kinds/extra.yaml:11: kinds/extra.yaml extra components x: max:"));
  EXPECT_THAT(mistakes, HasSubstr("min is above max"));
}

TEST(Catalogue, RefusesWhatDoesNotFitTogether) {
  const CatalogueCopy copy;
  copy.Append("products/dispensers.yaml",
              "other:\n  name: {sv: A, en: A}\n  group: g\n  legal_bases: [HSV]\n"
              "  iso9999: {code: \"1\", edition: \"2011\"}\n  kinds: [dose_taken, dose_lost]\n");
  const std::string mistakes = copy.Mistakes();
  EXPECT_THAT(mistakes, HasSubstr("HSV is no legal base"));
  EXPECT_THAT(mistakes, HasSubstr("product other sends dose_lost, which is no kind"));
  EXPECT_THAT(mistakes, HasSubstr("product other: a connected product has kinds and a contact_interval"));
}

std::string ProductYaml(const std::string& lines) {
  return "extra:\n  name: {sv: A, en: A}\n  group: g\n  legal_bases: [HSL, SoL]\n"
         "  iso9999: {code: \"1\", edition: \"2011\"}\n  contact_interval: 7d\n  kinds: [glucose]\n" +
         lines;
}

TEST(Catalogue, SaysOfAProductWhatIsKnown) {
  const CatalogueCopy copy;
  copy.Write("products/extra.yaml",
             ProductYaml("  supervision: true\n  medical_device: {class: none, for_health_care: yes}\n"
                         "  agreement: {in_assortment: no}\n  owner_kinds: [residents]\n"
                         "  prices:\n    rent: {per: month, product: \"400\", support: \"144\", from: 2026-01-01}\n"));
  const absl::StatusOr<Catalogue> catalogue = copy.Load();
  ASSERT_TRUE(catalogue.ok()) << catalogue.status().message();
  const Product& extra = *catalogue->FindProduct("extra");
  EXPECT_TRUE(extra.supervision);
  EXPECT_EQ(extra.agreement.medical_device, YesNo::kNo);
  EXPECT_EQ(extra.agreement.in_assortment, YesNo::kNo);
  EXPECT_EQ(extra.agreement.cooperation_area, YesNo::kUnknown);
  EXPECT_TRUE(extra.AllowsOwner("residents"));
  EXPECT_FALSE(extra.AllowsOwner("rented_from_hmc"));
  ASSERT_EQ(extra.prices.size(), 1u);
  EXPECT_EQ(extra.prices[0].support, "144");
  const Product& meter = *catalogue->FindProduct("bp-meter");
  EXPECT_FALSE(meter.supervision);
  EXPECT_EQ(meter.agreement.medical_device, YesNo::kUnknown);
  EXPECT_TRUE(meter.prices.empty() && meter.AllowsOwner("residents"));
}

TEST(Catalogue, RefusesWhatIsNoPriceClassOrOwner) {
  const CatalogueCopy copy;
  copy.Write(
      "products/extra.yaml",
      ProductYaml(
          "  medical_device: {class: IV, for_health_care: maybe}\n  owner_kinds: [anybody, residents, residents]\n"
          "  prices:\n    both: {per: year, product: \"1\", total: \"2\"}\n"
          "    none: {per: month}\n"
          "    odd: {per: month, total: \"-5\", from: 2026-02-01, until: 2026-02-30}\n"
          "    back: {per: month, total: \"5\", from: 2026-02-01, until: 2026-01-01}\n"));
  const std::string mistakes = copy.Mistakes();
  for (const char* mistake :
       {"IV is no class", "for_health_care is yes, no or unknown", "anybody is no owner kind",
        "residents is there twice", "both: per is month or purchase",
        "both: a price is product and support, or their total", "none: a price is product and support, or their total",
        "odd: total is not an amount", "odd: until is not a day", "back: until is not after from"}) {
    EXPECT_THAT(mistakes, HasSubstr(mistake));
  }
}

TEST(Catalogue, RefusesAnEndWithoutItsBeginning) {
  const CatalogueCopy copy;
  copy.Write("kinds/extra.yaml",
             "extra:\n  name: {sv: A, en: A}\n  lane: alarm\n  purposes: [ALARM]\n"
             "  ends: [glucose, nothing]\n");
  EXPECT_THAT(copy.Mistakes(), HasSubstr("ends glucose, which raises no alarm"));
  EXPECT_THAT(copy.Mistakes(), HasSubstr("ends nothing, which is no kind"));
}

TEST(Catalogue, RefusesAnAlarmOnTheMeasurementLane) {
  const CatalogueCopy copy;
  copy.Write("kinds/extra.yaml", KindYaml("  raises: true\n"));
  EXPECT_THAT(copy.Mistakes(), HasSubstr("correct lane"));
  EXPECT_THAT(copy.Mistakes(), HasSubstr("alarm_for belongs to a kind that raises"));
  EXPECT_THAT(copy.Mistakes(), HasSubstr("nobody gets"));
}

TEST(Catalogue, RefusesTheSameIdTwice) {
  const CatalogueCopy copy;
  copy.Write("kinds/extra.yaml", KindYaml("").replace(0, 5, "glucose"));
  EXPECT_THAT(copy.Mistakes(), HasSubstr("is already defined in kinds/extra.yaml:2"));
}

TEST(Catalogue, RefusesFactorsThatCannotBeExact) {
  const CatalogueCopy copy;
  copy.Write("kinds/extra.yaml",
             KindYaml("  components:\n    x:\n      name: {sv: X, en: X}\n      ucum: kg\n      min: \"1\"\n"
                      "      max: \"2\"\n      accepts:\n        g: {divide_by: \"0\", decimals: 2}\n"));
  EXPECT_THAT(copy.Mistakes(), HasSubstr("factor or decimals do not fit"));
}

TEST(Catalogue, SurvivesFilesThatAreNotYaml) {
  const CatalogueCopy copy;
  copy.Write("kinds/a.yaml", "a: [1, 2\nb: }");
  copy.Write("kinds/b.yaml", "- just\n- a list\n");
  copy.Write("kinds/c.yaml", "");
  copy.Write("kinds/d.yaml", "[x]: y\nz: {name: [1], lane: {}, purposes: x, components: 7}\n");
  copy.Append("principals.csv", "1,2\n\n1480,Again,,1,x,0,0\n9999,Minus,,-5,x,0,0\n");
  const std::string mistakes = copy.Mistakes();
  EXPECT_THAT(mistakes, HasSubstr("kinds/a.yaml:2: cannot be read as YAML"));
  EXPECT_THAT(mistakes, HasSubstr("kinds/b.yaml: is not a mapping"));
  EXPECT_THAT(mistakes, HasSubstr("principals.csv:52: is not a principal"));
  EXPECT_THAT(mistakes, HasSubstr("principals.csv:54: 1480 is there twice"));
}

TEST(Catalogue, SaysWhenThereIsNone) {
  const absl::StatusOr<Catalogue> catalogue = Catalogue::Load("/nowhere");
  EXPECT_FALSE(catalogue.ok());
  EXPECT_THAT(std::string(catalogue.status().message()), HasSubstr("is this the catalogue?"));
}

}  // namespace
}  // namespace nara
