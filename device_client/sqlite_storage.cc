#include "device_client/sqlite_storage.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <utility>

namespace nara::device_client {
namespace {

constexpr int kSchemaVersion = 2;
constexpr char kSchema[] = R"(
  CREATE TABLE IF NOT EXISTS epochs (
    outbox TEXT NOT NULL, epoch INTEGER NOT NULL, next_seq INTEGER NOT NULL, age INTEGER NOT NULL,
    PRIMARY KEY (outbox, epoch)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS records (
    outbox TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (outbox, epoch, seq)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS commands (
    outbox TEXT NOT NULL, id TEXT NOT NULL, result TEXT NOT NULL, age INTEGER NOT NULL,
    PRIMARY KEY (outbox, id)) WITHOUT ROWID;
)";

absl::Status Failure(sqlite3* db, const std::string& doing) {
  const std::string message = "the outbox file: " + doing + ": " + sqlite3_errmsg(db);
  const int code = sqlite3_errcode(db);
  return code == SQLITE_FULL ? absl::ResourceExhaustedError(message) : absl::UnavailableError(message);
}

// SQLite's integers are signed; epochs and sequences keep their bits.
int64_t Signed(uint64_t value) {
  return static_cast<int64_t>(value);
}
uint64_t Unsigned(int64_t value) {
  return static_cast<uint64_t>(value);
}

// One run of one prepared statement, with the first parameter bound.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql, const std::string& outbox) : db_(db) {
    ok_ =
        sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr) == SQLITE_OK &&
        sqlite3_bind_text(statement_, 1, outbox.data(), static_cast<int>(outbox.size()), SQLITE_TRANSIENT) == SQLITE_OK;
  }
  ~Statement() { sqlite3_finalize(statement_); }

  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(uint64_t value) {
    ok_ = ok_ && sqlite3_bind_int64(statement_, ++bound_, Signed(value)) == SQLITE_OK;
    return *this;
  }
  Statement& BindText(const std::string& value) {
    ok_ = ok_ && sqlite3_bind_text(statement_, ++bound_, value.data(), static_cast<int>(value.size()),
                                   SQLITE_TRANSIENT) == SQLITE_OK;
    return *this;
  }
  Statement& BindBlob(const std::string& value) {
    ok_ = ok_ && sqlite3_bind_blob(statement_, ++bound_, value.data(), static_cast<int>(value.size()),
                                   SQLITE_TRANSIENT) == SQLITE_OK;
    return *this;
  }
  bool Step() {
    const int result = ok_ ? sqlite3_step(statement_) : SQLITE_ERROR;
    ok_ = result == SQLITE_ROW || result == SQLITE_DONE;
    return result == SQLITE_ROW;
  }
  uint64_t Column(int index) { return Unsigned(sqlite3_column_int64(statement_, index)); }
  std::string Blob(int index) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, index));
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, index));
    return data == nullptr ? std::string() : std::string(data, size);
  }
  absl::Status Run(const std::string& doing) {
    Step();
    return Ended(doing);
  }
  absl::Status Ended(const std::string& doing) const { return ok_ ? absl::OkStatus() : Failure(db_, doing); }

 private:
  sqlite3* const db_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 1;
  bool ok_ = false;
};

}  // namespace

// One outbox in the file.
class SqliteStorage : public Storage {
 public:
  SqliteStorage(SqliteFile& file, std::string outbox) : file_(file), outbox_(std::move(outbox)) {}

  absl::StatusOr<Kept> Load() override {
    const std::lock_guard lock(file_.mutex_);
    Kept kept;
    Statement epochs(file_.db_, "SELECT epoch, next_seq FROM epochs WHERE outbox = ?1 ORDER BY age", outbox_);
    while (epochs.Step()) kept.epochs.push_back({epochs.Column(0), epochs.Column(1)});
    if (absl::Status status = epochs.Ended("reading epochs"); !status.ok()) return status;
    Statement records(file_.db_, "SELECT epoch, seq, body FROM records WHERE outbox = ?1", outbox_);
    while (records.Step()) {
      kept.records.push_back({records.Column(0), records.Column(1), records.Blob(2)});
    }
    if (absl::Status status = records.Ended("reading records"); !status.ok()) return status;
    return kept;
  }

  absl::Status BeginEpoch(uint64_t epoch) override {
    return Run(
        "INSERT INTO epochs SELECT ?1, ?2, 1, coalesce(max(age), 0) + 1 FROM epochs "
        "WHERE outbox = ?1",
        "beginning an epoch", epoch);
  }

  absl::Status EndEpoch(uint64_t epoch) override {
    return Run("DELETE FROM epochs WHERE outbox = ?1 AND epoch = ?2", "ending an epoch", epoch);
  }

