// Turns what came in into jobs: reads the topic, decodes, looks up the route.
#pragma once

#include <optional>
#include <string_view>

#include "common/mqtt/shard.h"
#include "common/routes/route_table.h"
#include "ingest/contact_book.h"
#include "ingest/frame.h"
#include "ingest/judge.h"
#include "ingest/metrics.h"
#include "ingest/uplink_job.h"

namespace nara::ingest {

// Threads: safe from all.
class JobSource {
 public:
  // All must outlive it and the jobs.
  JobSource(const RouteTable& routes, const Judge& judge, Metrics& metrics, ContactBook& contacts)
      : routes_(routes), judge_(judge), metrics_(metrics), contacts_(contacts) {}

  // False before the first state of the routes is there: then nothing may be judged.
  bool ready() const { return routes_.ready(); }

  // A job for a frame, which must outlive it, also for what the guard refused; nothing for a topic that names no
  // device, and for a status, which goes into the contacts.
  std::optional<UplinkJob> FromFrame(const Frame& frame) const;

  // A job for an uplink that came as a message.
  UplinkJob FromMessage(Origin origin, nara::telemetry::v1::Uplink uplink) const;

 private:
  UplinkJob JobFor(Origin origin, DecodeResult decoded, const Frame& frame) const;
  void TakeStatus(const Origin& origin, const Frame& frame) const;

  const RouteTable& routes_;
  const Judge& judge_;
  Metrics& metrics_;
  ContactBook& contacts_;
};

}  // namespace nara::ingest
