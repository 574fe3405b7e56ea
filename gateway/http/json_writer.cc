#include "gateway/http/json_writer.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace nara::gateway {

struct Json::Writer {
  void Key(const std::string& key) { json.Key(key.data(), key.size()); }

  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json{buffer};
};

Json::Json() : writer_(std::make_unique<Writer>()) {}
Json::~Json() = default;

Json& Json::Open() {
  writer_->json.StartObject();
  return *this;
}

Json& Json::Open(const std::string& key) {
  writer_->Key(key);
  return Open();
}

Json& Json::Close() {
  writer_->json.EndObject();
  return *this;
}

Json& Json::OpenList(const std::string& key) {
  writer_->Key(key);
  writer_->json.StartArray();
  return *this;
}

Json& Json::CloseList() {
  writer_->json.EndArray();
  return *this;
}

Json& Json::Member(const std::string& key, const std::string& value) {
  writer_->Key(key);
  return Item(value);
}

Json& Json::Number(const std::string& key, std::int64_t value) {
  writer_->Key(key);
  writer_->json.Int64(value);
  return *this;
}

Json& Json::Item(const std::string& value) {
  writer_->json.String(value.data(), value.size());
  return *this;
}

Json& Json::Optional(const std::string& key, const std::string& value) {
  return value.empty() ? *this : Member(key, value);
}

std::string Json::Text() const {
  return {writer_->buffer.GetString(), writer_->buffer.GetSize()};
}

}  // namespace nara::gateway
