#pragma once

#include <string>

#include "gateway/http/json_writer.h"
#include "nara/alert/v1/alert.pb.h"
#include "nara/broker/v1/broker.pb.h"
#include "nara/registry/v1/registry.pb.h"

// The JSON forms of /api/v1, as api/openapi.json specifies them. Decimals stand as text, with the digits that were
// sent.
namespace nara::gateway {

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
