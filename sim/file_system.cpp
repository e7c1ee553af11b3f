#include "sim/file_system.hpp"

#include "base/ensure.hpp"
#include "sim/open_file.hpp"
#include "sim/state.hpp"

#include <algorithm>
#include <utility>

namespace torgo::sim {

namespace {

/// Where writes to an empty mount point go: to folders of a disk beneath.
constexpr const char* beneath = "/beneath";

bool is_counted(Operation operation) {
    return operation <= Operation::sync_directory;
}

/// What only makes safe, and changes nothing that a program sees.
bool is_saving(Operation operation) {
    return operation == Operation::sync || operation == Operation::sync_directory;
}

bool is_at_or_below(const std::string& path, const std::string& top) {
    return path == top || path.starts_with(top == "/" ? top : top + "/");
}

} // namespace

std::optional<Errc> FileSystem::State::take_fault(Operation operation) {
    std::optional<Errc> out;
    for (auto& fault : faults) {
        const bool fits = fault.operation ? *fault.operation == operation : is_counted(operation);
        if (fits && --fault.countdown == 0) out = fault.code;
    }
    std::erase_if(faults, [](const Fault& fault) { return fault.countdown == 0; });
    return out;
}

FileSystem::State::Outcome FileSystem::State::begin(Operation operation, const std::string& path) {
    const auto power_cut = [] {
        return Error(Errc::unavailable, "the power is gone");
    };
    if (power_gone) return {power_cut(), Effect::none};
    if (is_counted(operation)) {
        events.push_back({operation, path});
        if (power_left && --*power_left == 0) {
            power_gone = true;
            // Saving may have happened too, but that is one of the ways the disk may be found
            // anyway.
            return {power_cut(), is_saving(operation) ? Effect::none : Effect::whole};
        }
    }
    if (const auto code = take_fault(operation))
        return {Error(*code, path + ": a fault was asked for"),
                operation == Operation::append ? Effect::part : Effect::none};
    if (read_only && is_counted(operation) && !is_saving(operation))
        return {Error(Errc::read_only, path + ": Read-only file system"), Effect::none};
    return {};
}

Result<std::string> FileSystem::State::where(const std::string& path) const {
    for (const auto& [top, how] : vanished) {
        if (!is_at_or_below(path, top)) continue;
        if (how == Vanished::io_errors) return fail(Errc::io, path + ": Input/output error");
        if (how == Vanished::folder_missing)
            return fail(Errc::not_found, path + ": No such file or directory");
        return beneath + path;
    }
    return path;
}

std::uint64_t FileSystem::State::room() const {
    const auto used = disk.used();
    return used < capacity ? capacity - used : 0;
}

FileSystem::FileSystem() : m_state(std::make_shared<State>()) {}

FileSystem::~FileSystem() = default;

Result<std::unique_ptr<env::File>> FileSystem::open_read(const std::string& path) {
    const std::lock_guard lock(m_state->mutex);
    const auto open = [&](const std::string& place) -> Result<std::unique_ptr<env::File>> {
        TRY(const auto node, m_state->disk.find(place));
        if (node->type != env::FileType::file) return fail(Errc::io, path + ": Is a directory");
        return std::make_unique<OpenFile>(m_state, node, path, false);
    };
    return m_state->run(Operation::open_read, path, open);
}

Result<std::unique_ptr<env::File>> FileSystem::create(const std::string& path, bool secret) {
    NodePtr node;
    const auto make = [&](const std::string& place) -> Result<> {
        TRY(node, m_state->disk.create(place, env::FileType::file));
        node->secret = secret;
        return {};
    };
    const std::lock_guard lock(m_state->mutex);
    CHECK_OK(m_state->run(Operation::create, path, make));
    return std::make_unique<OpenFile>(m_state, node, path, true);
}

Result<> FileSystem::rename(const std::string& from, const std::string& to) {
    const std::lock_guard lock(m_state->mutex);
    return m_state->run(Operation::rename, to, [&](const std::string& target) -> Result<> {
        TRY(const auto source, m_state->where(from));
        return m_state->disk.rename(source, target);
    });
}

Result<> FileSystem::rename_new(const std::string& from, const std::string& to) {
    const std::lock_guard lock(m_state->mutex);
    return m_state->run(Operation::rename, to, [&](const std::string& target) -> Result<> {
        TRY(const auto source, m_state->where(from));
        if (m_state->disk.find(target)) return fail(Errc::exists, to + ": File exists");
        return m_state->disk.rename(source, target);
    });
}

Result<> FileSystem::remove(const std::string& path) {
    const std::lock_guard lock(m_state->mutex);
    return m_state->run(Operation::remove, path, [&](const std::string& place) {
        return m_state->disk.remove(place, env::FileType::file);
    });
}

Result<> FileSystem::make_directory(const std::string& path, bool /*secret*/) {
    const std::lock_guard lock(m_state->mutex);
    return m_state->run(Operation::make_directory, path, [&](const std::string& place) -> Result<> {
        const auto found = m_state->disk.find(place);
        if (found && (*found)->type == env::FileType::directory) return {};
        CHECK_OK(m_state->disk.create(place, env::FileType::directory));
        return {};
    });
}

Result<> FileSystem::remove_directory(const std::string& path) {
    const std::lock_guard lock(m_state->mutex);
    return m_state->run(Operation::remove_directory, path, [&](const std::string& place) {
        return m_state->disk.remove(place, env::FileType::directory);
    });
}

Result<> FileSystem::sync_directory(const std::string& path) {
    const std::lock_guard lock(m_state->mutex);
    return m_state->run(Operation::sync_directory, path, [&](const std::string& place) {
        return m_state->disk.sync_directory(place);
    });
}

Result<std::vector<env::DirectoryEntry>> FileSystem::list(const std::string& path) {
    using Found = Result<std::vector<env::DirectoryEntry>>;
    const std::lock_guard lock(m_state->mutex);
    return m_state->run(Operation::list, path, [&](const std::string& place) -> Found {
        TRY(const auto node, m_state->disk.find(place));
        if (node->type != env::FileType::directory)
            return fail(Errc::io, path + ": Not a directory");
        std::vector<env::DirectoryEntry> out;
        // Backwards, so that nobody comes to rely on an order that no disk promises.
        for (auto entry = node->entries.rbegin(); entry != node->entries.rend(); ++entry)
            out.push_back({entry->first, entry->second->type});
        return out;
    });
}

Result<env::FileStatus> FileSystem::status(const std::string& path) {
    const std::lock_guard lock(m_state->mutex);
    return m_state->run(Operation::status, path,
                        [&](const std::string& place) -> Result<env::FileStatus> {
                            TRY(const auto node, m_state->disk.find(place));
                            return env::FileStatus{node->type, node->content.size()};
                        });
}

Result<env::Space> FileSystem::space(const std::string& path) {
    const std::lock_guard lock(m_state->mutex);
    return m_state->run(Operation::space, path,
                        [&](const std::string& place) -> Result<env::Space> {
                            CHECK_OK(m_state->disk.find(place));
                            return env::Space{m_state->room(), m_state->capacity};
                        });
}

void FileSystem::set_crash_after(std::uint64_t n) {
    ENSURE(n != 0);
    const std::lock_guard lock(m_state->mutex);
    m_state->power_left = n;
}

std::unique_ptr<FileSystem> FileSystem::crash(std::uint64_t seed) const {
    auto out = std::make_unique<FileSystem>();
    Prng chance(seed);
    const std::lock_guard lock(m_state->mutex);
    out->m_state->disk = m_state->disk.after_power_cut(chance);
    out->m_state->capacity = m_state->capacity;
    return out;
}

bool FileSystem::is_without_power() const {
    const std::lock_guard lock(m_state->mutex);
    return m_state->power_gone;
}

void FileSystem::set_capacity(std::uint64_t bytes) {
    const std::lock_guard lock(m_state->mutex);
    m_state->capacity = bytes;
}

void FileSystem::set_read_only(bool value) {
    const std::lock_guard lock(m_state->mutex);
    m_state->read_only = value;
}

void FileSystem::vanish(const std::string& path, Vanished how) {
    const std::lock_guard lock(m_state->mutex);
    m_state->vanished[path] = how;
    if (how != Vanished::empty_mount_point) return;
    for (auto end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1))
        (void)m_state->disk.create(beneath + path.substr(0, end), env::FileType::directory);
    (void)m_state->disk.create(beneath + path, env::FileType::directory);
}

