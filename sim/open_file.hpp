#pragma once

#include "sim/state.hpp"

#include <memory>
#include <string>

namespace torgo::sim {

/// A File on a node of the disk; the node stays while it is open, even when its name goes.
class FileSystem::OpenFile final : public env::File {
public:
    OpenFile(std::shared_ptr<State> state, NodePtr node, std::string path, bool writable);
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    OpenFile(OpenFile&&) = delete;
    OpenFile& operator=(OpenFile&&) = delete;
    ~OpenFile() override;

    Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override;
    Result<> append(ByteView bytes) override;
    Result<std::uint64_t> size() override;
    Result<> sync() override;
    Result<> lock_shared() override;
    Result<bool> try_lock_exclusive() override;

private:
    enum class Lock : std::uint8_t { none, shared, exclusive };

    State::Outcome begin(Operation operation);
    void release();

    std::shared_ptr<State> m_state;
    NodePtr m_node;
    std::string m_path;
    bool m_writable;
    Lock m_lock = Lock::none;
};

} // namespace torgo::sim
