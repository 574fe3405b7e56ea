// Files of ordering portals: what is wrong is listed line by line, and what is right is
// applied, piece by piece when it is large.
#include "device_registry/life_cycle/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename T>
std::string Reason(const absl::StatusOr<T>& result) {
  return result.ok() ? "" : rpc::ReasonOf(result.status());
}

v1::PortalLine Line(std::uint32_t number, const std::string& device, const std::string& status) {
  v1::PortalLine line;
  line.set_line(number);
  line.set_device(device);
  line.set_product("scale");
  line.set_serial("SN " + device);
  line.set_owner("14");
  line.set_owner_kind("rented_from_hmc");
  line.set_fallback_unit("tech-14");
  line.set_status(status);
  if (status != "in_stock") {
    line.set_order("O-1");
    line.set_ordered_on("2026-04-02");
  }
  if (status == "waiting_for_training") line.set_training_on("2026-05-04");
  if (status == "delivered") {
    line.set_delivered_on("2026-04-08");
    line.set_place("home");
  }
  return line;
}

class ImportTest : public ::testing::Test {
 protected:
  ImportTest() { county_.Fill(); }

  absl::StatusOr<v1::StageImportResponse> Stage(const std::vector<v1::PortalLine>& lines,
                                                const std::string& import = "file-1", const std::string& who = "hmc") {
    v1::StageImportRequest request;
    request.set_import(import);
    for (const v1::PortalLine& line : lines) *request.add_lines() = line;
    return import_.StageImport(county_.As(who), request);
  }

