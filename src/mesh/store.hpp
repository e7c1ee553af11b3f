#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <functional>
#include <map>

namespace torgo::mesh {

/// What a record is about; the low 16 bits of its key tell several of one kind apart.
enum class RecordKind : std::uint16_t {
    identity = 1,
    iv_index = 2,
    sequence = 3,
    states = 4,
    subnet = 5,      ///< by NetKey index
    application = 6, ///< by AppKey index
    models = 7,
    replay = 8, ///< by source
    blob = 9,   ///< by element: a BLOB coming in
};

using RecordKey = std::uint32_t;

constexpr RecordKey record_key(RecordKind kind, std::uint16_t which = 0) {
    return static_cast<std::uint32_t>(kind) << 16U | which;
}

/// Small records that outlive a power cut.
class Store {
public:
    static constexpr std::size_t record_max = 4096;

    virtual ~Store() = default;

    /// Replaces a record; when it returns without error the record survives a power cut, after an
    /// error or a cut either it or the one before is there. An empty record is none.
    ///
    /// errors  `limit_exceeded` over record_max; those of the disk
    virtual Result<> save(RecordKey key, ByteView record) = 0;

    /// Every record, in order of key.
    virtual void each(const std::function<void(RecordKey, ByteView)>& visit) const = 0;

    /// Removes all records: the node has left its network.
    virtual Result<> clear() = 0;
};

/// Records in memory, for simulations and as the image of a file. It survives what is built on it.
class MemoryStore final : public Store {
public:
    MemoryStore() = default;
    MemoryStore(const MemoryStore&) = default;
    MemoryStore& operator=(const MemoryStore&) = delete;
    ~MemoryStore() override { wipe_all(); }

    Result<> save(RecordKey key, ByteView record) override;
    void each(const std::function<void(RecordKey, ByteView)>& visit) const override;
    Result<> clear() override;

    std::size_t bytes() const { return m_bytes; }

    std::size_t count() const { return m_records.size(); }

private:
    void wipe_all();

    std::map<RecordKey, Bytes> m_records;
    std::size_t m_bytes = 0;
};

} // namespace torgo::mesh
