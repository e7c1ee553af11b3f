#include "repo/file_group.hpp"

#include "repo/limits.hpp"
#include "source/read.hpp"

#include <algorithm>
#include <thread>

namespace torgo::repo {

namespace {
std::string full_path(const RestoreOptions& options, const std::string& relative) {
    return options.target + "/" + relative;
}
} // namespace

void ProblemList::add(std::string sentence) {
    const std::lock_guard lock(m_mutex);
    ++m_count;
    if (m_sentences.size() < limits::notes_max) m_sentences.push_back(std::move(sentence));
}

void ProblemList::move_into(RestoreSummary& summary) {
    const std::lock_guard lock(m_mutex);
    summary.problems = std::move(m_sentences);
    summary.problem_count = m_count;
}

FileGroup::FileGroup(ChunkStore& store, source::TreeWriter& tree, const RestoreOptions& options,
                     RestoreProgress& progress, ProblemList& problems)
    : m_store(store),
      m_tree(tree),
      m_options(options),
      m_progress(progress),
      m_problems(problems) {}

/// Every thread takes the next chunk; neighbours in a pack come one after another.
template <class Handle>
void FileGroup::each_chunk(const ReadPlan& plan, const Handle& handle) {
    std::atomic<std::size_t> next{0};
    const auto threads = m_options.threads != 0 ? m_options.threads
                                                : std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::jthread> pool;
    for (unsigned t = 0; t < threads; ++t)
        pool.emplace_back([&] {
            const auto sealer = m_store.make_sealer();
            Bytes plain;
            Bytes scratch;
            while (!m_options.stop.stop_requested()) {
                const auto i = next.fetch_add(1);
                if (i >= plan.chunks.size()) break;
                const auto& use = plan.chunks[i];
                const auto read = m_store.read(use.id, *sealer, plain);
                handle(use, read, plain, scratch);
            }
        });
}

Result<> FileGroup::write(std::vector<PlannedFile> files) {
    m_files = std::move(files);
    m_targets = std::vector<Target>(m_files.size());
    TRY(const auto plan, plan_reads(m_store, m_files));
    for (const auto& use : plan.chunks)
        for (const auto& placement : use.placements)
            m_targets[placement.file].open_placements += 1;
    for (const auto file : plan.lost)
        give_up(file, Error(Errc::corrupt, "some of its data is in no pack"));
    for (std::uint32_t f = 0; f < m_files.size(); ++f)
        if (m_targets[f].open_placements == 0) finish(f); // empty, or one hole
    each_chunk(plan, [this](const ChunkUse& use, const Result<>& read, ByteView plain, Bytes&) {
        if (read) {
            place_chunk(use, plain);
            return;
        }
        for (const auto& placement : use.placements) {
            give_up(placement.file, read.error());
            end_placement(placement.file);
        }
    });
    if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
    if (m_options.verify) verify(plan);
    m_targets.clear();
    m_files.clear();
    return {};
}

void FileGroup::give_up(std::uint32_t file, const Error& error) {
    if (m_targets[file].failed.exchange(true)) return;
    m_problems.add(m_files[file].path + ": " + error.detail());
}

Result<> FileGroup::create(std::uint32_t file) {
    auto& target = m_targets[file];
    Result<> outcome;
    std::call_once(target.created, [&] {
        const auto& planned = m_files[file];
        if (planned.replace) outcome = m_tree.remove(planned.path);
        if (!outcome) return;
        auto writer = m_tree.create_file(planned.path, planned.entry.size, m_options.sparse);
        if (writer)
            target.writer = std::make_unique<source::FileWriter>(*std::move(writer));
        else
            outcome = std::unexpected(std::move(writer).error());
    });
    if (!outcome) return outcome;
    if (!target.writer) return fail(Errc::io, "the file could not be made");
    return {};
}

void FileGroup::place_chunk(const ChunkUse& use, ByteView plain) {
    for (const auto& [file, position, offset, length] : use.placements) {
        auto done = create(file);
        if (done && (offset > plain.size() || length > plain.size() - offset))
            done = fail(Errc::corrupt, "an extent reaches beyond its chunk");
        if (done) done = m_targets[file].writer->write_at(position, plain.subspan(offset, length));
        if (!done) give_up(file, done.error());
        m_bytes_written += length;
        m_progress.bytes_done += length;
        end_placement(file);
    }
}

void FileGroup::end_placement(std::uint32_t file) {
    if (m_targets[file].open_placements.fetch_sub(1, std::memory_order_acq_rel) == 1) finish(file);
}

/// A file that lacks data must not be left looking whole.
void FileGroup::finish(std::uint32_t file) {
    auto& target = m_targets[file];
    const auto& planned = m_files[file];
    if (!target.failed && !target.writer)
        if (auto made = create(file); !made) give_up(file, made.error());
    if (target.failed) {
        const bool made = target.writer != nullptr;
        target.writer.reset();
        if (made) (void)m_tree.remove(planned.path); // named among the problems already
        return;
    }
    auto done = std::move(*target.writer).finish(planned.entry);
    target.writer.reset();
    if (!done) m_problems.add(planned.path + ": " + done.error().detail());
    m_files_written += 1;
    m_progress.files_done += 1;
}

/// Reads back what was written and compares it with what the repository holds, opened anew.
void FileGroup::verify(const ReadPlan& plan) {
    m_progress.verifying = true;
    each_chunk(plan,
               [this](const ChunkUse& use, const Result<>& read, ByteView plain, Bytes& scratch) {
                   if (read) verify_chunk(use, plain, scratch);
               });
    for (auto& target : m_targets)
        m_files_verified += target.failed ? 0 : 1;
    m_progress.verifying = false;
}

void FileGroup::verify_chunk(const ChunkUse& use, ByteView plain, Bytes& scratch) {
    for (const auto& [file, position, offset, length] : use.placements) {
        if (m_targets[file].failed) continue;
        const auto path = full_path(m_options, m_files[file].path);
        scratch.resize(length);
        auto reader = source::FileReader::open(path);
        const auto got = reader ? reader->read_at(position, scratch)
                                : Result<std::size_t>(std::unexpected(reader.error()));
        if (!got)
            give_up(file, got.error());
        else if (*got != length || !std::ranges::equal(scratch, plain.subspan(offset, length)))
            give_up(file, Error(Errc::corrupt, "what is on the disk is not what was written"));
    }
}

} // namespace torgo::repo
