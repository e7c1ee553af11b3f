#include "cli/inner.hpp"

#include "cli/begun.hpp"
#include "cli/commands/commands.hpp"
#include "cli/own_receipts.hpp"
#include "cli/parser.hpp"
#include "env/clock.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace torgo::cli {

namespace {

constexpr std::string_view program_prefix = "torgo ";

/// A file without a name that holds what is written to it, and no more than inner_output_max.
class Captured {
public:
    static Result<Captured> make() {
        const int descriptor = ::memfd_create("torgo-inner", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (descriptor < 0) return std::unexpected(system_error(errno, "making room for output"));
        Captured out(descriptor);
        if (::ftruncate(descriptor, inner_output_max) != 0 ||
            ::fcntl(descriptor, F_ADD_SEALS, F_SEAL_GROW) != 0)
            return std::unexpected(system_error(errno, "bounding output"));
        return out;
    }

    Captured(Captured&& other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}

    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;
    Captured& operator=(Captured&&) = delete;

    ~Captured() {
        if (m_descriptor >= 0) ::close(m_descriptor);
    }

    int descriptor() const noexcept { return m_descriptor; }

    /// What was written: as far as it went.
    Result<std::string> text() const {
        const auto size = ::lseek(m_descriptor, 0, SEEK_CUR);
        if (size < 0) return std::unexpected(system_error(errno, "reading output"));
        std::string out(static_cast<std::size_t>(size), '\0');
        std::size_t done = 0;
        while (done < out.size()) {
            const auto got = ::pread(m_descriptor, out.data() + done, out.size() - done,
                                     static_cast<off_t>(done));
            if (got <= 0) return std::unexpected(system_error(errno, "reading output"));
            done += static_cast<std::size_t>(got);
        }
        return out;
    }

private:
    explicit Captured(int descriptor) : m_descriptor(descriptor) {}

    int m_descriptor;
};

Result<ExitCode> run_parsed(const Context& outer, const Command& root, const Invocation& invocation,
                            const Globals& globals, Output& out, const std::stop_token& stop) {
    Account account(outer.world.clock->wall_ns());
    const Context context{.world = outer.world,
                          .heads = outer.heads,
                          .environment = outer.environment,
                          .globals = globals,
                          .config = outer.config,
                          .root = root,
                          .command = full_name(invocation.path).substr(program_prefix.size()),
                          .account = account,
                          .out = out,
                          .prompter = outer.prompter,
                          .input = outer.input,
                          .stop = stop};
    const BegunNote note(context);
    auto result = invocation.command().run(context);
    if (const auto left = leave_receipt(context, result)) // RUN-45
        outer.account.output("receipt", markup::urn_of(left->receipt.id), left->hash);
    return result;
}

} // namespace

Result<Inner> run_inner(const Context& context, const std::vector<std::string>& words, bool json,
                        const std::stop_token& stop) {
    TRY(const auto out, Captured::make());
    TRY(const auto errors, Captured::make());
    Inner inner;
    {
        Globals globals;
        const auto root = command_tree(globals);
        TRY(const auto invocation, parse(root, words));
        CHECK_OK(assign_options(invocation, context.environment, context.config));
        CHECK_OK(assign_arguments(invocation));
        globals = context.globals; // what stood on the outer command line counts
        globals.json = json;
        Output output(out.descriptor(), errors.descriptor(), {.json = json});
        auto result = run_parsed(context, root, invocation, globals, output, stop);
        inner.code = result ? *result : output.error(result.error());
        if (!result && result.error().code() == Errc::cancelled)
            return std::unexpected(std::move(result).error());
        if (!output.flush())
            return fail(Errc::limit_exceeded, "torgo " + words.front() +
                                                  " says more than 1 MiB, which is the most that a "
                                                  "workflow can take: ask for less");
    }
    TRY(inner.output, out.text());
    TRY(inner.errors, errors.text());
    return inner;
}

} // namespace torgo::cli
