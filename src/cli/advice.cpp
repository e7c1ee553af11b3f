#include "cli/advice.hpp"

namespace torgo::cli {

Advice advice_for(Errc code) noexcept {
    switch (code) {
    case Errc::io:
        return {ExitCode::failed, "Look at the disk and at the system's log, then try again."};
    case Errc::not_found:
        return {ExitCode::failed, "Check the name."};
    case Errc::exists:
        return {ExitCode::failed, "Choose another place, or remove what is there first."};
    case Errc::corrupt:
        return {ExitCode::failed, "Run \"torgo check\" to see what is hurt and \"torgo heal\" to "
                                  "rebuild it from the other heads."};
    case Errc::authentication:
        return {ExitCode::failed, "This was not written by the owner of this repository: trust "
                                  "none of it, and run \"torgo check\"."};
    case Errc::invalid_argument:
        return {ExitCode::usage, ""};
    case Errc::unsupported:
        return {ExitCode::failed, "A newer version of torgo may be able to do this."};
    case Errc::limit_exceeded:
        return {ExitCode::failed, ""};
    case Errc::no_space:
        return {ExitCode::failed, "Make room there, then run the same command again: what was "
                                  "saved before is safe."};
    case Errc::read_only:
        return {ExitCode::failed, "Mount it writable, then run the same command again."};
    case Errc::permission:
        return {ExitCode::failed, "Run as a user who may do this, or change the permissions."};
    case Errc::unavailable:
        return {ExitCode::failed, "Connect or mount it, then run the same command again."};
    case Errc::too_few_heads:
        return {ExitCode::failed, "Bring more heads back (\"torgo doctor\" lists them), then run "
                                  "the same command again."};
    case Errc::not_a_repository:
        return {ExitCode::no_repository,
                "\"torgo init\" makes a repository; -r FILE names the descriptor file of another; "
                "\"torgo init --from URI...\" writes the file again from the heads."};
    case Errc::wrong_password:
        return {ExitCode::wrong_password,
                "Check the pass phrase and the keyboard layout; \"torgo init --recover\" opens "
                "the repository with its recovery kit."};
    case Errc::cancelled:
        return {ExitCode::interrupted, "Nothing that was saved before is lost; the same command "
                                       "goes on where this one stopped."};
    case Errc::changed:
        return {ExitCode::failed, "Run the same command again."};
    case Errc::timeout:
        return {ExitCode::failed, "Try again later."};
    }
    return {ExitCode::failed, ""};
}

} // namespace torgo::cli
