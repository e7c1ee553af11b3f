#include "workflow/beside.hpp"

#include <algorithm>

namespace torgo::workflow {

Result<Beside> Beside::look(env::FileSystem& files, const std::string& folder) {
    TRY(auto entries, files.list(folder));
    return Beside(files, folder, std::move(entries));
}

bool Beside::has(const std::string& name) const noexcept {
    return !name.starts_with('.') && std::ranges::any_of(m_entries, [&](const auto& entry) {
        return entry.name == name && entry.type == env::FileType::file;
    });
}

Result<Bytes> Beside::read(const std::string& name, std::size_t limit) const {
    if (!has(name))
        return fail(Errc::not_found, "there is no regular file " + name + " beside the workflow");
    return env::read_file(*m_files, m_folder + "/" + name, limit);
}

} // namespace torgo::workflow
