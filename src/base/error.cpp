#include "base/error.hpp"

#include <cerrno>
#include <cstring>

namespace torgo {

std::string_view name(Errc code) noexcept {
    switch (code) {
    case Errc::io:
        return "io";
    case Errc::not_found:
        return "not_found";
    case Errc::exists:
        return "exists";
    case Errc::corrupt:
        return "corrupt";
    case Errc::authentication:
        return "authentication";
    case Errc::invalid_argument:
        return "invalid_argument";
    case Errc::unsupported:
        return "unsupported";
    case Errc::limit_exceeded:
        return "limit_exceeded";
    case Errc::no_space:
        return "no_space";
    case Errc::read_only:
        return "read_only";
    case Errc::permission:
        return "permission";
    case Errc::unavailable:
        return "unavailable";
    case Errc::too_few_heads:
        return "too_few_heads";
    case Errc::not_a_repository:
        return "not_a_repository";
    case Errc::wrong_password:
        return "wrong_password";
    case Errc::cancelled:
        return "cancelled";
    case Errc::changed:
        return "changed";
    case Errc::timeout:
        return "timeout";
    }
    return "unknown";
}

namespace {
Errc from_errno(int error_number) noexcept {
    switch (error_number) {
    case ENOENT:
        return Errc::not_found;
    case EEXIST:
        return Errc::exists;
    case ENOSPC:
    case EDQUOT:
        return Errc::no_space;
    case EROFS:
        return Errc::read_only;
    case EACCES:
    case EPERM:
        return Errc::permission;
    case EINVAL:
    case ENAMETOOLONG:
        return Errc::invalid_argument;
    case EOPNOTSUPP:
        return Errc::unsupported;
    case EFBIG:
        return Errc::limit_exceeded;
    case ENODEV:
    case ENXIO:
    case ENOTCONN:
    case ESTALE:
        return Errc::unavailable;
    case ETIMEDOUT:
        return Errc::timeout;
    // Of this machine, and for now: nothing is wrong with what was asked for.
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return Errc::unavailable;
    default:
        return Errc::io;
    }
}
} // namespace

Error::Error(Errc code, std::string detail, std::source_location where)
    : m_code(code), m_detail(std::move(detail)), m_where(where) {}

Error Error::with(std::string_view context) && {
    m_detail = std::string(context) + ": " + m_detail;
    return std::move(*this);
}

Error system_error(int error_number, std::string_view what, std::source_location where) {
    char buffer[256];
    const char* text = ::strerror_r(error_number, buffer, sizeof buffer);
    return {from_errno(error_number), std::string(what) + ": " + text, where};
}

} // namespace torgo
