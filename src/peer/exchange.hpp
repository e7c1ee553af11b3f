#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// One request and its answer, as both ends of a link see them: no socket, no HTTP syntax.
namespace torgo::peer {

enum class Method : std::uint8_t { get, head, put, post, remove };

/// "GET", "HEAD", "PUT", "POST", "DELETE".
std::string_view name(Method method) noexcept;

/// A header beside those of HTTP itself; names in lower case.
struct Header {
    std::string name;
    std::string value;

    bool operator==(const Header&) const = default;
};

inline constexpr std::string_view error_header = "torgo-error";
inline constexpr std::string_view range_header = "range";
inline constexpr std::string_view content_range_header = "content-range";
inline constexpr std::string_view trace_header = "traceparent";

/// The value of a header, empty when it is not there.
std::string_view find_header(const std::vector<Header>& headers, std::string_view name) noexcept;

struct Request {
    Method method = Method::get;
    std::string target;
    std::vector<Header> headers;
    std::uint64_t body_size = 0; ///< announced as Content-Length
};

struct Answer {
    int status = 0;
    std::vector<Header> headers;
    std::uint64_t body_size = 0; ///< announced; of a HEAD request, what a GET would bring

    bool ok() const noexcept { return status >= 200 && status < 300; }
};

/// Gives the next bytes of the request's body, 0 at its end; as many as were announced.
using BodySource = std::function<Result<std::size_t>(ByteSpan out)>;

/// Takes the next bytes of the answer's body, with the answer that they belong to. An error ends
/// the exchange and is what `exchange` returns.
using BodySink = std::function<Result<>(const Answer& answer, ByteView bytes)>;

/// A way to one node: sends a request and gives back its answer, over one link or several.
/// Thread-safe.
class Exchanger {
public:
    virtual ~Exchanger() = default;

    /// in      `source` is asked for request.body_size bytes, or fewer when the node answers before
    ///         it has them all (PEER-5)
    /// out     the answer, after its whole body went through `sink` (none for HEAD), of any status
    /// errors  `unavailable` when the node can not be reached or the link breaks, `timeout`,
    ///         `cancelled`, `authentication` when another node answers; those of source and sink
    virtual Result<Answer> exchange(const Request& request, const BodySource& source,
                                    const BodySink& sink) = 0;

    /// Ends all exchanges, now and from now on, with `cancelled`.
    virtual void cancel() noexcept = 0;
};

/// The inverse of torgo::name.
std::optional<Errc> errc_named(std::string_view text) noexcept;

/// The status with which a failure is answered. source  PEER-3
int status_of(Errc code) noexcept;

inline constexpr std::size_t max_error_text = 1024;

/// What an answer that is not ok() means, from its header and the beginning of its body.
/// source  PEER-3, PEER-4
Error error_of(const Answer& answer, ByteView body);

/// The printable ASCII characters of a stranger's text, at most max_error_text of them.
std::string printable(std::string_view text);

} // namespace torgo::peer
