#include "common/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <cctype>
#include <unordered_map>
#include <utility>

#include "common/postgres/status.h"

namespace nara {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

// How much longer than the server we wait before we give the connection up.
constexpr Milliseconds kGrace{500};

Milliseconds Left(Clock::time_point deadline) {
  return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(deadline - Clock::now()));
}

// True when `fd` is ready for `events` before the deadline.
bool Await(int fd, short events, Clock::time_point deadline) {
  pollfd item{.fd = fd, .events = events, .revents = 0};
  while (true) {
    const int ready = poll(&item, 1, static_cast<int>(Left(deadline).count()));
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= deadline) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// The statement's first words, on one line.
std::string Beginning(std::string_view sql) {
  std::string text;
  for (const char c : sql) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (space && (text.empty() || text.back() == ' ')) continue;
    text.push_back(space ? ' ' : c);
    if (text.size() == 80) break;
  }
  return text;
}

std::string FirstLine(std::string_view message) {
  return std::string(message.substr(0, message.find('\n')));
}

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

std::string SessionOptions(const PostgresOptions& options) {
  std::string text =
      "-c timezone=UTC -c datestyle=ISO -c statement_timeout=" + std::to_string(options.statement_timeout.count());
  if (!options.schema.empty()) text += " -c search_path=" + options.schema + ",public";
  return text;
}

}  // namespace

class PostgresConnection::Impl {
 public:
  Impl(PGconn* connection, Milliseconds statement_timeout)
      : connection_(connection), statement_timeout_(statement_timeout) {}

  absl::Status Establish(Clock::time_point deadline);
  absl::StatusOr<Result> Execute(std::string_view sql, std::span<const Param> params);
  absl::Status Run(const std::string& script);
  bool broken() const { return gave_up_ || PQstatus(connection_.get()) != CONNECTION_OK; }
  bool in_transaction() const { return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE; }
  bool transaction_failed() const { return PQtransactionStatus(connection_.get()) == PQTRANS_INERROR; }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  absl::StatusOr<std::string> Prepared(std::string_view sql);
  absl::StatusOr<Result> Await(bool sent, std::string_view sql);
  absl::StatusOr<PGresult*> NextResult(Clock::time_point deadline);
  absl::Status Flush(Clock::time_point deadline);
  absl::Status Broken() const;
  absl::Status GiveUp();

  std::unique_ptr<PGconn, Finish> connection_;
  const Milliseconds statement_timeout_;
  std::unordered_map<std::string, std::string> prepared_;  // SQL to name
  bool gave_up_ = false;
};

absl::Status PostgresConnection::Impl::Broken() const {
  if (gave_up_) return absl::UnavailableError("postgres: the connection was given up after a time-out");
  return absl::UnavailableError("postgres: " + FirstLine(PQerrorMessage(connection_.get())));
}

absl::Status PostgresConnection::Impl::GiveUp() {
  gave_up_ = true;
  return absl::UnavailableError("postgres: no answer in time, the connection is given up");
}

absl::Status PostgresConnection::Impl::Establish(Clock::time_point deadline) {
  while (true) {
    const PostgresPollingStatusType state = PQconnectPoll(connection_.get());
    if (state == PGRES_POLLING_OK) break;
    if (state == PGRES_POLLING_FAILED) return Broken();
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!nara::Await(PQsocket(connection_.get()), events, deadline)) return GiveUp();
  }
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
  return PQsetnonblocking(connection_.get(), 1) == 0 ? absl::OkStatus() : Broken();
}

absl::Status PostgresConnection::Impl::Flush(Clock::time_point deadline) {
  while (true) {
    const int left = PQflush(connection_.get());
    if (left == 0) return absl::OkStatus();
    if (left < 0) return Broken();
    if (!nara::Await(PQsocket(connection_.get()), POLLIN | POLLOUT, deadline)) return GiveUp();
    if (PQconsumeInput(connection_.get()) == 0) return Broken();
  }
}

absl::StatusOr<PGresult*> PostgresConnection::Impl::NextResult(Clock::time_point deadline) {
  while (PQisBusy(connection_.get()) != 0) {
    if (!nara::Await(PQsocket(connection_.get()), POLLIN, deadline)) return GiveUp();
    if (PQconsumeInput(connection_.get()) == 0) return Broken();
  }
  return PQgetResult(connection_.get());
}

