#include "gateway/api/json_input.h"

#include <google/protobuf/util/json_util.h>

#include <cmath>

namespace nara::gateway {
namespace {

constexpr double kLargestWhole = 9007199254740992;  // every whole number up to here is a double

template <typename Message>
absl::StatusOr<Message> Parse(const std::string& text, const char* what) {
  Message message;
  if (!google::protobuf::util::JsonStringToMessage(text, &message).ok())
    return absl::InvalidArgumentError(std::string("not a JSON ") + what);
  return message;
}

}  // namespace

absl::StatusOr<google::protobuf::Struct> ParseObject(const std::string& text) {
  // The reader takes an empty text and a list of pairs for an object too.
  if (text.find_first_not_of(" \t\r\n") == text.npos || text[text.find_first_not_of(" \t\r\n")] != '{') {
    return absl::InvalidArgumentError("not a JSON object");
  }
  return Parse<google::protobuf::Struct>(text, "object");
}

absl::StatusOr<google::protobuf::ListValue> ParseList(const std::string& text) {
  return Parse<google::protobuf::ListValue>(text, "list");
}

absl::StatusOr<google::protobuf::Struct> JsonBody(const Request& request) {
  if (!request.Header("content-type").starts_with("application/json")) {
    return absl::InvalidArgumentError("send the body as application/json");
  }
  return ParseObject(request.body);
}

std::string StringMember(const google::protobuf::Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? "" : found->second.string_value();
}

absl::StatusOr<std::uint64_t> WholeNumberMember(const google::protobuf::Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  const double value = found == object.fields().end() ? 0 : found->second.number_value();
  if (value >= 1 && value <= kLargestWhole && value == std::floor(value)) return static_cast<std::uint64_t>(value);
  return absl::InvalidArgumentError("'" + name + "' is a whole number from 1");
}

}  // namespace nara::gateway
