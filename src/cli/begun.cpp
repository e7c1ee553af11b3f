#include "cli/begun.hpp"

#include "cli/own_receipts.hpp"
#include "cli/undo.hpp"
#include "crypto/hash.hpp"
#include "env/clock.hpp"
#include "env/lock.hpp"
#include "markup/receipt_text.hpp"
#include "receipts/journal.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace torgo::cli {

namespace {

constexpr std::string_view note_suffix = ".md";
constexpr std::string_view lock_suffix = ".lock";
constexpr std::string_view new_suffix = ".new";
constexpr std::string_view killed = "killed: its process ended without a word, at some time before "
                                    "this; what it did last is not known";

Result<std::string> begun_folder(const Context& context) {
    TRY(auto state, context.environment.state_folder());
    return state + "/receipts/begun";
}

/// What lies in a restore's way back when its process has ended; nothing where that is not whole.
std::optional<Digest> journal_hash(env::FileSystem& files, const std::string& receipts,
                                   const markup::Uuid& id) {
    const auto bytes =
        env::read_file(files, undo_folder(receipts, id) + "/journal", receipts::journal_max);
    if (!bytes || !receipts::parse_journal(as_text(*bytes))) return std::nullopt;
    return crypto::sha256(*bytes);
}

/// The receipt that the command itself would have left, as far as its note goes.
markup::Receipt as_killed(const Context& context, const std::string& receipts,
                          markup::Receipt facts) {
    facts.ended_ns = context.world.clock->wall_ns();
    facts.outcome = markup::Outcome::failed;
    facts.error = killed;
    if (!facts.undo) return facts;
    const auto hash = journal_hash(*context.world.files, receipts, *facts.undo);
    if (hash)
        facts.outputs.push_back({"undo", markup::urn_of(*facts.undo), *hash});
    else
        facts.undo.reset();
    return facts;
}

/// Killed between its receipt and the end of its note, whose removal is not flushed. By the `.mu`,
/// which is durable; back to the receipts of what had ended before this command began.
Result<bool> has_left(const OwnReceipts& own, const markup::Receipt& facts) {
    TRY(const auto numbers, own.folder.numbers());
    for (const auto number : std::views::reverse(numbers)) {
        const auto mirror = own.folder.mirror_of(number);
        const auto found =
            mirror.and_then([](const auto& text) { return markup::verify_receipt(text); });
        if (!found) continue; // damaged: it tells nothing
        if (found->receipt.id == facts.id) return true;
        if (found->receipt.ended_ns < facts.began_ns) return false;
    }
    return false;
}

Result<> settle(const Context& context, const std::string& stem) {
    auto& files = *context.world.files;
    TRY(const auto lock, env::try_lock_file(files, stem + std::string(lock_suffix), true));
    if (!lock) return {}; // it lives
    (void)files.remove(stem + std::string(new_suffix));
    const auto note = stem + std::string(note_suffix);
    const auto bytes = env::read_file(files, note, markup::receipt_text_max);
    if (bytes) {
        TRY(const auto facts, markup::parse_receipt(as_text(*bytes)));
        TRY(auto own, own_receipts(context));
        TRY(const bool left, has_left(own, facts));
        if (!left) {
            auto known = as_killed(context, own.folder.path(), facts);
            TRY(const auto kept, keep_receipt(context, own, std::move(known)));
            context.out.warn("\"torgo " + facts.command + "\" was killed; receipt " +
                             std::to_string(kept.receipt.number) + " tells what is known of it");
        }
        CHECK_OK(files.remove(note));
    } else if (bytes.error().code() != Errc::not_found) {
        return std::unexpected(bytes.error());
    }
    return files.remove(stem + std::string(lock_suffix));
}

} // namespace

BegunNote::BegunNote(const Context& context) : m_context(context) {
    context.account.on_change([this] { write(); });
}

BegunNote::~BegunNote() {
    m_context.account.on_change({});
    if (m_stem.empty()) return;
    auto& files = *m_context.world.files;
    (void)files.remove(m_stem + std::string(note_suffix));
    (void)files.remove(m_stem + std::string(lock_suffix));
}

Result<> BegunNote::begin() {
    auto& files = *m_context.world.files;
    settle_killed(m_context);
    TRY(const auto folder, begun_folder(m_context));
    CHECK_OK(env::make_directories(files, env::parent_path(env::parent_path(folder))));
    for (const auto& level : {env::parent_path(folder), folder})
        CHECK_OK(files.make_directory(level, /*secret=*/true));
    m_stem = folder + "/" + m_context.account.facts().id.hex();
    TRY(m_lock, env::try_lock_file(files, m_stem + std::string(lock_suffix), true));
    return {};
}

/// Durable when the command begins. What comes later is there whole or not at all, and is not
/// flushed: it outlives the process.
Result<> BegunNote::put(ByteView text) {
    auto& files = *m_context.world.files;
    if (m_stem.empty()) {
        CHECK_OK(begin());
        return env::write_file_atomically(files, m_stem + std::string(note_suffix), text,
                                          /*secret=*/true);
    }
    const auto made = m_stem + std::string(new_suffix);
    TRY(const auto file, files.create(made, /*secret=*/true));
    CHECK_OK(file->append(text));
    return files.rename(made, m_stem + std::string(note_suffix));
}

void BegunNote::write() {
    if (!m_usable || !m_context.account.begun()) return;
    if (m_stem.empty()) // so that its receipt is known by its note, and written once
        m_context.account.name(
            receipts::make_uuid(*m_context.world.random, m_context.world.clock->wall_ns()));
    const auto facts = facts_so_far(m_context, m_context.account);
    const auto written = put(as_bytes(markup::write_receipt(markup::bounded(facts))));
    if (written) return;
    m_usable = false;
    m_context.out.warn("if this is killed it leaves no receipt: " + written.error().detail());
}

void settle_killed(const Context& context) {
    auto& files = *context.world.files;
    const auto folder = begun_folder(context);
    if (!folder) return;
    const auto entries = files.list(*folder);
    if (!entries) return;
    for (const auto& entry : *entries) {
        const std::string_view name = entry.name;
        if (!name.ends_with(lock_suffix)) continue;
        const auto stem =
            *folder + "/" + std::string(name.substr(0, name.size() - lock_suffix.size()));
        const auto settled = settle(context, stem);
        if (!settled)
            context.out.warn("of a command that was killed no receipt can be left: " + stem +
                             std::string(note_suffix) + ": " + settled.error().detail());
    }
}

} // namespace torgo::cli
