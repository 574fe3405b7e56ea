#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace nara::gateway {

// Writes JSON text: rapidjson's writer behind the few calls that we use.
class Json {
 public:
  Json();
  ~Json();

  Json& Open();
  Json& Open(const std::string& key);
  Json& Close();
  Json& OpenList(const std::string& key);
  Json& CloseList();
  Json& Member(const std::string& key, const std::string& value);
  Json& Number(const std::string& key, std::int64_t value);
  Json& Item(const std::string& value);
  // Only when it is not empty.
  Json& Optional(const std::string& key, const std::string& value);

  std::string Text() const;

 private:
  struct Writer;
  const std::unique_ptr<Writer> writer_;
};

}  // namespace nara::gateway
