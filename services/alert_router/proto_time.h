// Times between rows and messages.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "alert_router/alert.h"

namespace nara::alert {

// Microseconds are kept; what lies outside of the years 0001 to 9999 is clamped.
google::protobuf::Timestamp ToTimestamp(Time time);

// Rounded down to microseconds, and clamped to the years 1970 to 2199.
Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

}  // namespace nara::alert