  // What is wrong, as "line column reason".
  std::vector<std::string> Check(const std::string& import = "file-1", int page_size = 0) {
    v1::CheckImportRequest request;
    request.set_import(import);
    request.set_page_size(page_size);
    std::vector<std::string> problems;
    do {
      const auto page = import_.CheckImport(county_.As("hmc"), request);
      if (!page.ok()) return {Reason(page)};
      for (const v1::LineProblem& problem : page->problems()) {
        problems.push_back(std::to_string(problem.line()) + " " + problem.column() + " " + problem.reason());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return problems;
  }

  std::vector<std::string> CheckLines(const std::vector<v1::PortalLine>& lines) {
    static int next = 0;
    const std::string import = "check-" + std::to_string(++next);
    EXPECT_EQ(Reason(Stage(lines, import)), "");
    return Check(import);
  }

  absl::StatusOr<v1::ApplyImportResponse> Apply(std::uint32_t lines, const std::string& import = "file-1",
                                                const std::string& who = "hmc") {
    v1::ApplyImportRequest request;
    request.set_import(import);
    request.set_lines(lines);
    return import_.ApplyImport(county_.As(who), request);
  }

  // "registered moved unchanged"
  static std::string Numbers(const v1::ApplyImportResponse& done) {
    return std::to_string(done.registered()) + " " + std::to_string(done.moved()) + " " +
           std::to_string(done.unchanged());
  }

  // The same, or the reason.
  std::string ApplyNew(const std::vector<v1::PortalLine>& lines, const std::string& import) {
    EXPECT_EQ(Reason(Stage(lines, import)), "");
    const auto done = Apply(static_cast<std::uint32_t>(lines.size()), import);
    return done.ok() ? Numbers(*done) : Reason(done);
  }

  // Devices bulk-0, bulk-1 and so on: every second is in stock, the others are delivered.
  void StageMany(std::uint32_t devices) {
    for (std::uint32_t first = 0; first < devices; first += 1000) {
      std::vector<v1::PortalLine> lines;
      for (std::uint32_t i = first; i < std::min(first + 1000, devices); ++i) {
        lines.push_back(Line(i + 2, "bulk-" + std::to_string(i), i % 2 == 0 ? "delivered" : "in_stock"));
      }
      ASSERT_EQ(Reason(Stage(lines)), "");
    }
  }

  void Lose(const std::string& device) {
    v1::MoveDeviceRequest request;
    request.set_device(device);
    request.set_revision(std::stoull(county_.Ask("select revision from registry.devices where id = '" + device + "'")));
    request.set_event(v1::DEVICE_EVENT_LOSE);
    request.set_reason("not found at the count");
    EXPECT_EQ(Reason(county_.life_cycle().MoveDevice(county_.As("hmc"), request)), "");
  }

  std::string State(const std::string& device) {
    return county_.Ask("select state from registry.devices where id = '" + device + "'");
  }

  testing::County county_;
  PortalImport& import_ = county_.portal_import();
};

TEST_F(ImportTest, BringsOrdersStockAndLeadTimes) {
  const std::vector<v1::PortalLine> lines = {Line(2, "s-1", "in_stock"), Line(3, "s-2", "ordered"),
                                             Line(4, "s-3", "waiting_for_training"), Line(5, "s-4", "delivered")};
  EXPECT_EQ(ApplyNew(lines, "file-1"), "4 0 0");
  EXPECT_EQ(State("s-1") + State("s-2") + State("s-3") + State("s-4"), "1234");
  EXPECT_EQ(county_.Ask("select lead_days from registry.device_moves where device = 's-4' and event = 5"), "2")
      << "2 April 2026 to 8 April, over Easter";
  EXPECT_EQ(county_.Ask("select (at at time zone 'Europe/Stockholm')::date from registry.device_moves "
                        "where device = 's-4' and event = 2"),
            "2026-04-02");
  EXPECT_EQ(county_.Ask("select owner_kind from registry.devices where id = 's-4'"), "1");
  EXPECT_EQ(county_.Ask("select count(*) from registry.changes where action = 'import' and actor = 'hmc'"), "3");
  EXPECT_EQ(county_.Ask("select count(*) from registry.import_lines"), "0") << "nothing is left lying";
}

TEST_F(ImportTest, ListsEveryBadLineAndChangesNothing) {
  std::vector<v1::PortalLine> lines = {Line(2, "s-1", "in_stock"), Line(3, "S 2", "sold"), Line(4, "s-1", "in_stock"),
                                       Line(5, "s-5", "delivered")};
  lines[1].set_product("no-product");
  lines[3].set_delivered_on("2026-04-01");
  lines[3].set_place("moon");
  ASSERT_EQ(Reason(Stage(lines)), "");
  const std::vector<std::string> problems = Check();
  EXPECT_THAT(problems, ElementsAre("3 device INVALID_FIELD", "3 product INVALID_FIELD", "3 status INVALID_FIELD",
                                    "4 device DOUBLE_DEVICE", "5 delivered_on INVALID_FIELD", "5 place INVALID_FIELD"));
  EXPECT_EQ(Check("file-1", 1), problems) << "page by page";
  EXPECT_EQ(Reason(Apply(4)), "IMPORT_BAD");
  EXPECT_EQ(county_.Ask("select count(*) from registry.devices"), "2");
}

TEST_F(ImportTest, SaysOfEachColumnWhatIsWrong) {
  const auto wrong = [&](const std::string& status, const std::function<void(v1::PortalLine&)>& spoil) {
    v1::PortalLine line = Line(2, "s-1", status);
    spoil(line);
    const std::vector<std::string> problems = CheckLines({line});
    return problems.size() == 1 ? problems[0].substr(2) : std::to_string(problems.size()) + " problems";
  };
  EXPECT_EQ(wrong("ordered", [](auto& line) { line.set_ordered_on("yesterday"); }), "ordered_on INVALID_FIELD");
  EXPECT_EQ(wrong("ordered", [](auto& line) { line.set_ordered_on("2199-01-01"); }), "ordered_on INVALID_FIELD");
  EXPECT_EQ(wrong("ordered", [](auto& line) { line.set_owner_kind("stolen"); }), "owner_kind INVALID_FIELD");
  EXPECT_EQ(wrong("ordered", [](auto& line) { line.set_owner("9999"); }), "owner INVALID_FIELD");
  EXPECT_EQ(wrong("ordered", [](auto& line) { line.set_owner("1480"); }), "owner UNKNOWN_PRINCIPAL");
  EXPECT_EQ(wrong("ordered", [](auto& line) { line.set_fallback_unit("no-unit"); }), "fallback_unit UNKNOWN_UNIT");
  EXPECT_EQ(wrong("ordered", [](auto& line) { line.set_fallback_unit("alarm-1480"); }), "fallback_unit UNKNOWN_UNIT");
  EXPECT_EQ(wrong("ordered", [](auto& line) { line.set_serial("a\nb"); }), "serial INVALID_FIELD");
  EXPECT_EQ(wrong("waiting_for_training", [](auto& line) { line.set_training_on(""); }), "training_on INVALID_FIELD");
  EXPECT_EQ(wrong("delivered", [](auto& line) { line.set_delivered_on(""); }), "delivered_on INVALID_FIELD");
  EXPECT_EQ(wrong("delivered", [](auto& line) { line.set_store_owner("1480"); }), "store_owner INVALID_FIELD");
  EXPECT_EQ(wrong("delivered",
                  [](auto& line) {
                    line.set_place("buffer_store");
                    line.set_store_owner("1480");
                    line.set_store_level("unit");
                    line.set_store_unit("care-1490-1");
                  }),
            "store_unit UNKNOWN_UNIT");
  EXPECT_EQ(wrong("ordered", [](auto& line) { line.set_device("bp-0001"); }), "device DEVICE_DIFFERS");
}

TEST_F(ImportTest, AFileGoesOnWhereItWas) {
  const std::vector<v1::PortalLine> first = {Line(2, "s-1", "in_stock"), Line(3, "s-2", "in_stock")};
  ASSERT_EQ(Stage(first)->last_line(), 3u);
  const auto again = Stage(first);
  EXPECT_EQ(again->lines(), 2u) << "the same lines again";
  EXPECT_EQ(Reason(Apply(3)), "IMPORT_INCOMPLETE");
  ASSERT_EQ(Stage({Line(4, "s-3", "in_stock")})->lines(), 3u);
  const auto done = Apply(3);
  ASSERT_TRUE(done.ok()) << done.status();
  const std::string revision = county_.Ask("select value from registry.revision");
  EXPECT_FALSE(done->applied_before());
  const auto repeated = Apply(3);
  ASSERT_TRUE(repeated.ok()) << repeated.status();
  EXPECT_TRUE(repeated->applied_before()) << "nothing is new this time";
  EXPECT_EQ(Numbers(*repeated), Numbers(*done)) << "the same again";
  EXPECT_TRUE(Stage(first)->applied());
  EXPECT_EQ(county_.Ask("select value from registry.revision"), revision);
}

TEST_F(ImportTest, AnImportIsWhoBeganIts) {
  ASSERT_EQ(Reason(Stage({Line(2, "s-1", "in_stock")})), "");
  EXPECT_EQ(Reason(Stage({Line(3, "s-2", "in_stock")}, "file-1", "chef-1480")), "UNKNOWN_IMPORT");
  EXPECT_EQ(Reason(Apply(1, "file-1", "chef-1480")), "UNKNOWN_IMPORT");
  EXPECT_EQ(Reason(Apply(1, "no-file")), "UNKNOWN_IMPORT");
  EXPECT_EQ(Reason(Stage({}, "file-2", "care")), "FORBIDDEN");
  EXPECT_EQ(Reason(Stage({}, "a b")), "INVALID_FIELD");
  EXPECT_EQ(Reason(Stage({Line(0, "s-1", "in_stock")}, "file-2")), "INVALID_FIELD");
  EXPECT_EQ(Reason(Stage(std::vector(1001, Line(2, "s-1", "in_stock")), "file-2")), "INVALID_FIELD");
  EXPECT_EQ(Apply(1)->registered(), 1u) << "untouched by others";
}

TEST_F(ImportTest, WhatIsAppliedIsWhatWasChecked) {
  ASSERT_EQ(Reason(Stage({Line(3, "s-1", "moon")})), "");
  EXPECT_EQ(Reason(Apply(1)), "IMPORT_BAD");
  const auto more = Stage({Line(2, "s-2", "ordered")});
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_EQ(more->lines(), 1u) << "closed when applying it was asked for";
  EXPECT_EQ(Reason(Apply(2)), "IMPORT_INCOMPLETE");
}

TEST_F(ImportTest, MovesWhatIsKnownAndLeavesWhatIsFurther) {
  ASSERT_EQ(ApplyNew({Line(2, "s-1", "ordered"), Line(3, "s-2", "ordered")}, "monday"), "2 0 0");
  EXPECT_EQ(ApplyNew({Line(2, "s-1", "delivered"), Line(3, "s-2", "in_stock")}, "tuesday"), "0 2 0");
  EXPECT_EQ(State("s-1") + State("s-2"), "41") << "delivered; its order was taken back";
  ASSERT_TRUE(county_.Assign("a-1", "s-1", "r-1").ok());
  EXPECT_EQ(ApplyNew({Line(2, "s-1", "delivered")}, "wednesday"), "0 0 1") << "handed out is further";
  EXPECT_EQ(ApplyNew({Line(2, "s-1", "in_stock")}, "thursday"), "IMPORT_BAD");
  EXPECT_THAT(Check("thursday"), ElementsAre("2 status MOVE_NOT_POSSIBLE")) << "nobody says that it is cleared";
  EXPECT_EQ(State("s-1"), "5");
}

TEST_F(ImportTest, WhatAPrincipalDoesNotUseIsABadLine) {
  v1::PutAssortmentRequest request;
  request.mutable_choice()->set_principal("14");
  request.mutable_choice()->set_product("bp-meter");
  *request.mutable_choice()->mutable_from() = testing::At(1000);
  ASSERT_TRUE(county_.assortment().PutAssortment(county_.As("admin"), request).ok());
  EXPECT_THAT(CheckLines({Line(2, "s-1", "in_stock")}), ElementsAre("2 product PRODUCT_NOT_CHOSEN"));
}

TEST_F(ImportTest, AnImportThatNobodyTouchesIsForgotten) {
  ASSERT_EQ(Reason(Stage({Line(2, "s-1", "in_stock")})), "");
  ASSERT_EQ(county_.Try("update registry.imports set touched_at = now() - interval '8 days'"), "");
  ASSERT_EQ(Reason(Stage({Line(2, "s-2", "in_stock")}, "file-2")), "");
  EXPECT_THAT(Check("file-1"), ElementsAre("UNKNOWN_IMPORT"));
}

TEST_F(ImportTest, WhatBreaksInTheMiddleGoesOnWhereItWas) {
  StageMany(3500);
  ASSERT_EQ(county_.Try(R"sql(
create function registry.die() returns trigger language plpgsql as $$
  begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
create trigger die before insert on registry.devices for each row when (new.id = 'bulk-2500')
  execute function registry.die())sql"),
            "");
  EXPECT_TRUE(absl::IsUnavailable(Apply(3500).status())) << "the connection is gone";
  EXPECT_EQ(county_.Ask("select count(*) from registry.devices where id like 'bulk-%'"), "2000") << "whole pieces";
  EXPECT_EQ(Stage({Line(9000, "s-1", "in_stock")})->lines(), 3500u) << "what is under way stays as it is";
  Lose("bulk-1");

  EXPECT_THAT(Check(), IsEmpty()) << "what has been applied is not looked at again";
  ASSERT_EQ(county_.Try("drop trigger die on registry.devices"), "");
  const auto done = Apply(3500);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->registered(), 3500u) << "both times counted";
  EXPECT_EQ(done->moved() + done->unchanged(), 0u);
  EXPECT_EQ(county_.Ask("select count(*) || ' ' || sum(moves) from registry.devices where id like 'bulk-%'"),
            "3500 7001")
      << "delivered after an order, or in stock; one is lost";
  EXPECT_EQ(county_.Ask("select count(*) from registry.device_moves where device like 'bulk-%'"), "7001");
  EXPECT_EQ(State("bulk-1"), std::to_string(v1::DEVICE_STATE_LOST));
  EXPECT_EQ(Numbers(*Apply(3500)), Numbers(*done));
  EXPECT_EQ(county_.Ask("select count(*) from registry.import_lines"), "0");
}

TEST_F(ImportTest, SeveralMayApplyTheSame) {
  StageMany(3000);
  auto other = std::async(std::launch::async, [&] { return Apply(3000); });
  const auto done = Apply(3000);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->registered(), 3000u);
  EXPECT_EQ(Numbers(*other.get()), Numbers(*done));
  EXPECT_EQ(county_.Ask("select sum(moves) from registry.devices where id like 'bulk-%'"), "6000");
}

TEST_F(ImportTest, OthersWriteMeanwhile) {
  StageMany(20'000);
  const auto start = std::chrono::steady_clock::now();
  auto import = std::async(std::launch::async, [&] { return Apply(20'000); });
  std::chrono::steady_clock::duration longest{};
  int writes = 0;
  while (import.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) {
    const auto began = std::chrono::steady_clock::now();
    const std::string resident = "meanwhile-" + std::to_string(++writes);
    ASSERT_TRUE(county_.store().CreateResident({.id = "chef-1480", .via = {}, .reason = {}}, resident, "1480").ok());
    longest = std::max(longest, std::chrono::steady_clock::now() - began);
  }
  const auto whole = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(import.get()->registered(), 20'000u);
  EXPECT_GT(writes, 5);
  EXPECT_LT(longest, whole / 8) << "who writes waits for a piece at most";
}

TEST_F(ImportTest, FiftyThousandDevicesAreImported) {
  constexpr std::uint32_t kDevices = 50'000;
  StageMany(kDevices);
  const auto done = Apply(kDevices);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->registered(), kDevices);
}

}  // namespace
}  // namespace nara::registry
