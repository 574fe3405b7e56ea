#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "common/access/access_table.h"
#include "tools/naractl/command.h"
#include "tools/platform/portal_file.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

using registry::v1::LineProblem;

constexpr std::size_t kPiece = 1000;

struct ImportOptions {
  std::string file;
  std::string id;
  bool dry_run = false;
};

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return absl::InvalidArgumentError("cannot read " + path + "; is it a file?");
  return text.str();
}

// Stages what the registry does not have yet. True when the import was applied before.
absl::StatusOr<bool> Stage(tools::RegistryClient& registry, const std::string& id, const tools::PortalFile& file) {
  registry::v1::StageImportRequest request;
  request.set_import(id);
  auto staged = registry.StageImport(request);
  if (!staged.ok()) return staged.status();
  auto next = std::find_if(file.lines.begin(), file.lines.end(),
                           [&](const auto& line) { return line.line() > staged->last_line(); });
  while (!staged->applied() && next != file.lines.end()) {
    const auto end = next + std::min<std::ptrdiff_t>(kPiece, file.lines.end() - next);
    request.mutable_lines()->Assign(next, end);
    staged = registry.StageImport(request);
    if (!staged.ok()) return staged.status();
    next = end;
  }
  return staged->applied();
}

absl::Status Check(tools::RegistryClient& registry, const std::string& id, std::vector<LineProblem>& problems) {
  registry::v1::CheckImportRequest request;
  request.set_import(id);
  request.set_page_size(kPiece);
  return ForEachPage([&](const std::string& token) -> absl::StatusOr<std::string> {
    request.set_page_token(token);
    const auto page = registry.CheckImport(request);
    if (!page.ok()) return page.status();
    problems.insert(problems.end(), page->problems().begin(), page->problems().end());
    return page->next_page_token();
  });
}

// Both in the order of the file.
std::vector<LineProblem> Merged(const std::vector<LineProblem>& ours, const std::vector<LineProblem>& theirs) {
  std::vector<LineProblem> all;
  std::merge(ours.begin(), ours.end(), theirs.begin(), theirs.end(), std::back_inserter(all),
             [](const LineProblem& a, const LineProblem& b) { return a.line() < b.line(); });
  return all;
}

absl::Status Refuse(const Session& session, const std::vector<LineProblem>& problems) {
  Table table{{"LINE", "COLUMN", "REASON", "WHAT"}};
  std::vector<std::string> lines;
  for (const LineProblem& problem : problems) {
    table.push_back({std::to_string(problem.line()), problem.column(), problem.reason(), problem.message()});
    lines.push_back(ToJson(problem));
  }
  session.json ? PrintJsonList(lines) : PrintTable(table);
  return absl::FailedPreconditionError(std::to_string(problems.size()) +
                                       " mistakes; nothing was changed: correct the file");
}

absl::Status Apply(const Session& session, tools::RegistryClient& registry, const std::string& id,
                   const tools::PortalFile& file) {
  registry::v1::ApplyImportRequest request;
  request.set_import(id);
  request.set_lines(static_cast<std::uint32_t>(file.lines.size()));
  const auto done = registry.ApplyImport(request);
  if (!done.ok()) return done.status();
  const std::string numbers = std::to_string(done->registered()) + " registered, " + std::to_string(done->moved()) +
                              " moved, " + std::to_string(done->unchanged()) + " unchanged";
  PrintLine(session.json             ? ToJson(*done)
            : done->applied_before() ? "applied before, so nothing has changed now; then: " + numbers
                                     : numbers);
  return absl::OkStatus();
}

absl::Status Import(Session& session, const ImportOptions& options) {
  const auto call = session.Begin("supplier");
  if (!call.ok()) return call.status();
  const absl::StatusOr<std::string> text = ReadFile(options.file);
  if (!text.ok()) return text.status();
  const tools::PortalFile file = tools::ParsePortalFile(*text);
  // The same file is the same import: a second run goes on where the first one stopped.
  const std::string id = options.id.empty() ? "portal-" + TokenHash(*text).substr(0, 32) : options.id;
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  const absl::StatusOr<bool> applied = Stage(registry, id, file);
  if (!applied.ok()) return applied.status();
  std::vector<LineProblem> problems;
  if (absl::Status status = Check(registry, id, problems); !status.ok()) return status;
  problems = Merged(file.problems, problems);
  if (!problems.empty()) return Refuse(session, problems);
  if (!options.dry_run) return Apply(session, registry, id, file);
  const std::string count = std::to_string(file.lines.size());
  PrintLine(session.json ? "[]" : count + " lines, no mistakes" + (*applied ? "; applied already" : ""));
  return absl::OkStatus();
}

}  // namespace

void AddImportCommand(CLI::App& group, Session& session) {
  AddCommand<ImportOptions>(
      group, session, "import", "Brings an ordering portal's file when no line is wrong.",
      [](CLI::App& command, ImportOptions& options) {
        command.add_option("file", options.file, "CSV, docs/formats/portal-csv.md")->required();
        command.add_flag("--dry-run", options.dry_run, "only lists what is wrong");
        command.add_option("--id", options.id, "of the import; by default the file's own");
      },
      Import);
}

}  // namespace nara::naractl
