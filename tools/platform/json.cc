#include "tools/platform/json.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace nara::tools {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const std::string message = path + ": " + strerror(errno);
    return errno == ENOENT ? absl::NotFoundError(message) : absl::UnavailableError(message);
  }
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

absl::Status WriteFile(const std::string& path, const std::string& content) {
  const std::string partial = path + ".new";
  const int fd = open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return absl::UnavailableError(partial + ": " + strerror(errno));
  const ssize_t written = write(fd, content.data(), content.size());
  const bool whole = written == static_cast<ssize_t>(content.size()) && fsync(fd) == 0;
  const std::string why = strerror(errno);
  close(fd);
  if (!whole || rename(partial.c_str(), path.c_str()) != 0) {
    unlink(partial.c_str());
    return absl::UnavailableError(path + " was not written: " + why);
  }
  return absl::OkStatus();
}

absl::StatusOr<boost::json::value> ReadJson(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(*text, error);
  if (error) return absl::InvalidArgumentError(path + " is not JSON: " + error.message());
  return value;
}

namespace {

const boost::json::value* Find(const boost::json::value& value, const char* name) {
  const boost::json::object* const object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

// Doubles in plain digits ("12.5"), where the library writes exponents.
std::string Scalar(const boost::json::value& value) {
  if (!value.is_double()) return boost::json::serialize(value);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.12g", value.get_double());
  return text.data();
}

void Indent(std::string& out, int depth) {
  out += "\n" + std::string(depth, ' ');
}

void Pretty(const boost::json::value& value, int depth, std::string& out);

void PrettyObject(const boost::json::object& object, int depth, std::string& out) {
  const char* separator = "";
  out += "{";
  for (const auto& [name, member] : object) {
    out += separator;
    separator = ",";
    Indent(out, depth + 1);
    out += boost::json::serialize(name) + ": ";
    Pretty(member, depth + 1, out);
  }
  Indent(out, depth);
  out += "}";
}

void PrettyArray(const boost::json::array& array, int depth, std::string& out) {
  const char* separator = "";
  out += "[";
  for (const auto& element : array) {
    out += separator;
    separator = ",";
    Indent(out, depth + 1);
    Pretty(element, depth + 1, out);
  }
  Indent(out, depth);
  out += "]";
}

void Pretty(const boost::json::value& value, int depth, std::string& out) {
  if (value.is_object() && !value.get_object().empty()) {
    PrettyObject(value.get_object(), depth, out);
  } else if (value.is_array() && !value.get_array().empty()) {
    PrettyArray(value.get_array(), depth, out);
  } else {
    out += Scalar(value);
  }
}

void Line(const boost::json::value& value, std::string& out) {
  const char* separator = "";
  if (value.is_object()) {
    out += "{";
    for (const auto& [name, member] : value.get_object()) {
      out += separator + boost::json::serialize(name) + ":";
      separator = ",";
      Line(member, out);
    }
    out += "}";
  } else if (value.is_array()) {
    out += "[";
    for (const auto& element : value.get_array()) {
      out += std::exchange(separator, ",");
      Line(element, out);
    }
    out += "]";
  } else {
    out += Scalar(value);
  }
}

}  // namespace

std::string TextOf(const boost::json::value& value, const char* name) {
  const boost::json::value* const member = Find(value, name);
  if (member == nullptr || !member->is_string()) return "";
  return {member->get_string().data(), member->get_string().size()};
}

const boost::json::object& ObjectOf(const boost::json::value& value, const char* name) {
  static const boost::json::object kNone;
  const boost::json::value* const member = Find(value, name);
  return member != nullptr && member->is_object() ? member->get_object() : kNone;
}

const boost::json::array& ArrayOf(const boost::json::value& value, const char* name) {
  static const boost::json::array kNone;
  const boost::json::value* const member = Find(value, name);
  return member != nullptr && member->is_array() ? member->get_array() : kNone;
}

std::string PrettyJson(const boost::json::value& value) {
  std::string text;
  Pretty(value, 0, text);
  return text + "\n";
}

std::string LineJson(const boost::json::value& value) {
  std::string text;
  Line(value, text);
  return text;
}

}  // namespace nara::tools
