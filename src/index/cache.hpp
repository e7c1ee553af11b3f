#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/file_system.hpp"
#include "index/location.hpp"
#include "index/manifest.hpp"
#include "index/merge.hpp"
#include "index/run.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace torgo::index {

struct NamedRun {
    RunName name;
    std::shared_ptr<const Run> run;
};

/// The folder of run files and the manifest that names them. One thread at a time; other processes
/// may work in the same folder.
///
/// A run's name holds the generation of the manifest it was made for and a digest of its content,
/// so that equal names mean equal files. Files are written under a name of their own and renamed.
/// What no manifest names is deleted only once its generation is over: another process may still be
/// about to name it.
class Cache {
public:
    Cache(env::FileSystem& files, std::string folder, const Fingerprint& fingerprint);

    bool enabled() const noexcept { return !m_folder.empty(); }

    struct Content {
        std::vector<NamedRun> runs; ///< oldest first
        Bytes record;               ///< the owner's
    };

    /// What the manifest names; nothing when there is none. Deletes what is over.
    /// Errors: `corrupt`, `unsupported`; `not_found` when a named run is gone.
    Result<std::optional<Content>> load();

    /// Makes the runs and the record the cache's content, durably and in one step.
    Result<> save(std::span<const NamedRun> runs, ByteView record);

    /// Writes a run; durable once `save` names it. `expected`: about how many entries will come.
    Result<NamedRun> write(Merge entries, std::uint64_t expected);

    /// Deletes the file of a run that no later `save` will name: at once, or after the next `save`
    /// where the manifest still names it.
    void discard(const RunName& name);

    /// Deletes the manifest and all runs.
    Result<> clear();

private:
    struct NewFile {
        std::unique_ptr<env::File> file;
        std::string path;
    };

    std::string path_of(const std::string& name) const { return m_folder + "/" + name; }

    Result<NewFile> create() const;
    Result<std::optional<Manifest>> read_manifest() const;
    Result<> replace_manifest(const Manifest& manifest) const;
    Result<std::vector<NamedRun>> open_runs(const Manifest& manifest) const;
    Result<NamedRun> write_to(NewFile target, Merge entries, std::uint64_t expected) const;
    Result<> restore(const NamedRun& run) const;
    void delete_what_is_over() const;

    env::FileSystem& m_files;
    std::string m_folder;
    Fingerprint m_fingerprint;
    std::uint64_t m_generation = 0; ///< of the manifest that was loaded or saved last
    std::vector<RunName> m_named;   ///< by that manifest
    std::vector<RunName> m_discarded;
};

} // namespace torgo::index
