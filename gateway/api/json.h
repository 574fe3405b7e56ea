#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>

#include "nara/alert/v1/alert.pb.h"
#include "nara/broker/v1/broker.pb.h"
#include "nara/registry/v1/registry.pb.h"

// The JSON forms of /api/v1, as api/openapi.json specifies them. Decimals stand as text, with the digits that were sent.
namespace nara::gateway {

// A thin face over rapidjson's writer for members.
class Json {
 public:
  Json& Open() { writer_.StartObject(); return *this; }
  Json& Open(const std::string& key) { Key(key); return Open(); }
  Json& Close() { writer_.EndObject(); return *this; }
  Json& OpenList(const std::string& key) { Key(key); writer_.StartArray(); return *this; }
  Json& CloseList() { writer_.EndArray(); return *this; }
  Json& Member(const std::string& key, const std::string& value) { Key(key); return Item(value); }
  Json& Number(const std::string& key, std::int64_t value) { Key(key); writer_.Int64(value); return *this; }
  Json& Item(const std::string& value) { writer_.String(value.data(), value.size()); return *this; }
  // Only when it is not empty.
  Json& Optional(const std::string& key, const std::string& value) { return value.empty() ? *this : Member(key, value); }
  std::string Text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

 private:
  void Key(const std::string& key) { writer_.Key(key.data(), key.size()); }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

void Write(Json& json, const registry::v1::Principal& principal);
void Write(Json& json, const alert::v1::Alert& alert);
void Write(Json& json, const alert::v1::HistoryEntry& entry);
void Write(Json& json, const broker::v1::Observation& observation);

// {"<key>": [items…]}, with "next_page_token" when there is a next page.
template <typename Items>
std::string ListText(const std::string& key, const Items& items, const std::string& next_page_token = "") {
  Json json;
  json.Open().OpenList(key);
  for (const auto& item : items) Write(json, item);
  json.CloseList().Optional("next_page_token", next_page_token).Close();
  return json.Text();
}

template <typename Item>
std::string ItemText(const Item& item) {
  Json json;
  Write(json, item);
  return json.Text();
}

// "offered" for STATE_OFFERED.
std::string StateName(alert::v1::State state);

}  // namespace nara::gateway
