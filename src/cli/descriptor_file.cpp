#include "cli/descriptor_file.hpp"

#include "cli/toml.hpp"

#include <algorithm>

namespace torgo::cli {

namespace {

constexpr std::int64_t file_version = 1;
constexpr std::size_t file_size_max = 1_MiB; ///< 64 groups of 16 KiB each
constexpr std::size_t heads_max = 64;

constexpr std::string_view head_of_file =
    "# TORGO repository descriptor: where a repository lies and how to know it again.\n"
    "# It holds no secret. \"torgo init --from URI...\" writes it again from the heads.\n";

class DescriptorReader {
public:
    DescriptorReader(std::vector<TomlEntry> entries, std::string_view file)
        : m_entries(std::move(entries)), m_file(file) {}

    Result<repo::Place> read() {
        TRY(const auto version, get<std::int64_t>("version"));
        if (version != file_version) {
            return fail(Errc::unsupported, m_file + ": descriptor version " +
                                               std::to_string(version) + " (this program reads " +
                                               std::to_string(file_version) + ")");
        }
        CHECK_OK(check_keys()); // after the version: a later one has keys of its own (CLI-32)
        repo::Place place;
        TRY(const auto id, get<std::string>("repository"));
        TRY(const auto fingerprint, get<std::string>("root_fingerprint"));
        TRY(auto heads, get<std::vector<std::string>>("heads"));
        TRY(place.id, hex<RepoId>("repository", id));
        TRY(place.root_fingerprint, hex<Digest>("root_fingerprint", fingerprint));
        const bool empty_head = std::ranges::any_of(heads, &std::string::empty);
        if (heads.empty() || heads.size() > heads_max || empty_head) {
            return wrong("heads",
                         "must be a list of 1 to " + std::to_string(heads_max) + " head URIs");
        }
        place.heads = std::move(heads);
        return place;
    }

private:
    Result<> check_keys() const {
        for (const auto& entry : m_entries) {
            const auto& key = entry.path.front();
            const bool known = entry.path.size() == 1 && !entry.is_table() &&
                               (key == "version" || key == "repository" ||
                                key == "root_fingerprint" || key == "heads");
            if (!known) {
                return fail(Errc::invalid_argument, m_file + ":" + std::to_string(entry.line) +
                                                        ": unknown key \"" + key + "\"");
            }
        }
        return {};
    }

    template <class T>
    Result<T> get(std::string_view key) const {
        for (const auto& entry : m_entries) {
            if (entry.path.front() != key) continue;
            if (const auto* value = std::get_if<T>(&entry.value)) return *value;
            return wrong(key, "is of the wrong kind");
        }
        return fail(Errc::invalid_argument,
                    m_file + ": the key \"" + std::string(key) + "\" is missing");
    }

    template <class T>
    Result<T> hex(std::string_view key, std::string_view text) const {
        auto parsed = T::parse(text);
        if (!parsed) {
            return wrong(key, "must be " + std::to_string(2 * T::size) + " lower-case hex digits");
        }
        return *parsed;
    }

    std::unexpected<Error> wrong(std::string_view key, const std::string& what) const {
        std::size_t line = 0;
        for (const auto& entry : m_entries)
            line = entry.path.front() == key ? entry.line : line;
        return fail(Errc::invalid_argument,
                    m_file + ":" + std::to_string(line) + ": \"" + std::string(key) + "\" " + what);
    }

    std::vector<TomlEntry> m_entries;
    std::string m_file;
};

} // namespace

Result<std::string> write_descriptor(const repo::Place& place) {
    std::string out(head_of_file);
    out += "version = " + std::to_string(file_version) + "\n";
    out += "repository = \"" + place.id.hex() + "\"\n";
    out += "root_fingerprint = \"" + place.root_fingerprint.hex() + "\"\n";
    out += "heads = [\n";
    for (const auto& head : place.heads) {
        TRY(const auto quoted, toml_string(head));
        out += "    " + quoted + ",\n";
    }
    return out + "]\n";
}

Result<repo::Place> read_descriptor(std::string_view text, std::string_view file) {
    TRY(auto entries, read_toml(text, file));
    return DescriptorReader(std::move(entries), file).read();
}

Result<repo::Place> load_descriptor(env::FileSystem& files, const std::string& path) {
    auto content = env::read_file(files, path, file_size_max);
    if (!content && content.error().code() == Errc::not_found) {
        return fail(Errc::not_a_repository, "there is no descriptor file at " + path);
    }
    if (!content) {
        const auto status = files.status(path);
        if (status && status->type == env::FileType::directory) {
            return fail(Errc::not_a_repository,
                        path + " is a folder, and not the descriptor file of a repository");
        }
        return std::unexpected(std::move(content).error().with("reading the descriptor file"));
    }
    return read_descriptor(as_text(*content), path);
}

Result<> save_descriptor(env::FileSystem& files, const std::string& path, const repo::Place& place,
                         bool replace) {
    if (!replace && files.status(path)) {
        return fail(Errc::exists,
                    "there is a descriptor file at " + path + " already (-r FILE names another)");
    }
    TRY(const auto text, write_descriptor(place));
    CHECK_OK(env::make_directories(files, env::parent_path(path)));
    return env::write_file_atomically(files, path, as_bytes(text));
}

} // namespace torgo::cli