  absl::Status Put(const KeptRecord& record) override {
    const std::lock_guard lock(file_.mutex_);
    if (absl::Status status = file_.Execute("BEGIN IMMEDIATE"); !status.ok()) return status;
    absl::Status status = PutInTransaction(record);
    if (status.ok()) status = file_.Execute("COMMIT");
    if (!status.ok()) file_.Execute("ROLLBACK").IgnoreError();
    return status;
  }

  absl::Status Forget(uint64_t epoch, uint64_t through) override {
    const std::lock_guard lock(file_.mutex_);
    return Statement(file_.db_, "DELETE FROM records WHERE outbox = ?1 AND epoch = ?2 AND seq <= ?3", outbox_)
        .Bind(epoch)
        .Bind(through)
        .Run("forgetting records");
  }

  absl::StatusOr<std::vector<KeptCommand>> LoadCommands() override {
    const std::lock_guard lock(file_.mutex_);
    std::vector<KeptCommand> kept;
    Statement commands(file_.db_, "SELECT id, result FROM commands WHERE outbox = ?1 ORDER BY age", outbox_);
    while (commands.Step()) kept.push_back({commands.Blob(0), commands.Blob(1)});
    if (absl::Status status = commands.Ended("reading commands"); !status.ok()) return status;
    return kept;
  }

  absl::Status KeepCommand(const KeptCommand& command) override {
    const std::lock_guard lock(file_.mutex_);
    return Statement(file_.db_,
                     "INSERT INTO commands SELECT ?1, ?2, ?3, coalesce(max(age), 0) + 1 FROM commands "
                     "WHERE outbox = ?1 ON CONFLICT DO UPDATE SET result = ?3",
                     outbox_)
        .BindText(command.id)
        .BindText(command.result)
        .Run("keeping a command");
  }

  absl::Status ForgetCommand(const std::string& id) override {
    const std::lock_guard lock(file_.mutex_);
    return Statement(file_.db_, "DELETE FROM commands WHERE outbox = ?1 AND id = ?2", outbox_)
        .BindText(id)
        .Run("forgetting a command");
  }

 private:
  absl::Status Run(const char* sql, const std::string& doing, uint64_t epoch) {
    const std::lock_guard lock(file_.mutex_);
    return Statement(file_.db_, sql, outbox_).Bind(epoch).Run(doing);
  }

  absl::Status PutInTransaction(const KeptRecord& record) {
    absl::Status status = Statement(file_.db_, "INSERT INTO records VALUES (?1, ?2, ?3, ?4)", outbox_)
                              .Bind(record.epoch)
                              .Bind(record.seq)
                              .BindBlob(record.body)
                              .Run("keeping a record");
    if (!status.ok()) return status;
    return Statement(file_.db_, "UPDATE epochs SET next_seq = ?3 WHERE outbox = ?1 AND epoch = ?2", outbox_)
        .Bind(record.epoch)
        .Bind(record.seq + 1)
        .Run("advancing the sequence");
  }

  SqliteFile& file_;
  const std::string outbox_;
};

absl::StatusOr<std::unique_ptr<SqliteFile>> SqliteFile::Open(const std::string& path, PowerCut power_cut) {
  const mode_t before = ::umask(S_IRWXG | S_IRWXO);
  sqlite3* db = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  std::unique_ptr<SqliteFile> file(new SqliteFile(db));
  absl::Status status = result == SQLITE_OK ? file->Prepare(power_cut) : Failure(db, "opening " + path);
  ::umask(before);
  if (!status.ok()) return status;
  return file;
}

SqliteFile::~SqliteFile() {
  sqlite3_close_v2(db_);
}

absl::Status SqliteFile::Prepare(PowerCut power_cut) {
  sqlite3_busy_timeout(db_, 5000);
  uint64_t version = 0;
  {
    Statement read(db_, "SELECT user_version FROM pragma_user_version WHERE ?1 = ?1", "");
    if (read.Step()) version = read.Column(0);
    if (absl::Status s = read.Ended("reading its version"); !s.ok()) return s;
  }
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError("the outbox file is of a newer version of the library");
  }
  const std::string synchronous = power_cut == PowerCut::kLosesNothing ? "FULL" : "NORMAL";
  return Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = " + synchronous + ";" + kSchema +
                 "PRAGMA user_version = " + std::to_string(kSchemaVersion));
}

absl::Status SqliteFile::Execute(const std::string& sql) {
  return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK ? absl::OkStatus()
                                                                                : Failure(db_, "writing");
}

std::unique_ptr<Storage> SqliteFile::Outbox(const std::string& device, telemetry::v1::Lane lane) {
  const char* const suffix = lane == telemetry::v1::LANE_ALARM ? "/a" : "/m";
  return std::make_unique<SqliteStorage>(*this, device + suffix);
}

}  // namespace nara::device_client
