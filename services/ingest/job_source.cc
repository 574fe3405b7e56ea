#include "ingest/job_source.h"

#include <string>
#include <utility>

#include "common/log/log.h"
#include "common/time/text.h"
#include "ingest/guard_topics.h"
#include "ingest/server_counters.h"

namespace nara::ingest {
namespace {

DecodeResult Decode(const ReadTopic& topic, std::string_view payload) {
  if (topic.right_shard) return DecodeUplink(payload, topic.origin.encoding);
  return {Refusal{"wrong_topic", "the shard of the topic is not the device's"}, {}};
}

}  // namespace

std::optional<UplinkJob> JobSource::FromFrame(const Frame& frame) const {
  std::optional<GuardRefusal> refused = ReadGuardRefusal(frame.topic);
  if (!refused) refused = ReadTwoPlaces(frame.topic, frame.payload);
  if (!refused) refused = ReadFlood(frame.topic, frame.payload);
  if (!refused) refused = ReadServerDropped(frame.topic);
  if (refused) {
    return JobFor(std::move(refused->origin), {std::move(refused->refusal), {}}, frame);
  }
  std::optional<ReadTopic> topic = ReadUplinkTopic(frame.topic);
  if (!topic) {
    metrics_.FrameRefused("topic");
    log::Debug("ingest", "a frame on a topic without a device", {{"topic_bytes", frame.topic.size()}});
    return std::nullopt;
  }
  if (topic->status) {
    TakeStatus(topic->origin, frame);
    return std::nullopt;
  }
  DecodeResult decoded = Decode(*topic, frame.payload);
  return JobFor(std::move(topic->origin), std::move(decoded), frame);
}

UplinkJob JobSource::JobFor(Origin origin, DecodeResult decoded, const Frame& frame) const {
  origin.received_at = frame.arrival.at;
  origin.clock_in_doubt = frame.arrival.in_doubt;
  UplinkJob::RoutePointer route = routes_.Find(origin.device);
  return UplinkJob(judge_, std::move(origin), std::move(route), std::move(decoded), frame.payload);
}

UplinkJob JobSource::FromMessage(Origin origin, nara::telemetry::v1::Uplink uplink) const {
  UplinkJob::RoutePointer route = routes_.Find(origin.device);
  return UplinkJob(judge_, std::move(origin), std::move(route), CheckUplink(std::move(uplink)), {});
}

void JobSource::TakeStatus(const Origin& origin, const Frame& frame) const {
  const absl::StatusOr<nara::telemetry::v1::Status> status = DecodeStatus(frame.payload);
  if (!status.ok()) {
    metrics_.FrameRefused("status");
    log::Debug("ingest", "a status that cannot be read",
               {{"device", origin.device}, {"error", ToStd(status.status().message())}});
    return;
  }
  metrics_.StatusTaken(status->online());
  if (routes_.Find(origin.device) == nullptr) return;
  if (status->online()) {
    contacts_.Heard(origin.device, frame.arrival.at);
  } else {
    contacts_.Lost(origin.device, frame.arrival.at);
  }
}

}  // namespace nara::ingest
