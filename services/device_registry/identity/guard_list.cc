#include "device_registry/identity/guard_list.h"

#include <charconv>
#include <utility>

namespace nara::registry {
namespace {

constexpr std::size_t kHead = 64;  // more than a first line takes

class Bodies {
 public:
  explicit Bodies(std::size_t max) : max_(max) {}

  void Add(const std::string& line) {
    if (bodies_.back().size() + line.size() > max_) bodies_.emplace_back();
    bodies_.back() += line;
  }
  std::vector<std::string> Take() { return std::move(bodies_); }

 private:
  const std::size_t max_;
  std::vector<std::string> bodies_{1};
};

}  // namespace

std::vector<std::string> PartsOf(const RevokedList& list, std::size_t max_part) {
  Bodies bodies(max_part - kHead);
  for (const std::string& device : list.devices) bodies.Add("device " + device + "\n");
  for (const std::string& serial : list.serials) bodies.Add("serial " + serial + "\n");
  std::vector<std::string> parts = bodies.Take();
  const std::string of = " " + std::to_string(parts.size()) + "\n";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].insert(0, std::to_string(list.generation) + " " + std::to_string(i + 1) + of);
  }
  return parts;
}

std::optional<std::uint64_t> ReadInForce(std::string_view payload) {
  constexpr std::string_view kBegin = "{\"generation\":";
  if (!payload.starts_with(kBegin)) return std::nullopt;
  payload.remove_prefix(kBegin.size());
  std::uint64_t generation = 0;
  const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), generation);
  if (error != std::errc() || end == payload.data() + payload.size() || *end != ',') return std::nullopt;
  return generation;
}

}  // namespace nara::registry
