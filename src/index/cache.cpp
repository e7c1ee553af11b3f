#include "index/cache.hpp"

#include "base/ensure.hpp"
#include "index/run_writer.hpp"

#include <algorithm>
#include <utility>

namespace torgo::index {

namespace {

constexpr const char* manifest_name = "index.manifest";
constexpr std::string_view unfinished = ".tmp";
constexpr std::size_t manifest_limit = 1_GiB + 1_MiB;
/// How many names of unfinished files are tried; each one taken is a process at work or a crash.
constexpr std::uint64_t names_tried_max = 4096;
/// A manifest may be replaced, and its runs deleted, while its runs are being opened.
constexpr int loads_tried_max = 3;

} // namespace

Cache::Cache(env::FileSystem& files, std::string folder, const Fingerprint& fingerprint)
    : m_files(files), m_folder(std::move(folder)), m_fingerprint(fingerprint) {}

Result<Cache::NewFile> Cache::create() const {
    CHECK_OK(env::make_directories(m_files, m_folder));
    for (std::uint64_t i = 0; i < names_tried_max; ++i) {
        auto path = path_of(RunName{m_generation + 1, i}.text().append(unfinished));
        auto file = m_files.create(path, /*secret=*/true);
        if (file) return NewFile{*std::move(file), std::move(path)};
        if (file.error().code() != Errc::exists) return std::unexpected(std::move(file).error());
    }
    return fail(Errc::exists, "too many unfinished files in " + m_folder);
}

Result<NamedRun> Cache::write(Merge entries, std::uint64_t expected) {
    TRY(auto target, create());
    const auto path = target.path;
    auto run = write_to(std::move(target), std::move(entries), expected);
    if (!run) (void)m_files.remove(path); // the first error is the one that tells
    return run;
}

Result<NamedRun> Cache::write_to(NewFile target, Merge entries, std::uint64_t expected) const {
    RunWriter writer(std::move(target.file), expected, m_fingerprint);
    while (true) {
        TRY(const auto* entry, entries.next());
        if (entry == nullptr) break;
        CHECK_OK(writer.add(*entry));
    }
    CHECK_OK(writer.finish());
    TRY(auto file, m_files.open_read(target.path));
    const RunName name{m_generation + 1, writer.digest()};
    CHECK_OK(m_files.rename(target.path, path_of(name.text())));
    return NamedRun{name, std::move(writer).open(std::move(file))};
}

/// Brings back a run that another process has deleted; its open file still has the content.
Result<> Cache::restore(const NamedRun& run) const {
    TRY(auto target, create());
    auto done = run.run->copy_to(*target.file);
    if (done) done = target.file->sync();
    if (done) done = m_files.rename(target.path, path_of(run.name.text()));
    if (!done) (void)m_files.remove(target.path);
    return done;
}

Result<> Cache::replace_manifest(const Manifest& manifest) const {
    TRY(auto target, create());
    auto done = target.file->append(manifest.encode());
    if (done) done = target.file->sync();
    if (done) done = m_files.rename(target.path, path_of(manifest_name));
    if (!done) (void)m_files.remove(target.path);
    CHECK_OK(done);
    return m_files.sync_directory(m_folder);
}

Result<> Cache::save(std::span<const NamedRun> runs, ByteView record) {
    ENSURE(enabled());
    Manifest manifest{m_generation + 1, m_fingerprint, {}, Bytes(record.begin(), record.end())};
    for (const auto& run : runs) {
        manifest.runs.push_back(run.name);
        const auto status = m_files.status(path_of(run.name.text()));
        if (status) continue;
        if (status.error().code() != Errc::not_found) return std::unexpected(status.error());
        CHECK_OK_WITH("bringing back a run of the index cache", restore(run));
    }
    CHECK_OK_WITH("writing the index manifest", replace_manifest(manifest));
    m_generation = manifest.generation;
    m_named = std::move(manifest.runs);
    for (const auto& name : std::exchange(m_discarded, {}))
        discard(name);
    return {};
}

void Cache::discard(const RunName& name) {
    if (std::ranges::contains(m_named, name))
        m_discarded.push_back(name);
    else
        (void)m_files.remove(path_of(name.text())); // what stays is deleted by a later load
}

Result<std::optional<Manifest>> Cache::read_manifest() const {
    auto bytes = env::read_file(m_files, path_of(manifest_name), manifest_limit);
    if (!bytes && bytes.error().code() == Errc::not_found) return std::nullopt;
    if (!bytes) return std::unexpected(std::move(bytes).error());
    TRY(auto manifest, Manifest::decode(*bytes));
    if (manifest.fingerprint != m_fingerprint)
        return fail(Errc::corrupt, "the index cache is of another repository");
    return manifest;
}

Result<std::vector<NamedRun>> Cache::open_runs(const Manifest& manifest) const {
    std::vector<NamedRun> runs;
    for (const auto& name : manifest.runs) {
        TRY(auto run, Run::open(m_files, path_of(name.text()), m_fingerprint));
        if (run->digest() != name.digest)
            return fail(Errc::corrupt, "a run of the index cache is not what its name says");
        runs.push_back({name, std::move(run)});
    }
    return runs;
}

Result<std::optional<Cache::Content>> Cache::load() {
    for (int tried = 1;; ++tried) {
        TRY(auto manifest, read_manifest());
        if (!manifest) return std::nullopt;
        auto runs = open_runs(*manifest);
        const bool gone = !runs && runs.error().code() == Errc::not_found;
        if (gone && tried < loads_tried_max) continue;
        if (!runs) return std::unexpected(std::move(runs).error());
        m_generation = manifest->generation;
        m_named = std::move(manifest->runs);
        m_discarded.clear();
        delete_what_is_over();
        return Content{*std::move(runs), std::move(manifest->content)};
    }
}

void Cache::delete_what_is_over() const {
    const auto entries = m_files.list(m_folder);
    if (!entries) return; // a later load tries again
    for (const auto& entry : *entries) {
        const auto name = RunName::parse(entry.name);
        if (!name || name->generation >= m_generation) continue;
        if (!std::ranges::contains(m_named, *name)) (void)m_files.remove(path_of(entry.name));
    }
}

Result<> Cache::clear() {
    m_named.clear();
    m_discarded.clear();
    auto entries = m_files.list(m_folder);
    if (!entries && entries.error().code() == Errc::not_found) return {};
    if (!entries) return std::unexpected(std::move(entries).error());
    for (const auto& entry : *entries) {
        if (entry.name != manifest_name && !RunName::parse(entry.name)) continue;
        const auto removed = m_files.remove(path_of(entry.name));
        if (!removed && removed.error().code() != Errc::not_found) return removed;
    }
    return m_files.sync_directory(m_folder);
}

} // namespace torgo::index
