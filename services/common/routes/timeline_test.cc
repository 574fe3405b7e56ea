#include "common/routes/timeline.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace nara {
namespace {

using google::protobuf::Timestamp;
using registry::v1::Assignment;
using registry::v1::Purpose;
using registry::v1::PURPOSE_ALARM;
using registry::v1::PURPOSE_CARE;
using registry::v1::Route;

Timestamp At(std::int64_t seconds, std::int32_t nanos = 0) {
  Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return time;
}

Assignment& Assign(Route& route, const std::string& id, std::int64_t start) {
  Assignment& assignment = *route.add_assignments();
  assignment.set_id(id);
  *assignment.mutable_start_at() = At(start);
  return assignment;
}

void Answers(Assignment& assignment, Purpose purpose, std::int64_t since, const std::string& unit) {
  registry::v1::Responsibility& point = *assignment.add_responsibilities();
  point.set_purpose(purpose);
  *point.mutable_since() = At(since);
  point.set_unit(unit);
}

// First assigned from 100 to 200 with a hand-over of CARE at 150, then from 300 on.
Route TwoLives() {
  Route route;
  Assignment& first = Assign(route, "a1", 100);
  *first.mutable_end_at() = At(200);
  Answers(first, PURPOSE_CARE, 150, "care-2");
  Answers(first, PURPOSE_CARE, 100, "care-1");
  Answers(first, PURPOSE_ALARM, 100, "alarm-1");
  Answers(Assign(route, "a2", 300), PURPOSE_CARE, 300, "care-9");
  return route;
}

std::string WhoseAt(const Timestamp& at) {
  const Route route = TwoLives();
  const Assignment* assignment = AssignmentAt(route, at);
  return assignment == nullptr ? "nobody" : assignment->id();
}

std::string AnswersAt(Purpose purpose, const Timestamp& at) {
  const Route route = TwoLives();
  const registry::v1::Responsibility* point = ResponsibleAt(route, purpose, at);
  return point == nullptr ? "nobody" : point->unit();
}

TEST(Timeline, APeriodHoldsItsStartAndNotItsEnd) {
  EXPECT_EQ(WhoseAt(At(99, 999'999'999)), "nobody");
  EXPECT_EQ(WhoseAt(At(100)), "a1");
  EXPECT_EQ(WhoseAt(At(199, 999'999'999)), "a1");
  EXPECT_EQ(WhoseAt(At(200)), "nobody");
  EXPECT_EQ(WhoseAt(At(300)), "a2");
  EXPECT_EQ(WhoseAt(At(1'000'000)), "a2");
}

TEST(Timeline, AChangePointIsValidUntilTheNextOfItsPurpose) {
  EXPECT_EQ(AnswersAt(PURPOSE_CARE, At(100)), "care-1");
  EXPECT_EQ(AnswersAt(PURPOSE_CARE, At(149, 999'999'999)), "care-1");
  EXPECT_EQ(AnswersAt(PURPOSE_CARE, At(150)), "care-2");
  EXPECT_EQ(AnswersAt(PURPOSE_ALARM, At(150)), "alarm-1");
  EXPECT_EQ(AnswersAt(PURPOSE_CARE, At(250)), "nobody");
  EXPECT_EQ(AnswersAt(PURPOSE_ALARM, At(300)), "nobody");
}

TEST(Timeline, AfterTheEndTheLastStillAnswers) {
  const Route route = TwoLives();
  const Assignment* first = FindAssignment(route, "a1");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(ResponsibleAt(*first, PURPOSE_CARE, At(5000))->unit(), "care-2");
  EXPECT_EQ(ResponsibleAt(*first, PURPOSE_CARE, At(99)), nullptr);
  EXPECT_EQ(FindAssignment(route, "a3"), nullptr);
}

TEST(Timeline, ComparesHostileTimestampsWithoutOverflow) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int32_t kNanos = std::numeric_limits<std::int32_t>::max();
  EXPECT_TRUE(Before(At(kMin, -kNanos), At(kMax, kNanos)));
  EXPECT_FALSE(Before(At(kMax, kNanos), At(kMin, kNanos)));
  EXPECT_TRUE(Before(At(5, -1), At(5)));
  EXPECT_FALSE(Before(At(5, 1'500'000'000), At(6, 500'000'000)));
  EXPECT_FALSE(Before(At(6, 500'000'000), At(5, 1'500'000'000)));
}

TEST(AbsentAt, HoldsItsStartAndNotItsEnd) {
  Route route = TwoLives();
  registry::v1::Absence& hospital = *route.mutable_assignments(0)->add_absences();
  *hospital.mutable_start_at() = At(120);
  *hospital.mutable_end_at() = At(140);
  registry::v1::Absence& leave = *route.mutable_assignments(1)->add_absences();
  *leave.mutable_start_at() = At(350);
  EXPECT_EQ(AbsentAt(route, At(119)), nullptr);
  EXPECT_EQ(AbsentAt(route, At(120)), &hospital);
  EXPECT_EQ(AbsentAt(route, At(140)), nullptr);
  EXPECT_EQ(AbsentAt(route, At(250)), nullptr) << "nobody's";
  EXPECT_EQ(AbsentAt(route, At(9'999'999)), &leave) << "until somebody says that it has ended";
}

void Correct(Route& route, std::uint64_t revision, const std::string& from, const std::string& to) {
  registry::v1::Correction& correction = *route.add_corrections();
  correction.set_purpose(PURPOSE_CARE);
  correction.set_revision(revision);
  correction.set_from_assignment(from);
  correction.set_to_assignment(to);
  *correction.mutable_start_at() = At(100);
  *correction.mutable_end_at() = At(200);
}

std::string Led(const Route& route, const std::string& assignment, std::uint64_t revision, std::int64_t at = 150) {
  const auto steps = CorrectionsAfter(route, PURPOSE_CARE, assignment, revision, At(at));
  return steps.empty() ? assignment : steps.back()->to_assignment();
}

TEST(Timeline, CorrectionsLeadARecordOnThatWasMadeBeforeThem) {
  Route route;
  Correct(route, 10, "a1", "a2");
  EXPECT_EQ(Led(route, "a1", 9), "a2");
  EXPECT_EQ(Led(route, "a1", 10), "a1") << "the route knew by then";
  EXPECT_EQ(Led(route, "a1", 9, 99), "a1");
  EXPECT_EQ(Led(route, "a1", 9, 200), "a1");
  EXPECT_EQ(Led(route, "a3", 9), "a3");
  EXPECT_TRUE(CorrectionsAfter(route, PURPOSE_ALARM, "a1", 9, At(150)).empty());
}

TEST(Timeline, ACorrectionOfACorrectionLeadsToTheSamePlaceFromWhereverARecordStands) {
  Route there_and_back;
  Correct(there_and_back, 10, "a1", "a2");
  Correct(there_and_back, 20, "a2", "a1");
  for (const char* stands : {"a1", "a2"}) EXPECT_EQ(Led(there_and_back, stands, 1), "a1");
  Correct(there_and_back, 30, "a1", "a3");
  for (const char* stands : {"a1", "a2", "a3"}) EXPECT_EQ(Led(there_and_back, stands, 1), "a3");
  Route to_nobody;
  Correct(to_nobody, 10, "a1", "");
  EXPECT_EQ(Led(to_nobody, "a1", 1), "");
}

}  // namespace
}  // namespace nara
