// Serves one watch (routes, chains or access) to any number of streams: snapshot,
// changes in commit order, heartbeats, as proto/nara/registry/v1 describes it. `More`
// are the tables of what rides along on the same stream, in the same revisions.
//
// The feed keeps every item in its newest form in memory. A stream gets what is
// newer than its own revision, in pieces that fit its queue; a slow one delays
// nobody and costs at most one copy of what it lacks. Pieces that have begun are
// finished before the next state begins, so a watcher applies only states that were.
//
// Threads: Open and Publish from any; the writers are called under the lock and
// must not block (StreamWriter::Offer does not).
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "common/routes/watched_table.h"
#include "common/rpc/stream_writer.h"

namespace nara::registry {

template <typename Table, typename Response, typename... More>
class WatchFeed {
 public:
  using Writer = std::shared_ptr<rpc::StreamWriter<Response>>;
  template <typename T>
  using ItemOf = typename T::ItemType;
  template <typename T>
  using AddItem = void (*)(Response&, const ItemOf<T>&);
  static constexpr std::size_t kPiece = 200;  // items in a message

  // Each puts an item of a table into a response.
  explicit WatchFeed(AddItem<Table> add, AddItem<More>... more) : add_(add, more...) {
    const auto gather = [this](const auto& changed) { Gather(changed_, changed); };
    std::apply([&](auto&... tables) { (tables.OnChange(gather), ...); }, tables_);
  }

  // Begins a stream: from `after` when that is a revision we have passed, else with
  // a snapshot.
  void Open(Writer writer, std::uint64_t after) {
    const std::lock_guard lock(mutex_);
    Stream& stream = streams_.emplace_back();
    stream.writer = std::move(writer);
    stream.seen = after;
    stream.snapshot = after == 0 || after > table().revision();
    // Before the first state is loaded there is nothing to say: Publish will.
    if (table().ready()) Serve(stream);
  }

  // Applies a new state and sends it. `heartbeat` says to also tell streams that
  // have nothing new.
  void Publish(std::vector<ItemOf<Table>> items, std::vector<ItemOf<More>>... more, std::uint64_t revision,
               bool heartbeat) {
    const std::lock_guard lock(mutex_);
    changed_after_ = table().revision();
    changed_.clear();
    ApplyTo(std::get<0>(tables_), std::move(items), revision);
    (ApplyTo(std::get<More>(tables_), std::move(more), revision), ...);
    streams_.remove_if([](const Stream& stream) { return stream.writer->closed(); });
    for (Stream& stream : streams_) {
      const bool said = Serve(stream);
      if (heartbeat && !said && stream.pending.empty()) stream.writer->Offer(Complete());
    }
  }

  // Streams that still have pieces to send: call Publish again soon.
  bool Behind() const {
    const std::lock_guard lock(mutex_);
    return std::any_of(streams_.begin(), streams_.end(), [](const Stream& stream) { return !stream.pending.empty(); });
  }

  std::size_t streams() const {
    const std::lock_guard lock(mutex_);
    return streams_.size();
  }

  // Ends every stream.
  void Close(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    for (Stream& stream : streams_) stream.writer->Close(status);
    streams_.clear();
  }

  const Table& table() const { return std::get<0>(tables_); }

 private:
  // An item of any of the tables.
  using Pointer = std::variant<typename Table::Pointer, typename More::Pointer...>;
  using Items = std::vector<Pointer>;

  struct Stream {
    Writer writer;
    std::uint64_t seen = 0;
    bool snapshot = false;
    std::deque<Response> pending;  // built, in order, not sent
  };

  Response Complete() const {
    Response response;
    response.set_complete(true);
    response.set_revision(table().revision());
    return response;
  }

  template <typename T>
  static void ApplyTo(T& table, std::vector<ItemOf<T>> items, std::uint64_t revision) {
    table.Apply(!table.ready(), std::move(items), revision);
  }

  template <typename Pointers>
  static void Gather(Items& items, const Pointers& pointers) {
    items.insert(items.end(), pointers.begin(), pointers.end());
  }

  static std::uint64_t RevisionOf(const Pointer& pointer) {
    return std::visit([](const auto& item) { return item->revision(); }, pointer);
  }

  void Add(Response& response, const Pointer& pointer) const {
    const auto add = [&](const auto& item) {
      using Item = std::remove_cvref_t<decltype(*item)>;
      std::get<void (*)(Response&, const Item&)>(add_)(response, *item);
    };
    std::visit(add, pointer);
  }

  // Sends what it can; true when anything was to be said.
  bool Serve(Stream& stream) {
    if (stream.pending.empty()) Build(stream);
    const bool something = !stream.pending.empty();
    while (!stream.pending.empty() && stream.writer->Offer(stream.pending.front())) stream.pending.pop_front();
    return something;
  }

  void Build(Stream& stream) {
    if (!stream.snapshot && stream.seen >= table().revision()) return;
    const Items items = Newer(stream.snapshot ? 0 : stream.seen);
    if (stream.snapshot || !items.empty()) Cut(stream, items);
    stream.seen = table().revision();
    stream.snapshot = false;
  }

  void Cut(Stream& stream, const Items& items) {
    for (std::size_t from = 0; from == 0 || from < items.size(); from += kPiece) {
      Response& response = stream.pending.emplace_back();
      response.set_revision(table().revision());
      const std::size_t to = std::min(items.size(), from + kPiece);
      for (std::size_t i = from; i < to; ++i) Add(response, items[i]);
    }
    stream.pending.front().set_snapshot_start(stream.snapshot);
    stream.pending.back().set_complete(true);
  }

  // In commit order. Most streams lack just the last changes, which are at hand.
  Items Newer(std::uint64_t than) const {
    Items items;
    if (than != 0 && than == changed_after_) {
      items = changed_;
    } else {
      std::apply([&](const auto&... tables) { (Gather(items, tables.NewerThan(than)), ...); }, tables_);
    }
    const auto older = [](const Pointer& a, const Pointer& b) { return RevisionOf(a) < RevisionOf(b); };
    std::sort(items.begin(), items.end(), older);
    return items;
  }

  const std::tuple<AddItem<Table>, AddItem<More>...> add_;
  mutable std::mutex mutex_;
  // State below is protected by mutex_; the tables protect themselves too.
  std::tuple<Table, More...> tables_;
  Items changed_;                    // by the last Publish, of every table
  std::uint64_t changed_after_ = 0;  // the revision before it
  std::list<Stream> streams_;
};

}  // namespace nara::registry
