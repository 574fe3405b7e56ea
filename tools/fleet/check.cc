#include "tools/fleet/check.h"

#include <boost/json/object.hpp>
#include <filesystem>
#include <iostream>
#include <thread>

#include "absl/time/clock.h"
#include "tools/fleet/check_bench.h"
#include "tools/platform/demo_file.h"
#include "tools/platform/json.h"

namespace nara::fleet {
namespace {

constexpr absl::Duration kFleetTimeout = absl::Seconds(90);
constexpr absl::Duration kWarmUp = absl::Seconds(4);
constexpr absl::Duration kArrivalTimeout = absl::Seconds(30);
constexpr absl::Duration kDrainTimeout = absl::Seconds(20);

std::string FleetStateOf(const CheckOptions& options, const std::string& demo_path) {
  if (!options.fleet_state.empty()) return options.fleet_state;
  return std::filesystem::path(demo_path).parent_path() / "state" / "fleet";
}

int64_t NumberOf(const boost::json::value& value, const char* name) {
  const auto* const object = value.if_object();
  const auto* const member = object == nullptr ? nullptr : object->if_contains(name);
  return member != nullptr && member->is_int64() ? member->get_int64() : -1;
}

// Waits until the fleet beside us is up; returns how many devices it has.
absl::StatusOr<int64_t> AwaitFleet(const std::string& state) {
  const absl::Time deadline = absl::Now() + kFleetTimeout;
  std::cerr << "check: waiting for the fleet" << std::endl;
  while (absl::Now() < deadline) {
    const auto status = tools::ReadJson(state + "/status.json");
    if (status.ok() && NumberOf(*status, "connected") == NumberOf(*status, "of")) {
      return NumberOf(*status, "of");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return absl::DeadlineExceededError("the fleet is not connected within " + absl::FormatDuration(kFleetTimeout));
}

boost::json::object Json(const tools::Percentiles& percentiles) {
  return {{"p50", percentiles.p50_ms}, {"p99", percentiles.p99_ms}};
}

boost::json::object Result(const CheckBench& bench, int64_t connected) {
  const Ledger& measurements = bench.measurements();
  const Ledger& alarms = bench.alarms();
  return {{"ok", true},
          {"measurement",
           {{"n", measurements.published()},
            {"publish_to_receipt_ms", Json(measurements.ToReceipt())},
            {"publish_to_subscriber_ms", Json(measurements.ToArrival())}}},
          {"alarm",
           {{"n", alarms.published()},
            {"publish_to_receipt_ms", Json(alarms.ToReceipt())},
            {"publish_to_centre_ms", Json(alarms.ToArrival())}}},
          {"devices", {{"connected", connected}}}};
}

absl::StatusOr<boost::json::object> Measure(const CheckOptions& options) {
  const auto path = tools::FindDemoFile(options.demo);
  if (!path.ok()) return path.status();
  const auto demo = tools::ReadDemoFile(*path);
  if (!demo.ok()) return demo.status();
  const auto connected = AwaitFleet(FleetStateOf(options, *path));
  if (!connected.ok()) return connected.status();
  CheckBench bench(*demo);
  if (absl::Status status = bench.Prepare(); !status.ok()) return status;
  bench.StartLoad({.measurements_per_second = options.load_measurements_per_second,
                   .alarms_per_second = options.load_alarms_per_second});
  std::this_thread::sleep_for(absl::ToChronoNanoseconds(kWarmUp));
  absl::Status status = bench.Measure(options.measurements, options.alarms);
  if (status.ok()) status = bench.AwaitAll(kArrivalTimeout);
  bench.Drain(kDrainTimeout);
  if (!status.ok()) return status;
  return Result(bench, *connected);
}

}  // namespace

absl::Status Check(const CheckOptions& options) {
  const auto result = Measure(options);
  const boost::json::object failed{{"ok", false}, {"reason", std::string(result.status().message())}};
  std::cout << tools::LineJson(result.ok() ? *result : failed) << std::endl;
  return result.status();
}

}  // namespace nara::fleet
