#include "repo/file_group.hpp"

#include "repo/limits.hpp"

#include <algorithm>
#include <thread>

namespace torgo::repo {

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
    const auto threads = m_options.threads != 0 ? m_options.threads : m_store.reading_threads();
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
    each_chunk(plan,
               [this](const ChunkUse& use, const Result<>& read, ByteView plain, Bytes& scratch) {
                   if (read) {
                       place_chunk(use, plain, scratch);
                       return;
                   }
                   for (const auto& placement : use.placements) {
                       give_up(placement.file, read.error());
                       end_placement(placement.file);
                   }
               });
    const bool stopped = m_options.stop.stop_requested();
    for (std::uint32_t f = 0; stopped && f < m_files.size(); ++f)
        discard(f); // what was not finished
    if (stopped) return fail(Errc::cancelled, "stopped");
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
    const auto& planned = m_files[file];
    const std::lock_guard lock(target.creating);
    if (target.writer) return {};
    if (target.failed) return fail(Errc::io, "given up");
    const bool holes = std::ranges::any_of(planned.extents, &Extent::hole);
    target.temporary = m_tree.temporary_name(planned.path);
    TRY(auto writer,
        m_tree.create_file(target.temporary, planned.entry.size, m_options.sparse || holes));
    target.writer = std::make_unique<source::FileWriter>(std::move(writer));
    return {};
}

Result<> FileGroup::put(const Placement& placement, ByteView plain, Bytes& scratch) {
    const auto& [file, position, offset, length] = placement;
    CHECK_OK(create(file));
    if (offset > plain.size() || length > plain.size() - offset)
        return fail(Errc::corrupt, "an extent reaches beyond its chunk");
    const auto bytes = plain.subspan(offset, length);
    const auto& writer = m_targets[file].writer;
    CHECK_OK(writer->write_at(position, bytes));
    if (!m_options.verify) return {};
    scratch.resize(length);
    CHECK_OK(writer->read_back(position, scratch));
    if (!std::ranges::equal(scratch, bytes))
        return fail(Errc::corrupt, "what the disk gives back is not what was written");
    return {};
}

void FileGroup::place_chunk(const ChunkUse& use, ByteView plain, Bytes& scratch) {
    for (const auto& placement : use.placements) {
        if (auto done = put(placement, plain, scratch); !done)
            give_up(placement.file, done.error());
        m_bytes_written += placement.length;
        m_progress.bytes_done += placement.length;
        end_placement(placement.file);
    }
}

void FileGroup::end_placement(std::uint32_t file) {
    if (m_targets[file].open_placements.fetch_sub(1, std::memory_order_acq_rel) == 1) finish(file);
}

void FileGroup::discard(std::uint32_t file) {
    auto& target = m_targets[file];
    const bool made = target.writer != nullptr;
    target.writer.reset();
    if (made) (void)m_tree.remove(target.temporary); // the file is named among the problems already
}

/// Lets a file that is whole have its name. An immutable file has to have it before it is that.
Result<> FileGroup::name(std::uint32_t file) {
    constexpr auto fixed = source::flag_immutable | source::flag_append;
    const auto& target = m_targets[file];
    const auto& [path, entry, extents, replace] = m_files[file];
    CHECK_OK(target.writer->end_content());
    source::MetadataOptions metadata;
    metadata.flags = (entry.flags & fixed) == 0;
    auto applied = target.writer->set_metadata(entry, metadata);
    const auto take = [&](bool over) -> Result<std::optional<source::Entry>> {
        CHECK_OK(m_tree.rename(target.temporary, path, over));
        if (!metadata.flags) applied = m_tree.apply_metadata(path, entry);
        if (m_options.aside == nullptr) return std::nullopt;
        auto state = target.writer->status();
        return state ? std::optional(*std::move(state)) : std::nullopt;
    };
    TRY(const bool noted, put_in_place(m_options.aside, m_tree, path, replace, take));
    if (!applied) m_problems.add(path + ": " + applied.error().detail());
    if (entry.links <= 1) return {};
    TRY(const auto state, target.writer->status());
    const std::lock_guard lock(m_names_mutex);
    m_first_names.emplace(path,
                          FirstName{.noted = noted, .device = state.device, .inode = state.inode});
    return {};
}

/// A file that lacks data must not be left looking whole.
void FileGroup::finish(std::uint32_t file) {
    auto& target = m_targets[file];
    if (!target.failed && !target.writer)
        if (auto made = create(file); !made) give_up(file, made.error());
    if (!target.failed)
        if (auto named = name(file); !named) give_up(file, named.error());
    if (target.failed) return discard(file);
    target.writer.reset();
    if (m_options.verify) m_files_verified += 1;
    m_files_written += 1;
    m_progress.files_done += 1;
}

} // namespace torgo::repo
