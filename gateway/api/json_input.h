#pragma once

#include <google/protobuf/struct.pb.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/http/message.h"

namespace nara::gateway {

// Reads JSON that people and browsers send, with protobuf's reader (which bounds the depth): INVALID_ARGUMENT for what
// is no JSON object, or list.
absl::StatusOr<google::protobuf::Struct> ParseObject(const std::string& text);
absl::StatusOr<google::protobuf::ListValue> ParseList(const std::string& text);

// The body, an object. Requires the JSON content type: what keeps forms of other pages out.
absl::StatusOr<google::protobuf::Struct> JsonBody(const Request& request);

// The string member of that name; "" when there is none.
std::string StringMember(const google::protobuf::Struct& object, const std::string& name);

// The member of that name, from 1 to 2^53: INVALID_ARGUMENT when it is no whole number, or not there.
absl::StatusOr<std::uint64_t> WholeNumberMember(const google::protobuf::Struct& object, const std::string& name);

}  // namespace nara::gateway
