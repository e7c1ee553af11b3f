#include "repo/content_reader.hpp"

#include "repo/limits.hpp"

#include <climits>

#include <algorithm>
#include <cstring>
#include <utility>

namespace torgo::repo {

namespace {
/// Bundles and files that wait; they hold names, not bytes.
constexpr std::size_t work_waiting_max = 64;
/// Chunks cut by one thread and waiting for another, in bytes at most 4 MiB each.
constexpr int chunks_waiting_a_thread = 2;

source::Note::Kind kind_of(const Error& error) {
    const bool gone = error.code() == Errc::not_found;
    return gone ? source::Note::Kind::vanished : source::Note::Kind::unreadable;
}

/// Whether the content is what the parent snapshot has; the node then names the old place.
bool keep_place(const FileRef& file) {
    auto& node = file.node();
    const auto& before = file.before;
    const bool same = before && before->extent.length == node.entry.size && before->tag == node.tag;
    if (same) node.content = {before->extent};
    return same;
}
} // namespace

void NoteBook::add(source::Note note) {
    const std::lock_guard lock(m_mutex);
    if (note.kind != source::Note::Kind::socket_skipped) ++m_unreadable;
    if (m_notes.size() < limits::notes_max) m_notes.push_back(std::move(note));
}

void NoteBook::move_into(BackupSummary& summary) {
    const std::lock_guard lock(m_mutex);
    summary.notes = std::move(m_notes);
    summary.unreadable = m_unreadable;
}

/// One large file: its extents fill up as chunks are sealed, in any order.
struct ContentReader::Large {
    FileRef file;
    std::mutex mutex;
    std::vector<Extent> extents;
    std::atomic<std::size_t> open{1}; ///< chunks not sealed yet, and the cutting itself
};

ContentReader::ContentReader(Session& session, ChunkStore& store, TreeBuilder& trees,
                             NoteBook& notes, const BackupOptions& options,
                             BackupProgress& progress)
    : m_session(session),
      m_store(store),
      m_trees(trees),
      m_notes(notes),
      m_options(options),
      m_progress(progress),
      m_cutter(store.keys().chunker_key().view()),
      m_queue(work_waiting_max),
      m_thread_count(options.threads != 0 ? options.threads
                                          : std::max(1U, std::thread::hardware_concurrency())) {
    m_callers_bench.sealer = store.make_sealer(options.compression);
    for (unsigned i = 0; i < m_thread_count; ++i)
        m_threads.emplace_back([this] {
            Bench bench{.sealer = m_store.make_sealer(m_options.compression), .buffer = {}};
            run(bench);
        });
}

ContentReader::~ContentReader() {
    m_stop = true;
    m_queue.close();
}

bool ContentReader::add_bundle(std::vector<FileRef> files) {
    return !m_stop && m_queue.push(Bundle{std::move(files)});
}

bool ContentReader::add_large(FileRef file) {
    return !m_stop && m_queue.push(std::move(file));
}

void ContentReader::run(Bench& bench) {
    while (auto work = m_queue.pop()) {
        if (m_stop || m_options.stop.stop_requested()) continue; // drain
        auto done = std::visit([&](auto& item) { return do_work(item, bench); }, *work);
        if (done) continue;
        const std::lock_guard lock(m_error_mutex);
        if (!m_error) m_error = std::move(done).error();
        m_stop = true;
    }
}

Result<> ContentReader::finish() {
    m_queue.close();
    m_threads.clear(); // joins
    if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
    if (m_error) return std::unexpected(*m_error);
    return {};
}

void ContentReader::drop(FileRef& file, source::Note::Kind kind, Error error) {
    file.directory->dropped.at(file.place) = 1;
    m_progress.problems += 1;
    m_notes.add({kind, file.path, std::move(error)});
}

void ContentReader::note_changed(const FileRef& file) {
    m_progress.problems += 1;
    m_notes.add({source::Note::Kind::unreadable, file.path,
                 Error(Errc::changed, "changed while it was read; what was read is saved")});
}

Result<> ContentReader::end_file(FileRef& file, Bench& bench) {
    m_progress.files_done += 1;
    return m_trees.end_part(std::move(file.directory), *bench.sealer);
}

/// Reads one small file to the front of `room`, which is one byte larger than the file was. Gives
/// the bytes kept, or nothing kept and the node dropped.
Result<std::size_t> ContentReader::read_into(FileRef& file, ByteSpan room) {
    source::Status status;
    const auto& entry = file.node().entry;
    const auto got = file.folder ? source::read_small(*file.folder, entry.name, room, status)
                                 : source::read_small(file.path, room, status);
    if (!got) {
        drop(file, kind_of(got.error()), got.error());
        return std::unexpected(got.error());
    }
    const auto kept = std::min<std::size_t>(*got, room.size() - 1);
    if (!status.same_as(entry) || *got != entry.size) note_changed(file);
    m_bytes_read += kept;
    m_progress.bytes_done += kept;
    return kept;
}

/// Reads the files of a bundle to the buffer, one after another. Empty ones and those that can not
/// be read leave no piece.
std::vector<ContentReader::Piece> ContentReader::read_bundle(Bundle& bundle, Bytes& buffer) {
    std::size_t expected = 1;
    for (const auto& file : bundle.files)
        expected += file.node().entry.size;
    if (buffer.size() < expected) buffer.resize(expected);
    std::vector<Piece> pieces;
    std::size_t filled = 0;
    for (auto& file : bundle.files) {
        auto& node = file.node();
        const auto kept = read_into(file, ByteSpan(buffer).subspan(filled, node.entry.size + 1));
        if (!kept) continue;
        node.entry.size = *kept;
        if (*kept != 0) pieces.push_back({&file, filled, *kept});
        filled += *kept;
    }
    return pieces;
}

/// Gives each node its tag; out: the id of all pieces together. Hashed side by side, the tags cost
/// next to nothing: the long message is as slow alone.
ChunkId ContentReader::tag(const std::vector<Piece>& pieces, ByteView whole) const {
    std::vector<ByteView> contents{whole};
    for (const auto& piece : pieces)
        contents.push_back(whole.subspan(piece.offset, piece.length));
    std::vector<ChunkId> ids(contents.size());
    m_store.keys().ids(seal::ChunkType::data, contents, ids);
    for (std::size_t i = 0; i < pieces.size(); ++i)
        std::ranges::copy(ids[i + 1].view().first(std::tuple_size_v<ContentTag>),
                          pieces[i].file->node().tag.emplace().begin());
    return ids.front();
}

/// Moves what is left of a bundle together.
std::size_t ContentReader::close_gaps(std::vector<Piece>& pieces, Bytes& buffer) {
    std::size_t filled = 0;
    for (auto& piece : pieces) {
        std::memmove(buffer.data() + filled, buffer.data() + piece.offset, piece.length);
        piece.offset = std::exchange(filled, filled + piece.length);
    }
    return filled;
}

Result<> ContentReader::do_work(Bundle& bundle, Bench& bench) {
    auto& buffer = bench.buffer;
    auto pieces = read_bundle(bundle, buffer);
    auto size = pieces.empty() ? 0 : pieces.back().offset + pieces.back().length;
    auto id = tag(pieces, ByteView(buffer).first(size));
    if (std::erase_if(pieces, [](const Piece& piece) { return keep_place(*piece.file); }) != 0) {
        size = close_gaps(pieces, buffer);
        id = m_store.keys().id(seal::ChunkType::data, ByteView(buffer).first(size));
    }
    if (size != 0)
        CHECK_OK(m_session.store_as(id, seal::ChunkType::data, ByteView(buffer).first(size),
                                    *bench.sealer));
    for (const auto& [file, offset, length] : pieces)
        file->node().content = {
            {.chunk = id, .offset = static_cast<std::uint32_t>(offset), .length = length}};
    m_progress.bytes_stored = m_session.bytes_sealed();
    for (auto& file : bundle.files)
        CHECK_OK(end_file(file, bench));
    return {};
}

Result<> ContentReader::do_work(FileRef& file, Bench& bench) {
    auto reader = file.folder ? source::FileReader::open(*file.folder, file.node().entry.name)
                              : source::FileReader::open(file.path);
    if (!reader) {
        drop(file, kind_of(reader.error()), reader.error());
        return end_file(file, bench);
    }
    auto large = std::make_shared<Large>();
    large->file = file;
    const auto before = file.node().entry;
    auto read = large_extents(large, *reader, bench);
    if (!read && m_stop) return read;
    if (!read) {
        // Of this file only; what failed in the session is seen by everyone.
        if (auto alive = m_session.failure(); !alive) return alive;
        drop(large->file, kind_of(read.error()), read.error());
    } else if (const auto same = reader->unchanged_since(before); !same || !*same) {
        note_changed(large->file);
    }
    return end_chunk(large, bench);
}

/// Data is cut and stored, what lies between stays a hole.
Result<> ContentReader::large_extents(const std::shared_ptr<Large>& large,
                                      source::FileReader& reader, Bench& bench) {
    TRY(const auto extents, reader.data_extents());
    std::uint64_t end = 0;
    const auto hole_up_to = [&](std::uint64_t offset) {
        if (offset <= end) return;
        const std::lock_guard lock(large->mutex);
        large->extents.push_back({.chunk = {}, .length = offset - end, .hole = true});
    };
    for (const auto& extent : extents) {
        hole_up_to(extent.offset);
        std::uint64_t at = extent.offset;
        const auto stop = extent.offset + extent.size;
        CHECK_OK(cut(large, bench, [&](ByteSpan out) -> Result<std::size_t> {
            const auto want = std::min<std::uint64_t>(out.size(), stop - at);
            TRY(const auto got, reader.read_at(at, out.first(want)));
            at += got;
            return got;
        }));
        end = at;
        if (at != stop) break; // it shrank; noted as changed by the caller
    }
    if (extents.empty() || end == extents.back().offset + extents.back().size) {
        hole_up_to(reader.size());
        end = std::max(end, reader.size());
    }
    large->file.node().entry.size = end;
    return {};
}

/// Reads to the end of the stream and stores one chunk after another. An error of `read` is the
/// file's, an error of storing the session's.
Result<> ContentReader::cut(const std::shared_ptr<Large>& large, Bench& bench,
                            const StreamReader& read) {
    // More is moved less often, less is memory saved on every thread.
    const auto window = m_cutter.limits().max / 2 * 3;
    if (bench.buffer.size() < window) bench.buffer.resize(window);
    std::size_t begin = 0;
    std::size_t end = 0;
    bool at_end = false;
    while (true) {
        if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
        if (!at_end && end - begin < m_cutter.limits().max) {
            std::copy(bench.buffer.begin() + static_cast<std::ptrdiff_t>(begin),
                      bench.buffer.begin() + static_cast<std::ptrdiff_t>(end),
                      bench.buffer.begin());
            end -= begin;
            begin = 0;
            TRY(const auto got, read(ByteSpan(bench.buffer).subspan(end, window - end)));
            at_end = got == 0;
            end += got;
            m_bytes_read += got;
            m_progress.bytes_done += got;
            continue;
        }
        if (begin == end) return {};
        const auto rest = ByteView(bench.buffer).subspan(begin, end - begin);
        const auto length = m_cutter.next(rest);
        CHECK_OK(emit(large, rest.first(length), bench));
        begin += length;
    }
}

/// Hands a chunk to another thread when one may be idle, else seals it here.
Result<> ContentReader::emit(const std::shared_ptr<Large>& large, ByteView chunk, Bench& bench) {
    std::size_t place = 0;
    {
        const std::lock_guard lock(large->mutex);
        place = large->extents.size();
        large->extents.push_back({.chunk = {}, .offset = 0, .length = chunk.size()});
    }
    large->open += 1;
    const auto waiting_max = chunks_waiting_a_thread * static_cast<int>(m_thread_count);
    if (m_thread_count > 1 && m_chunks_waiting < waiting_max) {
        Work work = ChunkWork{large, place, Bytes(chunk.begin(), chunk.end())};
        m_chunks_waiting += 1;
        if (m_queue.try_push(work)) return {};
        m_chunks_waiting -= 1;
    }
    TRY(const auto id, m_session.store(seal::ChunkType::data, chunk, *bench.sealer));
    {
        const std::lock_guard lock(large->mutex);
        large->extents[place].chunk = id;
    }
    return end_chunk(large, bench);
}

Result<> ContentReader::do_work(ChunkWork& chunk, Bench& bench) {
    m_chunks_waiting -= 1;
    TRY(const auto id, m_session.store(seal::ChunkType::data, chunk.bytes, *bench.sealer));
    {
        const std::lock_guard lock(chunk.file->mutex);
        chunk.file->extents[chunk.place].chunk = id;
    }
    m_progress.bytes_stored = m_session.bytes_sealed();
    return end_chunk(chunk.file, bench);
}

/// The last open chunk completes the file.
Result<> ContentReader::end_chunk(const std::shared_ptr<Large>& large, Bench& bench) {
    if (large->open.fetch_sub(1, std::memory_order_acq_rel) != 1) return {};
    auto& node = large->file.node();
    auto& extents = large->extents;
    if (extents.size() <= limits::extents_inline_max) {
        node.content = std::move(extents);
    } else {
        for (std::size_t i = 0; i < extents.size(); i += limits::extents_per_list) {
            const auto n = std::min(limits::extents_per_list, extents.size() - i);
            const auto first = extents.begin() + static_cast<std::ptrdiff_t>(i);
            const std::vector<Extent> part(first, first + static_cast<std::ptrdiff_t>(n));
            TRY(const auto id,
                m_session.store(seal::ChunkType::tree, encode_extents(part), *bench.sealer));
            node.content_lists.push_back(id);
        }
    }
    return end_file(large->file, bench);
}

Result<> ContentReader::read_stream(FileRef file, const StreamReader& stream) {
    auto large = std::make_shared<Large>();
    large->file = std::move(file);
    CHECK_OK(cut(large, m_callers_bench, stream));
    std::uint64_t size = 0;
    {
        const std::lock_guard lock(large->mutex);
        for (const auto& extent : large->extents)
            size += extent.length;
    }
    large->file.node().entry.size = size;
    return end_chunk(large, m_callers_bench);
}

} // namespace torgo::repo
