#include "gateway/http/static_files.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace nara::gateway {
namespace {

std::string ContentType(const std::filesystem::path& file) {
  static const std::map<std::string, std::string> types = {
      {".css", "text/css; charset=utf-8"},
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".svg", "image/svg+xml"},
  };
  const auto found = types.find(file.extension());
  return found == types.end() ? "application/octet-stream" : found->second;
}

Response Read(const std::filesystem::path& file, const std::string& path) {
  std::ifstream in(file, std::ios::binary);
  Response response;
  response.content_type = ContentType(file);
  response.shared_body =
      std::make_shared<const std::string>(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  const bool hashed = path.starts_with("/assets/");
  response.headers.emplace_back("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-store");
  return response;
}

}  // namespace

absl::StatusOr<StaticFiles> StaticFiles::Load(const std::string& folder) {
  StaticFiles files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = "/" + entry.path().lexically_relative(folder).generic_string();
    files.files_[path] = Read(entry.path(), path);
  }
  if (!files.files_.contains("/index.html")) {
    return absl::NotFoundError("no index.html in " + folder + ": build the web app (npm run build in gateway/web)");
  }
  return files;
}

absl::StatusOr<Response> StaticFiles::Get(const std::string& path) const {
  const auto found = files_.find(path == "/" ? "/index.html" : path);
  if (found == files_.end()) return absl::NotFoundError("there is nothing at " + path);
  return found->second;
}

}  // namespace nara::gateway