// Waits for everything that one request answers; the first error, else the last
// result.
absl::StatusOr<Result> PostgresConnection::Impl::Await(bool sent, std::string_view sql) {
  if (!sent) return Broken();
  const Clock::time_point deadline = Clock::now() + statement_timeout_ + kGrace;
  if (absl::Status status = Flush(deadline); !status.ok()) return status;
  Result last(nullptr);
  absl::Status error;
  while (true) {
    absl::StatusOr<PGresult*> next = NextResult(deadline);
    if (!next.ok()) return next.status();
    if (*next == nullptr) break;
    Result result(*next);
    const ExecStatusType state = PQresultStatus(*next);
    const bool good = state == PGRES_COMMAND_OK || state == PGRES_TUPLES_OK || state == PGRES_EMPTY_QUERY;
    if (!good && error.ok()) {
      error = StatusOfSqlState(Field(*next, PG_DIAG_SQLSTATE), Field(*next, PG_DIAG_MESSAGE_PRIMARY),
                               Field(*next, PG_DIAG_CONSTRAINT_NAME), Beginning(sql));
    }
    last = std::move(result);
  }
  if (broken()) return Broken();
  if (!error.ok()) return error;
  return last;
}

absl::StatusOr<std::string> PostgresConnection::Impl::Prepared(std::string_view sql) {
  const std::string text(sql);
  if (const auto found = prepared_.find(text); found != prepared_.end()) return found->second;
  const std::string name = "s" + std::to_string(prepared_.size());
  const bool sent = PQsendPrepare(connection_.get(), name.c_str(), text.c_str(), 0, nullptr) == 1;
  if (absl::StatusOr<Result> result = Await(sent, sql); !result.ok()) return result.status();
  prepared_.emplace(text, name);
  return name;
}

absl::StatusOr<Result> PostgresConnection::Impl::Execute(std::string_view sql, std::span<const Param> params) {
  if (broken()) return Broken();
  absl::StatusOr<std::string> name = Prepared(sql);
  if (!name.ok()) return name.status();
  std::vector<const char*> values;
  values.reserve(params.size());
  for (const Param& param : params) values.push_back(param.text() ? param.text()->c_str() : nullptr);
  const bool sent = PQsendQueryPrepared(connection_.get(), name->c_str(), static_cast<int>(values.size()),
                                        values.data(), nullptr, nullptr, 0) == 1;
  return Await(sent, sql);
}

absl::Status PostgresConnection::Impl::Run(const std::string& script) {
  if (broken()) return Broken();
  return Await(PQsendQuery(connection_.get(), script.c_str()) == 1, script).status();
}

PostgresConnection::PostgresConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

PostgresConnection::~PostgresConnection() = default;

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Connect(const PostgresOptions& options) {
  const Clock::time_point deadline = Clock::now() + options.connect_timeout;
  const std::string session = SessionOptions(options);
  // The conninfo stands first so that what follows is ours; expand_dbname reads it.
  const char* const names[] = {"dbname", "options", "application_name", "client_encoding", nullptr};
  const char* const values[] = {options.conninfo.c_str(), session.c_str(), options.application_name.c_str(), "UTF8",
                                nullptr};
  PGconn* raw = PQconnectStartParams(names, values, 1);
  if (raw == nullptr) return absl::ResourceExhaustedError("no memory for a postgres connection");
  auto impl = std::make_unique<Impl>(raw, options.statement_timeout);
  if (PQstatus(raw) == CONNECTION_BAD) {
    return absl::UnavailableError("postgres: " + FirstLine(PQerrorMessage(raw)));
  }
  if (absl::Status status = impl->Establish(deadline); !status.ok()) return status;
  return std::unique_ptr<PostgresConnection>(new PostgresConnection(std::move(impl)));
}

absl::StatusOr<Result> PostgresConnection::Execute(std::string_view sql, std::span<const Param> params) {
  return impl_->Execute(sql, params);
}

absl::StatusOr<Result> PostgresConnection::Execute(std::string_view sql, std::initializer_list<Param> params) {
  return impl_->Execute(sql, std::span<const Param>(params.begin(), params.size()));
}

absl::Status PostgresConnection::Run(const std::string& script) {
  return impl_->Run(script);
}

bool PostgresConnection::broken() const {
  return impl_->broken();
}

bool PostgresConnection::in_transaction() const {
  return impl_->in_transaction();
}

bool PostgresConnection::transaction_failed() const {
  return impl_->transaction_failed();
}

}  // namespace nara
