#include "sim/open_file.hpp"

#include <algorithm>
#include <utility>

namespace torgo::sim {

FileSystem::OpenFile::OpenFile(std::shared_ptr<State> state, NodePtr node, std::string path,
                               bool writable)
    : m_state(std::move(state)),
      m_node(std::move(node)),
      m_path(std::move(path)),
      m_writable(writable) {}

FileSystem::OpenFile::~OpenFile() {
    const std::lock_guard lock(m_state->mutex);
    release();
}

/// An open file of a disk that was unmounted lives on; of one that was pulled out it does not.
FileSystem::State::Outcome FileSystem::OpenFile::begin(Operation operation) {
    auto outcome = m_state->begin(operation, m_path);
    if (outcome.error) return outcome;
    const auto place = m_state->where(m_path);
    if (!place && place.error().code() == Errc::io) return {place.error(), State::Effect::none};
    return outcome;
}

Result<std::size_t> FileSystem::OpenFile::read_at(std::uint64_t offset, ByteSpan out) {
    const std::lock_guard lock(m_state->mutex);
    if (auto outcome = begin(Operation::read); outcome.error)
        return std::unexpected(std::move(*outcome.error));
    const auto size = m_node->content.size();
    if (offset >= size) return std::size_t{0};
    const auto count = std::min<std::size_t>(out.size(), size - offset);
    std::ranges::copy(ByteView(m_node->content).subspan(offset, count), out.begin());
    return count;
}

Result<> FileSystem::OpenFile::append(ByteView bytes) {
    const std::lock_guard lock(m_state->mutex);
    if (!m_writable) return fail(Errc::io, m_path + ": Bad file descriptor");
    const auto outcome = begin(Operation::append);
    auto wanted = bytes.size();
    if (outcome.effect == State::Effect::none) wanted = 0;
    if (outcome.effect == State::Effect::part) wanted /= 2;
    const auto written = std::min<std::uint64_t>(wanted, m_state->room());
    Disk::append(*m_node, bytes.first(written));
    if (outcome.error) return std::unexpected(*outcome.error);
    if (written < bytes.size()) return fail(Errc::no_space, m_path + ": No space left on device");
    return {};
}

Result<std::uint64_t> FileSystem::OpenFile::size() {
    const std::lock_guard lock(m_state->mutex);
    if (auto outcome = begin(Operation::status); outcome.error)
        return std::unexpected(std::move(*outcome.error));
    return m_node->content.size();
}

Result<> FileSystem::OpenFile::sync() {
    const std::lock_guard lock(m_state->mutex);
    const auto outcome = begin(Operation::sync);
    if (!outcome.error) {
        Disk::sync(*m_node);
        return {};
    }
    if (!m_state->power_gone) Disk::drop_unsynced(*m_node);
    return std::unexpected(*outcome.error);
}

Result<> FileSystem::OpenFile::lock_shared() {
    std::unique_lock lock(m_state->mutex);
    const auto is_free = [&] {
        return m_lock == Lock::exclusive || !m_node->exclusive_lock;
    };
    m_state->unlocked.wait(lock, is_free);
    release();
    ++m_node->shared_locks;
    m_lock = Lock::shared;
    return {};
}

Result<bool> FileSystem::OpenFile::try_lock_exclusive() {
    const std::lock_guard lock(m_state->mutex);
    if (m_lock == Lock::exclusive) return true;
    const auto own = m_lock == Lock::shared ? 1U : 0U;
    if (m_node->shared_locks != own || m_node->exclusive_lock) return false;
    release();
    m_node->exclusive_lock = true;
    m_lock = Lock::exclusive;
    return true;
}

void FileSystem::OpenFile::release() {
    if (m_lock == Lock::shared) --m_node->shared_locks;
    if (m_lock == Lock::exclusive) m_node->exclusive_lock = false;
    m_lock = Lock::none;
    m_state->unlocked.notify_all();
}

} // namespace torgo::sim
