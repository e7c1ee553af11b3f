// SPDX-License-Identifier: MIT
// Files of the local index: runs and the manifest that names them. They are the machine's own, and
// may be damaged or put there by somebody else. Oracle: what a run that was accepted holds is
// found in it, block by block, or the block is refused.
#include "base/ensure.hpp"
#include "index/manifest.hpp"
#include "index/run.hpp"
#include "sim/file_system.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using namespace torgo;

constexpr const char* path = "/run";
constexpr std::uint64_t blocks_looked_at = 64;

void read_manifest(ByteView bytes) {
    const auto manifest = index::Manifest::decode(bytes);
    if (!manifest) return;
    const auto again = index::Manifest::decode(manifest->encode());
    ENSURE(again && again->generation == manifest->generation && again->runs == manifest->runs);
}

void read_run(ByteView bytes) {
    if (bytes.size() < index::RunTrailer::size) return;
    const auto trailer = index::RunTrailer::decode(bytes.last(index::RunTrailer::size));
    if (!trailer) return;
    sim::FileSystem files;
    ENSURE(files.create(path, false).value()->append(bytes).has_value());
    const auto run = index::Run::open(files, path, trailer->fingerprint);
    if (!run) return;
    for (std::uint64_t block = 0; block < blocks_looked_at; ++block) {
        std::vector<index::Entry> entries;
        if (block * index::entries_per_block >= (*run)->count()) break;
        if (!(*run)->read_entries(block, 1, entries)) continue;
        for (const auto& entry : entries)
            (void)(*run)->find(entry.id);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    read_manifest(bytes);
    read_run(bytes);
    return 0;
}
