#include "ingest/inbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "ingest/frame_codec.h"

namespace nara::ingest {
namespace {

// So many times are remembered of what is kept.
constexpr int kMarks = 32;

struct Watermark {
  std::uint64_t position = 0;
  std::uint64_t checksum = 0;
};

std::uint64_t Checksum(std::uint64_t position) {
  return crc32_z(0, reinterpret_cast<const Bytef*>(&position), sizeof(position));
}

std::uint64_t PositionOr(const Watermark& mark, std::uint64_t otherwise) {
  return mark.checksum == Checksum(mark.position) ? mark.position : otherwise;
}

// Where the frames of a segment end.
std::size_t EndOfFrames(std::string_view data, std::uint64_t base) {
  std::size_t offset = 0;
  while (true) {
    const ParsedFrame parsed = ParseFrame(data.substr(offset), base + offset);
    if (parsed.state != FrameState::kFrame) return offset;
    offset += parsed.size;
  }
}

}  // namespace

Inbox::Inbox(const InboxOptions& options)
    : options_{options.dir, std::max(options.segment_bytes, kMaxFrame), options.max_bytes, options.keep,
               options.keep_bytes} {}

absl::StatusOr<std::unique_ptr<Inbox>> Inbox::Open(const InboxOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.dir, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot make ", options.dir, ": ", error.message()));
  std::unique_ptr<Inbox> inbox(new Inbox(options));
  if (absl::Status status = inbox->LoadSegments(); !status.ok()) return status;
  if (absl::Status status = inbox->RecoverTail(); !status.ok()) return status;
  if (absl::Status status = inbox->LoadWatermark(); !status.ok()) return status;
  return inbox;
}

Inbox::~Inbox() {
  if (watermark_fd_ < 0) return;
  Save().IgnoreError();
  close(watermark_fd_);
}

absl::Status Inbox::LoadSegments() {
  for (const auto& entry : std::filesystem::directory_iterator(options_.dir)) {
    if (entry.path().extension() != ".seg") continue;
    absl::StatusOr<std::unique_ptr<Segment>> segment = Segment::Open(entry.path().string());
    if (!segment.ok()) return segment.status();
    const std::uint64_t base = (*segment)->base();
    segments_[base] = std::move(*segment);
  }
  return absl::OkStatus();
}

absl::Status Inbox::RecoverTail() {
  if (segments_.empty()) {
    absl::StatusOr<std::unique_ptr<Segment>> first = Segment::Create(options_.dir, 0, options_.segment_bytes);
    if (!first.ok()) return first.status();
    segments_[0] = std::move(*first);
  }
  tail_ = segments_.rbegin()->second;
  absl::StatusOr<std::string> data = tail_->Read(0, tail_->capacity());
  if (!data.ok()) return data.status();
  const std::size_t end = EndOfFrames(*data, tail_->base());
  end_ = tail_->base() + end;
  const bool clean = data->find_first_not_of('\0', end) == std::string::npos;
  if (clean && tail_->capacity() >= options_.segment_bytes) return absl::OkStatus();
  const absl::Status status = tail_->Clear(end, std::max(options_.segment_bytes, end));
  // On a full disk the file just ends here: what it holds can be worked off, and Prepare says that there is no room.
  return absl::IsResourceExhausted(status) ? absl::OkStatus() : status;
}

absl::Status Inbox::LoadWatermark() {
  const std::string path = absl::StrCat(options_.dir, "/released");
  watermark_fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (watermark_fd_ < 0) return absl::UnavailableError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  std::array<Watermark, 2> marks;
  if (pread(watermark_fd_, marks.data(), sizeof(marks), 0) < 0) marks = {};
  const std::uint64_t oldest = segments_.begin()->first;
  saved_ = std::clamp(PositionOr(marks[0], oldest), oldest, end());
  released_ = saved_;
  saved_kept_ = keeps() ? std::clamp(PositionOr(marks[1], saved_), oldest, saved_) : saved_;
  kept_ = saved_kept_;
  return absl::OkStatus();
}

absl::Status Inbox::Append(Arrival arrival, std::string_view topic, std::string_view payload) {
  if (topic.size() > kMaxTopic || payload.size() > kMaxPayload) {
    return absl::InvalidArgumentError(
        absl::StrCat("a frame of ", payload.size(), " bytes is larger than the inbox takes"));
  }
  const std::size_t size = FrameSize(topic.size(), payload.size());
  if (used() + size > options_.max_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat("the inbox ", options_.dir, " is full"));
  }
  if (end() + size > tail_->end()) {
    if (absl::Status status = Rotate(); !status.ok()) return status;
  }
  const std::uint64_t position = std::max(end(), tail_->base());
  const FramePrefix prefix = EncodeFramePrefix(position, arrival, topic, payload);
  absl::Status status =
      tail_->Write(position - tail_->base(), std::string_view(prefix.data(), prefix.size()), topic, payload);
  if (status.ok()) end_.store(position + size, std::memory_order_release);
  return status;
}

absl::Status Inbox::MakeSpareLocked() {
  if (spare_) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<Segment>> made =
      Segment::Create(options_.dir, segments_.rbegin()->second->end(), options_.segment_bytes);
  if (!made.ok()) return made.status();
  spare_ = std::move(*made);
  return absl::OkStatus();
}

