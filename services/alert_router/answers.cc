#include "alert_router/answers.h"

#include <algorithm>
#include <utility>

#include "alert_router/technical_kinds.h"
#include "common/routes/timeline.h"

namespace nara::alert {
namespace {

constexpr int kLongestAccept = 3600;

Step ToStep(const registry::v1::ChainStep& step) {
  return {step.receiver(), std::chrono::seconds(std::clamp<int>(step.accept_seconds(), 1, kLongestAccept))};
}

const registry::v1::Responsibility* AlarmResponsible(const registry::v1::Route& route, const std::string& assignment,
                                                     const google::protobuf::Timestamp& now) {
  if (assignment.empty()) return ResponsibleAt(route, registry::v1::PURPOSE_ALARM, now);
  const registry::v1::Assignment* found = FindAssignment(route, assignment);
  return found == nullptr ? nullptr : ResponsibleAt(*found, registry::v1::PURPOSE_ALARM, now);
}

}  // namespace

Answers::Answers(const RouteTable& routes, const ChainTable& chains, Step last_resort)
    : routes_(routes), chains_(chains), last_resort_(std::move(last_resort)) {}

Responsible Answers::ForAlarm(const std::string& device, const std::string& assignment,
                              const google::protobuf::Timestamp& now) const {
  const RouteTable::Pointer route = routes_.Find(device);
  const registry::v1::Responsibility* found = route == nullptr ? nullptr : AlarmResponsible(*route, assignment, now);
  if (found == nullptr) return Fallback(route.get(), kNoResponsible);
  Responsible answer{found->principal(), found->unit(), {}, route->product(), ""};
  if (Pin(found->unit(), answer.chain)) return answer;
  answer = Fallback(route.get(), kNoChain);
  answer.principal = found->principal();
  return answer;
}

Responsible Answers::ForTechnical(const std::string& device) const {
  return Fallback(routes_.Find(device).get(), "");
}

Responsible Answers::Fallback(const registry::v1::Route* route, const std::string& astray) const {
  Responsible answer;
  answer.astray = astray;
  if (route != nullptr) {
    answer.principal = route->owner();
    answer.unit = route->fallback_unit();
    answer.product = route->product();
    if (Pin(route->fallback_unit(), answer.chain)) return answer;
  }
  answer.chain = {0, {last_resort_}};
  return answer;
}

bool Answers::Pin(const std::string& unit, PinnedChain& chain) const {
  const ChainTable::Pointer current = chains_.Current(unit);
  if (current == nullptr || current->steps().empty()) return false;
  chain.version = current->version();
  std::transform(current->steps().begin(), current->steps().end(), std::back_inserter(chain.steps), ToStep);
  return true;
}

}  // namespace nara::alert
