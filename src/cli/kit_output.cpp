#include "cli/kit_output.hpp"

#include "cli/kit.hpp"
#include "cli/qr.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"

#include <utility>

namespace torgo::cli {

namespace {

/// "/x/default.torgo" → "/x/default-recovery-kit.txt".
std::string beside(std::string descriptor_file) {
    constexpr std::string_view suffix = ".torgo";
    if (descriptor_file.ends_with(suffix)) {
        descriptor_file.resize(descriptor_file.size() - suffix.size());
    }
    return descriptor_file + "-recovery-kit.txt";
}

} // namespace

Result<KitOutput> KitOutput::prepare(const Context& context, const std::string& file,
                                     const std::string& descriptor_file) {
    std::string path;
    if (!file.empty()) {
        TRY(path, context.environment.absolute(file));
    } else if (!context.out.settings().out_is_terminal || context.out.json()) {
        path = beside(descriptor_file);
    }
    KitOutput out(context, path);
    if (path.empty()) return out;
    auto& files = *context.world.files;
    CHECK_OK(env::make_directories(files, env::parent_path(path)));
    auto made = files.create(path, true);
    if (!made) return std::unexpected(std::move(made).error().with("the recovery kit"));
    out.m_pending = true;
    return out;
}

KitOutput::KitOutput(KitOutput&& other) noexcept
    : m_context(other.m_context),
      m_path(std::move(other.m_path)),
      m_pending(std::exchange(other.m_pending, false)) {}

KitOutput::~KitOutput() {
    if (m_pending) static_cast<void>(m_context->world.files->remove(m_path));
}

Result<> KitOutput::hand_over(const repo::RecoveryKit& kit, unsigned heads_needed) {
    auto done = m_path.empty() ? show(kit, heads_needed) : write_file(kit, heads_needed);
    if (done) return {};
    m_context->out.data(as_bytes(kit_payload(kit) + "\n"));
    return std::unexpected(std::move(done).error().with(
        "writing the recovery kit, which is the line on standard output instead"));
}

Result<> KitOutput::write_file(const repo::RecoveryKit& kit, unsigned heads_needed) {
    const auto now = m_context->world.clock->wall_ns();
    const bool drawn = m_path.ends_with(".svg");
    TRY(const auto text,
        drawn ? kit_svg(kit, heads_needed, now) : kit_text(kit, heads_needed, now));
    CHECK_OK(env::write_file_atomically(*m_context->world.files, m_path, as_bytes(text), true));
    m_pending = false;
    return {};
}

Result<> KitOutput::show(const repo::RecoveryKit& kit, unsigned heads_needed) {
    auto& out = m_context->out;
    TRY(const auto code, QrCode::encode(kit_payload(kit)));
    out.lines(kit_page(kit, heads_needed, m_context->world.clock->wall_ns()));
    if (code.size() <= out.columns()) {
        out.lines(code.lines(true));
    } else {
        out.line("(The QR code needs a terminal of " + std::to_string(code.size()) +
                 " columns, or --recovery-kit FILE.svg.)");
    }
    return {};
}

} // namespace torgo::cli
