// How much of one device goes on to the log, so that no device fills Redis, history or an alarm centre's screen.
//
// A device has two allowances, one for measurements and one for what is alarm-class or comes on the alarm lane; neither
// takes from the other. Each is a number of records that refills all the time. What is over it is put back to the
// device: it gets no receipt, keeps the record, and sends it again when there is room. An uplink with alarms goes by
// these alone, and its other records with it (docs/decisions/0012-limits-of-a-device.md).
//
// Times are those of the arrival, so that a backlog of our own, after Redis was away, is nobody's fault.
//
// Threads: one at a time; each worker has its own, for the devices of its shards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "absl/time/time.h"

namespace nara::ingest {

struct Allowance {
  // Records that a device may send at once when it has sent little before.
  std::int64_t burst = 0;
  // Records a second that it may send for ever.
  std::int64_t per_second = 0;
};

struct DeviceLimitOptions {
  // More lets a longer time offline through at full speed, and lets a device that has gone wrong write as many records
  // before anything holds it. 200,000 are four months at one a minute, and about 60 MB of Redis.
  // More a second lets it write as many for ever: 20 are 1.7 million a day, of which Redis keeps log_retention.
  Allowance measurements{200'000, 20};
  // Of these each may ring somebody. More lets more alarms of one device through when it raises many, and lets a broken
  // one keep an alarm centre busy; fewer may hold a real alarm back behind false ones.
  Allowance alarms{1'000, 2};
  // Devices remembered for each of the two: those who sent within what their allowance takes to refill. More than these
  // are not limited; more costs about 150 bytes each.
  std::size_t most_devices = 100'000;
};

class DeviceLimits {
 public:
  explicit DeviceLimits(const DeviceLimitOptions& options);

  enum class Answer {
    kTake,
    kOver,      // put it back to the device
    kOverTold,  // the same, and somebody should be told: the first, and once in kQuiet
  };

  // `device` sent `records`, at least one, which arrived at `now`. All are taken, or none. A clock that was set back
  // forgives what was sent before.
  Answer Take(const std::string& device, bool alarm_class, std::int64_t records, absl::Time now);

  // Devices that are remembered.
  std::size_t size() const { return measurements_.devices.size() + alarms_.devices.size(); }

  static constexpr absl::Duration kQuiet = absl::Minutes(10);

 private:
  struct Device {
    absl::Time full_at = absl::InfinitePast();  // when the whole burst is there again
    absl::Time told = absl::InfinitePast();
  };
  struct Class {
    absl::Duration each;    // in which one record refills
    absl::Duration filled;  // in which the whole burst does
    std::unordered_map<std::string, Device> devices;
    absl::Time swept = absl::InfinitePast();
  };

  static Class ClassOf(const Allowance& allowance);
  Answer TakeFrom(Class& limit, const std::string& device, std::int64_t records, absl::Time now) const;
  static Answer Over(Device& device, absl::Time now);
  // Null when no more can be remembered.
  Device* Find(Class& limit, const std::string& device, absl::Time now) const;

  const std::size_t most_devices_;
  Class measurements_;
  Class alarms_;
};

}  // namespace nara::ingest
