#pragma once

#include <cstdint>
#include <expected>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace torgo {

/// What went wrong, as a caller can act on it. New codes go at the end; numbers are stable (they
/// reach the wire and --json). One code only where a caller acts differently.
enum class Errc : std::uint16_t {
    io = 1,           ///< the system refused or failed a read or write
    not_found,        ///< the named thing is not there
    exists,           ///< the named thing is there already
    corrupt,          ///< bytes are not what they claim to be: repair from elsewhere
    authentication,   ///< a key, tag or signature does not fit
    invalid_argument, ///< the caller asked for something that makes no sense
    unsupported,      ///< made by a newer version, or not available on this system
    limit_exceeded,   ///< larger than a named limit allows
    no_space,         ///< the disk or quota is full
    read_only,        ///< the place cannot be written
    permission,       ///< the system denies access
    unavailable,      ///< a head or peer is gone for now; another may serve
    too_few_heads,    ///< fewer heads are usable than the work needs
    not_a_repository, ///< nothing of TORGO is there
    wrong_password,   ///< no key slot opens with this pass phrase or key file
    cancelled,        ///< the user or a deadline stopped the work
    changed,          ///< a source file changed or vanished while it was read
    timeout,          ///< no answer within the limit
};

std::string_view name(Errc code) noexcept;

class [[nodiscard]] Error {
public:
    Error(Errc code, std::string detail,
          std::source_location where = std::source_location::current());

    Errc code() const noexcept { return m_code; }

    const std::string& detail() const noexcept { return m_detail; }

    const std::source_location& where() const noexcept { return m_where; }

    /// Adds what the caller was doing; outermost context reads first.
    Error with(std::string_view context) &&;

private:
    Errc m_code;
    std::string m_detail;
    std::source_location m_where;
};

template <class T = void>
using Result = std::expected<T, Error>;

/// `return fail(Errc::corrupt, "segment too short");`
inline std::unexpected<Error> fail(Errc code, std::string detail,
                                   std::source_location where = std::source_location::current()) {
    return std::unexpected(Error(code, std::move(detail), where));
}

/// The Error of the last failed system call: errno mapped to an Errc, "`what`: No such file…".
Error system_error(int error_number, std::string_view what,
                   std::source_location where = std::source_location::current());

} // namespace torgo

#define TORGO_CONCAT_(a, b) a##b
#define TORGO_CONCAT(a, b) TORGO_CONCAT_(a, b)
#define TORGO_TRY_(tmp, ret, lhs, ...)                                                             \
    auto tmp = (__VA_ARGS__);                                                                      \
    if (!tmp) [[unlikely]]                                                                         \
        ret std::unexpected(std::move(tmp).error());                                               \
    lhs = *std::move(tmp)

/// `TRY(auto chunk, store.get(id));` unwraps, or returns the error from this function.
#define TRY(lhs, ...) TORGO_TRY_(TORGO_CONCAT(try_, __COUNTER__), return, lhs, __VA_ARGS__)
/// The same inside a coroutine. A statement, not an expression: GCC 14.2 crashes on
/// `({ co_await ... })`.
#define CO_TRY(lhs, ...) TORGO_TRY_(TORGO_CONCAT(try_, __COUNTER__), co_return, lhs, __VA_ARGS__)
/// For Result<void>: checks, or returns the error.
#define CHECK_OK(...)                                                                              \
    do {                                                                                           \
        if (auto check_ = (__VA_ARGS__); !check_) [[unlikely]]                                     \
            return std::unexpected(std::move(check_).error());                                     \
    } while (false)
/// CHECK_OK with a sentence about what was being done: `CHECK_OK_WITH("writing the batch", f());`
#define CHECK_OK_WITH(context, ...)                                                                \
    do {                                                                                           \
        if (auto check_ = (__VA_ARGS__); !check_) [[unlikely]]                                     \
            return std::unexpected(std::move(check_).error().with(context));                       \
    } while (false)
