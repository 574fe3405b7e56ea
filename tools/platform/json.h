#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nara::tools {

// Reads a whole file; NOT_FOUND or UNAVAILABLE name it.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Writes by rename, so that a reader sees the old or the new file; mode 0600.
absl::Status WriteFile(const std::string& path, const std::string& content);

// INVALID_ARGUMENT names the file and says what is wrong.
absl::StatusOr<boost::json::value> ReadJson(const std::string& path);

// A member as text; empty when it is absent, no string, or `value` no object.
std::string TextOf(const boost::json::value& value, const char* name);

// A member that is an object or an array; an empty one when it is not.
const boost::json::object& ObjectOf(const boost::json::value& value, const char* name);
const boost::json::array& ArrayOf(const boost::json::value& value, const char* name);

// Indented by one space a level, with a newline at the end.
std::string PrettyJson(const boost::json::value& value);

// On one line, without a newline.
std::string LineJson(const boost::json::value& value);

}  // namespace nara::tools