void FileSystem::reappear(const std::string& path) {
    const std::lock_guard lock(m_state->mutex);
    m_state->vanished.erase(path);
}

void FileSystem::fail_nth(Operation operation, std::uint64_t n, Errc code) {
    ENSURE(n != 0);
    const std::lock_guard lock(m_state->mutex);
    m_state->faults.push_back({operation, n, code});
}

void FileSystem::fail_nth_change(std::uint64_t n, Errc code) {
    ENSURE(n != 0);
    const std::lock_guard lock(m_state->mutex);
    m_state->faults.push_back({std::nullopt, n, code});
}

void FileSystem::flip(const std::string& path, std::uint64_t bit) {
    const std::lock_guard lock(m_state->mutex);
    const auto node = m_state->disk.find(path);
    ENSURE(node && bit / 8 < (*node)->content.size());
    (*node)->content[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
}

std::uint64_t FileSystem::operation_count() const {
    const std::lock_guard lock(m_state->mutex);
    return m_state->events.size();
}

std::vector<Event> FileSystem::operations() const {
    const std::lock_guard lock(m_state->mutex);
    return m_state->events;
}

std::vector<FoundFile> FileSystem::files_below(const std::string& path) const {
    const std::lock_guard lock(m_state->mutex);
    std::vector<FoundFile> out;
    std::vector<std::string> left{path};
    while (!left.empty()) {
        const auto place = left.back();
        left.pop_back();
        const auto node = m_state->disk.find(place);
        if (!node) continue;
        if ((*node)->type == env::FileType::file)
            out.push_back({place, (*node)->content.size(), (*node)->secret});
        for (const auto& [name, child] : (*node)->entries)
            left.push_back((place == "/" ? place : place + "/") + name);
    }
    std::ranges::sort(out, {}, &FoundFile::path);
    return out;
}

} // namespace torgo::sim
