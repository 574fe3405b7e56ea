// append on a real Redis, for a device of one shard.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/redis/appender.h"
#include "common/redis/log_reader.h"
#include "common/testing/servers.h"

namespace nara {

inline constexpr auto kDevice = "bp-1480-0007";
inline const std::chrono::system_clock::time_point kNow{std::chrono::hours(24 * 365 * 50)};

inline AppendRecord Sequenced(std::uint64_t seq, std::uint64_t digest = 7) {
  AppendRecord record;
  record.seq = seq;
  record.digest = digest;
  record.payload = "p" + std::to_string(seq);
  return record;
}

inline AppendRecord Hashed(std::uint64_t hash, bool alarm_class) {
  AppendRecord record;
  record.hash_id = hash;
  record.alarm_class = alarm_class;
  record.to = alarm_class ? AppendTo::kAlarmLog : AppendTo::kMeasurementLog;
  record.payload = "h" + std::to_string(hash);
  return record;
}

class Append : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = testing::RedisServer::Start({"appendfsync everysec"}).value().release(); }
  static void TearDownTestSuite() { delete server_; }

  Append() : directory_(server_->address()), appender_(directory_, {}) {
    connection_ = RedisConnection::Connect({.address = server_->address()}).value();
    connection_->Call({"FLUSHALL"}).value();
    token_ = TakeShardToken(*connection_, ShardOf(kDevice), Lane::kMeasurement).value();
  }

  AppendCall Call(std::vector<AppendRecord> records, std::uint64_t epoch = 1, std::uint64_t from = 0) {
    AppendCall call;
    call.device = kDevice;
    call.token = token_;
    call.epoch = epoch;
    call.from = from;
    call.assignment = "a1";
    call.now = kNow;
    call.records = std::move(records);
    return call;
  }

  AppendResult Do(const AppendCall& call) { return appender_.Append({&call, 1}).front(); }

  std::vector<std::string> Payloads(Log log) {
    std::vector<std::string> payloads;
    const auto entries = ReadRange(*connection_, {ShardOf(kDevice), log}, {}, 1'000'000).value();
    for (const LogEntry& entry : entries) payloads.push_back(entry.payload);
    return payloads;
  }

  inline static testing::RedisServer* server_ = nullptr;
  FixedShardDirectory directory_;
  Appender appender_;
  std::unique_ptr<RedisConnection> connection_;
  std::uint64_t token_ = 0;
};

}  // namespace nara
