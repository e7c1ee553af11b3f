#include "cli/mirroring.hpp"

#include "base/codec.hpp"
#include "peer/head.hpp"

namespace torgo::cli {

namespace {

constexpr std::size_t memory_size = 8 + 1 + 8 + Digest::size;

std::string memory_path(const peer::Ledger& own, const PeerId& node) {
    return own.folder().path() + "/node-" + node.hex();
}

} // namespace

NodeMemory load_memory(env::FileSystem& files, const peer::Ledger& own, const PeerId& node) {
    NodeMemory out;
    const auto bytes = env::read_file(files, memory_path(own, node), memory_size);
    if (!bytes || bytes->size() != memory_size) return out;
    Reader in(*bytes);
    const auto digest = in.id<Digest>().value_or(Digest{});
    const auto number = in.get<std::uint64_t>().value_or(0);
    out.mirrored = in.get<std::uint64_t>().value_or(0);
    const auto known = in.get<std::uint8_t>().value_or(0);
    if (known == 1) out.seen = peer::Seen{number, digest};
    return out;
}

// PEER-34
Result<> save_memory(env::FileSystem& files, const peer::Ledger& own, const PeerId& node,
                     const NodeMemory& memory) {
    CHECK_OK(own.folder().make());
    const auto seen = memory.seen.value_or(peer::Seen{});
    Writer out;
    out.raw(seen.digest.view()).put(seen.number).put(memory.mirrored);
    out.put(static_cast<std::uint8_t>(memory.seen ? 1 : 0));
    return env::write_file_atomically(files, memory_path(own, node), out.view());
}

Result<std::vector<peer::KeptBatch>> read_own(const peer::Ledger& ledger, std::uint64_t from) {
    const auto& folder = ledger.folder();
    std::vector<peer::KeptBatch> batches;
    TRY(const auto numbers, folder.numbers());
    for (const auto number : numbers) {
        if (number < from) continue;
        TRY(auto bytes, folder.read(number));
        batches.push_back({number, std::move(bytes)});
    }
    return batches;
}

Result<> mirror(peer::Exchanger& node, const RepoId& repository,
                const std::vector<peer::KeptBatch>& own, NodeMemory& memory) {
    for (const auto& batch : own) {
        if (batch.number < memory.mirrored) continue;
        CHECK_OK(peer::mirror_batch(node, repository, batch.bytes));
        memory.mirrored = batch.number + 1;
    }
    return {};
}

Result<> bring_up_to_date(env::FileSystem& files, peer::Exchanger& node, const PeerId& id,
                          const RepoId& repository, const peer::Ledger& own) {
    auto memory = load_memory(files, own, id);
    TRY(const auto batches, read_own(own, memory.mirrored));
    if (batches.empty()) return {};
    const auto left = mirror(node, repository, batches, memory);
    CHECK_OK(save_memory(files, own, id, memory));
    return left;
}

} // namespace torgo::cli
