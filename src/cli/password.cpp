#include "cli/password.hpp"

#include "cli/child.hpp"
#include "cli/strength.hpp"
#include "env/file_system.hpp"

#include <cmath>
#include <optional>

namespace torgo::cli {

namespace {

constexpr std::size_t key_file_size_min = 32;
constexpr std::size_t key_file_size_max = 64_KiB;
constexpr std::size_t password_size_max = 4_KiB;

/// Without the line end that editors and `echo` leave; anything else belongs to the pass phrase.
ByteView without_line_end(ByteView text) {
    if (!text.empty() && text.back() == '\n') text = text.first(text.size() - 1);
    if (!text.empty() && text.back() == '\r') text = text.first(text.size() - 1);
    return text;
}

Result<repo::Credential> pass_phrase(ByteView text, const std::string& where) {
    if (text.empty())
        return fail(Errc::invalid_argument, where + ": an empty pass phrase is refused");
    repo::Credential out;
    out.custody = repo::Custody::pass_phrase;
    out.secret = crypto::SecretBytes::copy_of(text);
    return out;
}

Result<repo::Credential> from_key_file(const Context& context, const std::string& file) {
    TRY(const auto path, context.environment.absolute(file));
    TRY(auto bytes, env::read_file(*context.world.files, path, key_file_size_max));
    if (bytes.size() < key_file_size_min) {
        return fail(Errc::invalid_argument,
                    path + " is no key file: it must hold at least 32 random bytes (\"head -c 64 "
                           "/dev/urandom > FILE\" makes one)");
    }
    repo::Credential out;
    out.custody = repo::Custody::key_file;
    out.secret = crypto::SecretBytes::copy_of(bytes);
    crypto::wipe(bytes);
    return out;
}

Result<repo::Credential> from_file(const Context& context, const std::string& file) {
    TRY(const auto path, context.environment.absolute(file));
    auto bytes = env::read_file(*context.world.files, path, password_size_max);
    if (!bytes) return std::unexpected(std::move(bytes).error().with("reading the password file"));
    auto out = pass_phrase(without_line_end(*bytes), path);
    crypto::wipe(*bytes);
    return out;
}

Result<repo::Credential> from_command(const Context& context, const std::string& command) {
    TRY(const auto child,
        Child::start({"/bin/sh", "-c", command}, context.environment, context.stop));
    crypto::SecretBytes buffer(password_size_max);
    std::size_t size = 0;
    for (;;) {
        if (size == buffer.size()) {
            return fail(Errc::limit_exceeded, "the password command says too much");
        }
        auto got = child->read(buffer.span().subspan(size));
        if (!got) return std::unexpected(std::move(got).error().with("running " + command));
        if (*got == 0) break;
        size += *got;
    }
    return pass_phrase(without_line_end(buffer.view().first(size)), "the password command");
}

/// Nothing when no source is named.
Result<std::optional<repo::Credential>> from_source(const Context& context,
                                                    const KeySource& source) {
    if (!source.key_file.empty()) return from_key_file(context, source.key_file);
    if (!source.password_command.empty()) return from_command(context, source.password_command);
    if (!source.password_file.empty()) return from_file(context, source.password_file);
    if (const auto set = context.environment.get(source.variable)) {
        return pass_phrase(as_bytes(*set), std::string(source.variable));
    }
    return std::optional<repo::Credential>();
}

std::unexpected<Error> nothing_given(const KeySource& source) {
    const std::string prefix(source.option_prefix);
    return fail(Errc::invalid_argument,
                "no pass phrase is given and standard input is no terminal: use --" + prefix +
                    "password-file FILE, --" + prefix + "password-command COMMAND, --" + prefix +
                    "key-file FILE or the variable " + std::string(source.variable));
}

void warn_when_weak(const Context& context, ByteView phrase) {
    const auto bits = guessing_bits(as_text(phrase));
    if (bits >= guessing_bits_weak) return;
    context.out.warn("this pass phrase looks guessable (about " +
                     std::to_string(static_cast<int>(std::floor(bits))) +
                     " bits): six words chosen with dice (diceware, 77 bits) are easy to keep in "
                     "mind and out of reach");
}

} // namespace

KeySource global_key_source(const Globals& globals) {
    return {.key_file = globals.key_file,
            .password_command = globals.password_command,
            .password_file = globals.password_file,
            .variable = "TORGO_PASSWORD",
            .option_prefix = ""};
}

Result<repo::Credential> existing_credential(const Context& context) {
    const auto source = global_key_source(context.globals);
    TRY(auto given, from_source(context, source));
    if (given) return std::move(*given);
    if (!context.prompter.possible()) return nothing_given(source);
    TRY(const auto typed, context.prompter.secret("Pass phrase of the repository: "));
    return pass_phrase(typed.view(), "the pass phrase");
}

Result<repo::Credential> new_credential(const Context& context, const KeySource& source) {
    TRY(auto given, from_source(context, source));
    if (!given) {
        if (!context.prompter.possible()) return nothing_given(source);
        TRY(const auto first, context.prompter.secret("New pass phrase: "));
        TRY(given, pass_phrase(first.view(), "the pass phrase"));
        TRY(const auto second, context.prompter.secret("The same once more: "));
        if (!crypto::equal_constant_time(first.view(), second.view())) {
            return fail(Errc::invalid_argument, "the two pass phrases differ: nothing was changed");
        }
    }
    if (given->custody == repo::Custody::pass_phrase) warn_when_weak(context, given->secret.view());
    return std::move(*given);
}

} // namespace torgo::cli
