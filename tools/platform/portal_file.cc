#include "tools/platform/portal_file.h"

#include <algorithm>
#include <array>
#include <optional>

namespace nara::tools {
namespace {

using registry::v1::LineProblem;
using registry::v1::PortalLine;

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::array<std::string_view, 5> kRequired = {"device", "product", "owner", "fallback_unit", "status"};

using Fields = std::vector<std::string>;

LineProblem Problem(std::uint32_t line, const std::string& column, const std::string& reason,
                    const std::string& message) {
  LineProblem problem;
  problem.set_line(line);
  problem.set_column(column);
  problem.set_reason(reason);
  problem.set_message(message);
  return problem;
}

// Takes the next line, without its end.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// How many bytes the character that begins with this one has; 0 for none.
std::size_t LengthOf(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

// Enough to tell UTF-8 from what older spreadsheets write.
bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = LengthOf(static_cast<unsigned char>(text.front()));
    if (length == 0 || length > text.size()) return false;
    for (std::size_t i = 1; i < length; ++i) {
      if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

// Takes what stands between quotes, "" for one of them; false when they do not close.
bool TakeQuoted(std::string_view& line, std::string& field) {
  line.remove_prefix(1);
  for (;;) {
    const std::size_t quote = line.find('"');
    if (quote == std::string_view::npos) return false;
    field += line.substr(0, quote);
    line.remove_prefix(quote + 1);
    if (!line.starts_with('"')) return true;
    field += '"';
    line.remove_prefix(1);
  }
}

// Absent when quotes do not close, or something follows them.
std::optional<Fields> Split(std::string_view line, char separator) {
  Fields fields;
  for (;;) {
    std::string& field = fields.emplace_back();
    if (line.starts_with('"')) {
      if (!TakeQuoted(line, field)) return std::nullopt;
    } else {
      const std::size_t end = std::min(line.find(separator), line.size());
      field = line.substr(0, end);
      line.remove_prefix(end);
    }
    if (line.empty()) return fields;
    if (line.front() != separator) return std::nullopt;
    line.remove_prefix(1);
  }
}

const google::protobuf::FieldDescriptor* FieldOf(const std::string& column) {
  return column == "line" ? nullptr : PortalLine::descriptor()->FindFieldByName(column);
}

void CheckHeading(const Fields& heading, std::vector<LineProblem>& problems) {
  for (const std::string& column : heading) {
    if (FieldOf(column) == nullptr) {
      problems.push_back(Problem(1, column, "UNKNOWN_COLUMN", "is no column; see docs/formats/portal-csv.md"));
    } else if (std::count(heading.begin(), heading.end(), column) > 1) {
      problems.push_back(Problem(1, column, "DOUBLE_COLUMN", "is there twice; keep one"));
    }
  }
  for (const std::string_view column : kRequired) {
    if (std::find(heading.begin(), heading.end(), column) != heading.end()) continue;
    problems.push_back(Problem(1, std::string(column), "MISSING_COLUMN", "is missing from the first line; add it"));
  }
}

PortalLine LineOf(std::uint32_t number, const Fields& heading, const Fields& fields) {
  PortalLine line;
  line.set_line(number);
  for (std::size_t i = 0; i < heading.size(); ++i) {
    if (!fields[i].empty()) PortalLine::GetReflection()->SetString(&line, FieldOf(heading[i]), fields[i]);
  }
  return line;
}

}  // namespace

PortalFile ParsePortalFile(std::string_view text) {
  PortalFile file;
  if (text.starts_with(kBom)) text.remove_prefix(kBom.size());
  const std::string_view first = TakeLine(text);
  const char separator = first.find(';') == std::string_view::npos ? ',' : ';';
  const Fields heading = Split(first, separator).value_or(Fields());
  CheckHeading(heading, file.problems);
  if (!file.problems.empty()) return file;
  for (std::uint32_t number = 2; !text.empty(); ++number) {
    const std::string_view line = TakeLine(text);
    if (line.empty()) continue;
    const std::optional<Fields> fields = Split(line, separator);
    if (!IsUtf8(line)) {
      file.problems.push_back(Problem(number, "", "ENCODING", "is not UTF-8; save the file as UTF-8"));
    } else if (!fields) {
      file.problems.push_back(Problem(number, "", "QUOTES", "has quotes that do not close; a field has no line break"));
    } else if (fields->size() != heading.size()) {
      file.problems.push_back(Problem(
          number, "", "FIELDS",
          "has " + std::to_string(fields->size()) + " fields, the first line " + std::to_string(heading.size())));
    } else {
      file.lines.push_back(LineOf(number, heading, *fields));
    }
  }
  return file;
}

}  // namespace nara::tools
