// What a worker works with, for a blood pressure meter "bp-1" that has an assignment.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/testing/temp_dir.h"
#include "ingest/testing/fakes.h"
#include "ingest/worker.h"

namespace nara::ingest::testing {

class WorkerRig : public ::testing::Test {
 protected:
  // `inbox` without its folder, which is the rig's.
  explicit WorkerRig(InboxOptions inbox = {}) : options_(std::move(inbox)) {
    options_.dir = dir_.File("inbox");
    inbox_ = Inbox::Open(options_).value();
    routes_.Apply(true, {RouteOf("bp-1", "bp-meter", 0)}, 7);
  }

  // A new worker on the same inbox, as after a restart of the process.
  void Restart(const WorkerOptions& options = {}) {
    const WorkerDeps deps{source_, log_,   link_,    contacts_,
                          tokens_, clock_, metrics_, [this](int shard) { lost_ = shard; }};
    worker_ = std::make_unique<Worker>(options, deps, std::vector<Worker::Shard>{{ShardOf("bp-1"), inbox_.get()}});
  }

  // A good blood pressure in JSON.
  static std::string Good(int seq, int from = 1) {
    return absl::StrCat(R"({"epoch":"1","from":)", from, R"(,"records":[{"seq":)", seq,
                        R"(,"kind":"blood_pressure","values":{"systolic":138,"diastolic":84}}]})");
  }
  std::size_t Appended() const {
    return log_.Entries<nara::telemetry::v1::LogRecord>(AppendTo::kMeasurementLog).size();
  }

  nara::testing::TempDir dir_;
  InboxOptions options_;
  std::unique_ptr<Inbox> inbox_;
  RouteTable routes_;
  Catalogue catalogue_ = *Catalogue::Load(NARA_CATALOGUE);
  Judge judge_{catalogue_};
  metrics::Registry registry_;
  Metrics metrics_{registry_, Lane::kMeasurement};
  ContactBook contacts_;
  JobSource source_{routes_, judge_, metrics_, contacts_};
  FakeLog log_;
  FakeLink link_;
  ShardTokens tokens_{};
  ManualClock clock_;
  int lost_ = -1;
  std::unique_ptr<Worker> worker_;
};

}  // namespace nara::ingest::testing