absl::Status Inbox::Rotate() {
  std::lock_guard lock(mutex_);
  if (absl::Status status = MakeSpareLocked(); !status.ok()) return status;
  tail_ = std::move(spare_);
  spare_ = nullptr;
  segments_[tail_->base()] = tail_;
  return absl::OkStatus();
}

absl::Status Inbox::Prepare() {
  std::lock_guard lock(mutex_);
  const Segment& newest = *segments_.rbegin()->second;
  const bool plenty = end() < newest.base() + newest.capacity() / 2;
  return plenty ? absl::OkStatus() : MakeSpareLocked();
}

Inbox::SegmentPointer Inbox::Holding(std::uint64_t position) const {
  std::lock_guard lock(mutex_);
  auto after = segments_.upper_bound(position);
  if (after != segments_.begin() && std::prev(after)->second->end() > position) return std::prev(after)->second;
  return after == segments_.end() ? nullptr : after->second;
}

absl::StatusOr<InboxBatch> Inbox::Read(std::uint64_t position, std::size_t max_bytes) const {
  const std::uint64_t end = this->end();
  InboxBatch nothing;
  nothing.next_position = position;
  if (position >= end) return nothing;
  const SegmentPointer segment = Holding(position);
  if (!segment) return absl::InternalError(absl::StrCat("the inbox ", options_.dir, " has no segment at ", position));
  const std::uint64_t begin = std::max(position, segment->base());
  if (begin >= end) return nothing;
  const std::uint64_t limit = std::min(end, segment->end());
  const std::size_t size = std::min<std::uint64_t>(limit - begin, std::max(max_bytes, kMaxFrame));
  absl::StatusOr<std::string> data = segment->Read(begin - segment->base(), size);
  if (!data.ok()) return data.status();
  return Parse(std::move(*data), begin, *segment, end);
}

InboxBatch Inbox::Parse(std::string data, std::uint64_t position, const Segment& segment, std::uint64_t end) const {
  InboxBatch batch;
  batch.data = std::move(data);
  std::size_t offset = 0;
  ParsedFrame parsed;
  while ((parsed = ParseFrame(std::string_view(batch.data).substr(offset), position + offset)).state ==
         FrameState::kFrame) {
    offset += parsed.size;
    batch.frames.push_back(parsed.frame);
  }
  batch.next_position = position + offset;
  const std::uint64_t read_to = position + batch.data.size();
  const bool more_here =
      parsed.state == FrameState::kIncomplete && offset > 0 && read_to < std::min(end, segment.end());
  if (more_here || batch.next_position >= end) return batch;
  // The writer has gone on in the next file: the rest of this one holds nothing, or something unfinished.
  if (batch.data.find_first_not_of('\0', offset) != std::string::npos) batch.torn = 1;
  batch.next_position = std::min(segment.end(), end);
  return batch;
}

absl::StatusOr<absl::Time> Inbox::OldestArrival() const {
  for (std::uint64_t position = released(); position < end();) {
    const absl::StatusOr<InboxBatch> batch = Read(position, 0);
    if (!batch.ok()) return batch.status();
    if (!batch->frames.empty()) return batch->frames.front().arrival.at;
    position = batch->next_position;
  }
  return absl::InfiniteFuture();
}

void Inbox::Release(std::uint64_t position, absl::Duration now) {
  if (position < released()) return;
  released_.store(std::min(position, end()), std::memory_order_release);
  MoveKept(now);
  std::lock_guard lock(mutex_);
  kept_.store(std::max(kept(), LeastKeptLocked()), std::memory_order_release);
  while (segments_.size() > 1 && segments_.begin()->second->end() <= kept()) {
    segments_.begin()->second->Remove();
    segments_.erase(segments_.begin());
  }
}

void Inbox::MoveKept(absl::Duration now) {
  if (!keeps()) return;
  for (; !marks_.empty() && now - marks_.front().at > options_.keep; marks_.pop_front()) {
    kept_.store(std::max(kept(), marks_.front().released), std::memory_order_release);
  }
  if (marks_.empty() || now - marks_.back().at >= options_.keep / kMarks) marks_.push_back({now, released()});
}

std::uint64_t Inbox::LeastKeptLocked() const {
  const std::uint64_t released = this->released();
  const auto file = segments_.lower_bound(released - std::min(options_.keep_bytes, released));
  return !keeps() || file == segments_.end() ? released : std::min(file->first, released);
}

absl::Status Inbox::Save() {
  const std::uint64_t position = released();
  const std::uint64_t kept = this->kept();
  if (position == saved_ && kept == saved_kept_) return absl::OkStatus();
  const std::array<Watermark, 2> marks{Watermark{position, Checksum(position)}, Watermark{kept, Checksum(kept)}};
  if (pwrite(watermark_fd_, marks.data(), sizeof(marks), 0) != sizeof(marks)) {
    return absl::UnavailableError(absl::StrCat("cannot save the watermark of ", options_.dir));
  }
  saved_ = position;
  saved_kept_ = kept;
  return absl::OkStatus();
}

}  // namespace nara::ingest
