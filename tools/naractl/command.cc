#include "tools/naractl/command.h"

#include <iostream>

#include "tools/naractl/list.h"

namespace nara::naractl {

absl::Status ForEachPage(const std::function<absl::StatusOr<std::string>(const std::string&)>& next) {
  std::string token;
  do {
    absl::StatusOr<std::string> following = next(token);
    if (!following.ok()) return following.status();
    token = *std::move(following);
  } while (!token.empty());
  return absl::OkStatus();
}

void SayThatMoreExist(const Limit& limit) {
  std::cerr << "naractl: there are more than these " << limit.count << "; " << limit.option << " N shows more\n";
}

}  // namespace nara::naractl
