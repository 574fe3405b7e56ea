#include "tools/naractl/forms.h"

#include <gtest/gtest.h>

#include "nara/registry/v1/organisation.pb.h"

namespace nara::naractl {
namespace {

using registry::v1::Participation;

// One that ends on the last day of 2026.
Participation Known() {
  Participation known;
  EXPECT_TRUE(SetPeriod("2026-01-01", "2026-12-31", known).ok());
  known.set_revision(7);
  return known;
}

Participation Changed(const std::string& until) {
  Participation changed;
  EXPECT_TRUE(SetPeriod("2026-02-01", until, changed).ok());
  KeepOf(Known(), until, changed);
  return changed;
}

TEST(Periods, AnEndThatIsNotNamedStays) {
  const Participation changed = Changed("");
  EXPECT_EQ(changed.revision(), 7U);
  EXPECT_EQ(TextOf(true, changed.start_at()), "2026-02-01");
  EXPECT_EQ(TextOf(changed.has_end_at(), changed.end_at()), "2026-12-31");
}

TEST(Periods, AnEndIsReplacedByTheOneThatIsNamed) {
  const Participation changed = Changed("2026-06-30");
  EXPECT_EQ(TextOf(changed.has_end_at(), changed.end_at()), "2026-06-30");
}

TEST(Periods, OpenTakesTheEndAway) {
  EXPECT_FALSE(Changed("open").has_end_at());
}

TEST(Words, AreUnderstoodInWhicheverCase) {
  EXPECT_EQ(EnumOf<registry::v1::Ownership>("OWNERSHIP_", "private").value(), registry::v1::OWNERSHIP_PRIVATE);
  EXPECT_EQ(EnumOf<registry::v1::Ownership>("OWNERSHIP_", "PRIVATE").value(), registry::v1::OWNERSHIP_PRIVATE);
}

TEST(Words, ThatAreNotThereAreAnsweredWithThoseThatAre) {
  const auto wrong = EnumOf<registry::v1::Ownership>("OWNERSHIP_", "privat");
  EXPECT_EQ(wrong.status().message(), "\"privat\" is none of public, private");
}

}  // namespace
}  // namespace nara::naractl
