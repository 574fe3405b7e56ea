#include "common/catalogue/catalogue.h"

#include <algorithm>

namespace nara {
namespace {

template <typename Item>
const Item* FindIn(const std::map<std::string, Item>& items, const std::string& id) {
  const auto found = items.find(id);
  return found == items.end() ? nullptr : &found->second;
}

}  // namespace

const Component* Kind::FindComponent(const std::string& component) const {
  const auto found =
      std::find_if(components.begin(), components.end(), [&](const Component& c) { return c.name == component; });
  return found == components.end() ? nullptr : &*found;
}

bool Product::AllowsOwner(const std::string& owner_kind) const {
  return owner_kinds.empty() || std::find(owner_kinds.begin(), owner_kinds.end(), owner_kind) != owner_kinds.end();
}

bool Product::Sends(const std::string& kind) const {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

const Kind* Catalogue::FindKind(const std::string& id) const {
  return FindIn(kinds_, id);
}

const Product* Catalogue::FindProduct(const std::string& id) const {
  return FindIn(products_, id);
}

const Agreement* Catalogue::FindAgreement(const std::string& id) const {
  return FindIn(agreements_, id);
}

const CataloguePrincipal* Catalogue::FindPrincipal(const std::string& id) const {
  return FindIn(principals_, id);
}

}  // namespace nara
