#include "device_registry/responsibility/forms.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using testing::At;

v1::Responsibility Point(v1::Purpose purpose, std::int64_t since, const std::string& unit) {
  v1::Responsibility point;
  point.set_purpose(purpose);
  *point.mutable_since() = At(since);
  point.set_unit(unit);
  return point;
}

// From 100 on; CARE changes at 200.
v1::Assignment Form() {
  v1::Assignment form;
  form.set_id("a");
  form.set_resident("r");
  *form.mutable_start_at() = At(100);
  *form.add_responsibilities() = Point(v1::PURPOSE_CARE, 100, "c1");
  *form.add_responsibilities() = Point(v1::PURPOSE_CARE, 200, "c2");
  *form.add_responsibilities() = Point(v1::PURPOSE_ALARM, 100, "l1");
  return form;
}

std::string Text(const v1::Assignment& form) {
  std::string text;
  for (const v1::Responsibility& point : form.responsibilities()) {
    text += point.unit() + "@" + std::to_string(point.since().seconds()) + " ";
  }
  return text;
}

std::string Text(const std::vector<v1::Correction>& corrections) {
  std::string text;
  for (const v1::Correction& c : corrections) {
    text += std::to_string(c.start_at().seconds()) + "-" + std::to_string(c.end_at().seconds()) + ":" + c.from_unit() +
            ">" + c.to_unit() + " ";
  }
  return text;
}

TEST(Forms, AnEndDropsWhatWasPlannedForLater) {
  v1::Assignment form = Form();
  EndAt(form, At(200));
  EXPECT_EQ(Text(form), "c1@100 l1@100 ");
}

TEST(Forms, AStartMovesWithItsChangePoints) {
  v1::Assignment later = Form();
  StartAt(later, At(250));
  EXPECT_EQ(Text(later), "c2@250 l1@250 ");
  v1::Assignment earlier = Form();
  StartAt(earlier, At(50));
  EXPECT_EQ(Text(earlier), "c1@50 c2@200 l1@50 ");
  v1::Assignment same = Form();
  StartAt(same, At(100));
  EXPECT_EQ(Text(same), Text(Form()));
}

TEST(Forms, WhoTakesOverIsNotFollowedByWhatWasPlanned) {
  v1::Assignment form = Form();
  AnswerFrom(form, Point(v1::PURPOSE_CARE, 150, "c3"));
  EXPECT_EQ(Text(form), "c1@100 c3@150 l1@100 ");
  AnswerFrom(form, Point(v1::PURPOSE_CARE, 100, "c4"));
  EXPECT_EQ(Text(form), "c4@100 l1@100 ");
}

TEST(Forms, ACorrectionIsWhatDiffersInThePast) {
  v1::Assignment after = Form();
  AnswerFrom(after, Point(v1::PURPOSE_CARE, 150, "c3"));
  EXPECT_EQ(Text(CorrectionsOf({Form()}, {after}, At(300))), "150-200:c1>c3 200-300:c2>c3 ");
  EXPECT_EQ(Text(CorrectionsOf({Form()}, {after}, At(180))), "150-180:c1>c3 ");
  EXPECT_EQ(Text(CorrectionsOf({Form()}, {after}, At(150))), "");
  EXPECT_EQ(Text(CorrectionsOf({Form()}, {}, At(300))), "100-200:c1> 200-300:c2> 100-300:l1> ");
  EXPECT_EQ(Text(CorrectionsOf({}, {Form()}, At(300))), "") << "nobody got what was nobody's";
}

TEST(Forms, TimesAreWholeMicroseconds) {
  google::protobuf::Timestamp time = At(5);
  time.set_nanos(1999);
  EXPECT_EQ(Stored(time).nanos(), 1000);
}

}  // namespace
}  // namespace nara::registry
