#include "common/catalogue/check_record.h"

#include <algorithm>
#include <vector>

namespace nara {
namespace {

using telemetry::v1::Record;
using telemetry::v1::Value;
using Problem = std::optional<RecordProblem>;

Problem Say(std::string reason, std::string detail) {
  return RecordProblem{std::move(reason), std::move(detail)};
}

const UcumConversion* FindConversion(const Component& component, const std::string& ucum) {
  const auto found = std::find_if(component.accepts.begin(), component.accepts.end(),
                                  [&](const UcumConversion& conversion) { return conversion.ucum == ucum; });
  return found == component.accepts.end() ? nullptr : &*found;
}

Problem CheckCode(const Component& component, const Value& value) {
  if (value.value_case() != Value::kCode) return Say("unknown_code", component.name + " takes a code");
  const bool known = std::any_of(component.codes.begin(), component.codes.end(),
                                 [&](const CodeValue& code) { return code.code == value.code(); });
  if (known) return std::nullopt;
  return Say("unknown_code", component.name + " takes one of the codes that the catalogue lists for it");
}

Problem CheckRange(const Component& component, const Decimal& number) {
  if (number >= component.min && number <= component.max) return std::nullopt;
  return Say("value_out_of_range", component.name + " is from " + component.min.ToString() + " to " +
                                       component.max.ToString() + " " + component.ucum);
}

absl::StatusOr<Decimal> Convert(const UcumConversion& conversion, const Decimal& number) {
  return conversion.divide ? number.DividedBy(conversion.factor, conversion.decimals)
                           : number.Times(conversion.factor, conversion.decimals);
}

Problem CheckConverted(const Component& component, const Decimal& sent, Value& value) {
  const UcumConversion* conversion = FindConversion(component, value.ucum());
  if (conversion == nullptr) {
    return Say("unknown_ucum", component.name + " is measured in " + component.ucum + " or a unit the catalogue lists");
  }
  const absl::StatusOr<Decimal> number = Convert(*conversion, sent);
  if (!number.ok()) return Say("value_out_of_range", component.name + " does not fit after conversion");
  if (Problem problem = CheckRange(component, *number)) return problem;
  value.set_sent_decimal(value.decimal());
  value.set_sent_ucum(value.ucum());
  value.set_decimal(number->ToString());
  value.clear_ucum();
  return std::nullopt;
}

Problem CheckNumber(const Component& component, Value& value) {
  if (value.value_case() != Value::kDecimal) return Say("not_a_number", component.name + " takes a decimal number");
  const absl::StatusOr<Decimal> number = Decimal::Parse(value.decimal());
  if (!number.ok()) return Say("not_a_number", component.name + ": " + std::string(number.status().message()));
  if (!value.ucum().empty() && value.ucum() != component.ucum) return CheckConverted(component, *number, value);
  if (number->decimals() > component.max_decimals) {
    return Say("too_many_decimals",
               component.name + " has at most " + std::to_string(component.max_decimals) + " decimals");
  }
  if (Problem problem = CheckRange(component, *number)) return problem;
  value.clear_ucum();
  return std::nullopt;
}

Problem CheckValue(const Kind& kind, Value& value) {
  const Component* component = kind.FindComponent(value.component());
  if (component == nullptr) return Say("unknown_component", kind.id + " has no such component");
  value.clear_sent_decimal();
  value.clear_sent_ucum();
  return component->codes.empty() ? CheckNumber(*component, value) : CheckCode(*component, value);
}

Problem CheckPresence(const Kind& kind, const Record& record) {
  for (const Component& component : kind.components) {
    const auto count = std::count_if(record.values().begin(), record.values().end(),
                                     [&](const Value& value) { return value.component() == component.name; });
    if (count > 1) return Say("double_component", component.name + " is there more than once");
    if (count == 0 && component.required) return Say("missing_component", kind.id + " needs " + component.name);
  }
  return std::nullopt;
}

Problem CheckKind(const Catalogue& catalogue, const std::string& product_id, const Record& record) {
  const Product* product = catalogue.FindProduct(product_id);
  if (product == nullptr) return Say("unknown_product", "the catalogue has no product " + product_id);
  const Kind* kind = catalogue.FindKind(record.kind());
  if (kind == nullptr) return Say("unknown_kind", "the catalogue has no such kind");
  if (!product->Sends(kind->id)) return Say("kind_not_of_product", product_id + " does not send " + kind->id);
  if (kind->episode && !record.test() && record.episode().empty()) {
    return Say("missing_episode", kind->id + " names its episode");
  }
  return std::nullopt;
}

}  // namespace

std::optional<RecordProblem> CheckRecord(const Catalogue& catalogue, const std::string& product, Record& record) {
  if (Problem problem = CheckKind(catalogue, product, record)) return problem;
  const Kind& kind = *catalogue.FindKind(record.kind());
  // Values first: "systolicc is no component" helps more than "systolic is missing".
  std::vector<Value> values(record.values().begin(), record.values().end());
  for (Value& value : values) {
    if (Problem problem = CheckValue(kind, value)) return problem;
  }
  if (Problem problem = CheckPresence(kind, record)) return problem;
  for (int i = 0; i < record.values_size(); ++i) record.mutable_values(i)->Swap(&values[static_cast<std::size_t>(i)]);
  return std::nullopt;
}

}  // namespace nara
