#include "device_registry/assortment/agreement.h"

#include <array>
#include <optional>

namespace nara::registry {
namespace {

struct Question {
  const char* text;
  YesNo AgreementFacts::* fact;
  // What an answer decides; nothing: ask the next.
  std::optional<v1::Agreement> yes;
  std::optional<v1::Agreement> no;
};

constexpr std::array kQuestions = {
    Question{"Is it, or a similar product, in the assortment?", &AgreementFacts::in_assortment, v1::AGREEMENT_EXISTING,
             std::nullopt},
    Question{"Is it for health care, by the maker's intended purpose?", &AgreementFacts::for_health_care, std::nullopt,
             v1::AGREEMENT_NEW},
    Question{"Is it a medical device?", &AgreementFacts::medical_device, std::nullopt, v1::AGREEMENT_NEW},
    Question{"Is it in the areas of the cooperation agreement?", &AgreementFacts::cooperation_area,
             v1::AGREEMENT_EXISTING, v1::AGREEMENT_SUPPLEMENT},
};

const char* NameOf(YesNo answer) {
  if (answer == YesNo::kUnknown) return "unknown";
  return answer == YesNo::kYes ? "yes" : "no";
}

}  // namespace

AgreementDecision Decide(const AgreementFacts& facts) {
  AgreementDecision decision;
  for (const Question& question : kQuestions) {
    const YesNo answer = facts.*question.fact;
    v1::AgreementAnswer& why = decision.why.emplace_back();
    why.set_question(question.text);
    why.set_answer(NameOf(answer));
    if (answer == YesNo::kUnknown) return decision;
    const auto& decided = answer == YesNo::kYes ? question.yes : question.no;
    if (!decided) continue;
    decision.agreement = *decided;
    return decision;
  }
  return decision;
}

}  // namespace nara::registry
