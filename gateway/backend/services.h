#pragma once

#include <memory>

#include "common/config/shared.h"
#include "gateway/ports.h"

namespace grpc {
class Channel;
}

namespace nara::gateway {

// The ports over gRPC. Calls carry the client on whose behalf they are made (nara-caller) and end as ports.h says.
std::unique_ptr<FleetPort> ConnectFleet(std::shared_ptr<grpc::Channel> registry);
std::unique_ptr<DevicePort> ConnectDevices(std::shared_ptr<grpc::Channel> registry);
std::unique_ptr<AlertPort> ConnectAlerts(std::shared_ptr<grpc::Channel> alert_router);
std::unique_ptr<ObservationPort> ConnectObservations(std::shared_ptr<grpc::Channel> data_broker);

}  // namespace nara::gateway
