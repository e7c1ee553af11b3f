#pragma once

#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "workflow/values.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace torgo::workflow {

/// The folder of one run: `ticket`, `trace.jsonl`, `values-N.json` after block N, `record`.
class Journal {
public:
    /// Makes the folder, readable for its user alone; or opens it where `resume` is set.
    ///
    /// errors  `unavailable` while another process has it open; those of writing
    static Result<Journal> open(env::FileSystem& files, const env::Clock& clock,
                                const std::string& folder, bool resume);

    /// A line of the trace: what, which block, how many milliseconds after the start.
    Result<> trace(const std::string& what, std::size_t block, std::string_view text);

    /// [RUN-42] The values after a block, whole or not at all.
    Result<> keep(std::size_t block, const Values& values);

    struct Kept {
        std::size_t block = 0;
        Values values;
    };

    /// The last block whose values are kept; nothing where none are.
    Result<std::optional<Kept>> last_kept(std::size_t blocks);

    Result<> write(const std::string& name, const std::string& text);
    Result<std::string> read(const std::string& name);

    const std::string& folder() const noexcept { return m_folder; }

private:
    Journal(env::FileSystem& files, const env::Clock& clock, std::string folder);

    env::FileSystem* m_files;
    const env::Clock* m_clock;
    std::string m_folder;
    std::int64_t m_began_ns;
    std::unique_ptr<env::File> m_lock{};
    std::unique_ptr<env::File> m_trace{};
};

} // namespace torgo::workflow
