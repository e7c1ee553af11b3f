#include "cli/version.hpp"

#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "crypto/selftest.hpp"

namespace torgo::cli {

std::string_view version() noexcept {
    return TORGO_VERSION;
}

namespace {

Result<ExitCode> run_version(const Context& context) {
    context.out.object(Json("version")
                           .text("version", version())
                           .text("crypto", crypto::description())
                           .text("compiler", "GCC " __VERSION__));
    context.out.line("torgo " + std::string(version()));
    context.out.say(crypto::description());
    return ExitCode::ok;
}

} // namespace

Command version_command() {
    Command command;
    command.name = "version";
    command.summary = "say which version this is";
    command.description = "Prints the version, and which implementations of the cryptography are "
                          "in use on this processor.";
    command.examples = {{"torgo version --json", "the same for a program to read"}};
    command.run = run_version;
    return command;
}

} // namespace torgo::cli
