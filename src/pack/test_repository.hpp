#pragma once

#include "pack/builder.hpp"
#include "pack/reader.hpp"
#include "seal/fixed_random.hpp"

#include <vector>

/// For tests: the keys that tests/vectors/pack.json speaks of, and chunks sealed with them.
namespace torgo::pack {

inline RepoId test_repo(std::uint8_t first = 0) {
    RepoId repo;
    for (std::size_t i = 0; i < repo.bytes.size(); ++i)
        repo.bytes[i] = static_cast<std::uint8_t>(first + i);
    return repo;
}

inline seal::Keys test_keys(std::uint32_t epoch = 7, const RepoId& repo = test_repo(),
                            seal::Suite suite = seal::Suite::chimera2048) {
    std::vector<crypto::SecretBytes> heads;
    for (std::size_t h = 0; h < seal::head_count(suite); ++h) {
        heads.emplace_back(seal::head_size(suite));
        for (std::size_t i = 0; i < heads[h].size(); ++i)
            heads[h].span()[i] = static_cast<std::uint8_t>(16 * (h + 1) + i);
    }
    crypto::SecretBytes dedup(seal::dedup_secret_size);
    for (std::size_t i = 0; i < dedup.size(); ++i)
        dedup.span()[i] = static_cast<std::uint8_t>(128 + i);
    return seal::Keys::derive(suite, repo, epoch, heads, dedup).value();
}

/// Everything needed to seal into and read from packs.
struct TestRepository {
    explicit TestRepository(std::uint32_t epoch = 7, const RepoId& repo = test_repo())
        : keys(test_keys(epoch, repo)), random(epoch), sealer(keys, 1, random) {}

    /// Seals a chunk into the builder; false when it does not fit.
    bool add(Builder& builder, ByteView message, seal::ChunkType type = seal::ChunkType::data) {
        const auto slot = builder.reserve(message.size());
        if (!slot) return false;
        const auto header = sealer.seal(type, keys.id(type, message), message,
                                        {.bytes = message, .flags = 0}, false, slot->out);
        builder.fill(*slot, header.value());
        return true;
    }

    std::vector<Finished> finish(Builder& builder, bool last) {
        return builder.finish(sealer, keys, random, last).value();
    }

    EpochKeys epoch() { return {.keys = &keys, .sealer = &sealer}; }

    Result<std::vector<Entry>> read(ByteView pack) {
        const std::array epochs{epoch()};
        return read_with(pack, epochs);
    }

    static Result<std::vector<Entry>> read_with(ByteView pack, std::span<const EpochKeys> epochs) {
        const ReadAt read = [&](std::uint64_t offset, ByteSpan out) -> Result<> {
            if (offset > pack.size() || out.size() > pack.size() - offset)
                return fail(Errc::io, "beyond the end");
            std::ranges::copy(pack.subspan(offset, out.size()), out.begin());
            return {};
        };
        return read_entries(pack.size(), read, epochs);
    }

    /// The plaintext of a chunk of a pack.
    Result<Bytes> open(ByteView pack, const Entry& entry) {
        Bytes plain;
        CHECK_OK(sealer.open(entry.header, pack.subspan(entry.offset, entry.header.sealed_size()),
                             plain));
        return plain;
    }

    seal::Keys keys;
    seal::FixedRandom random;
    seal::Sealer sealer;
};

inline Bytes message(std::size_t size, std::uint8_t seed = 1) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<std::uint8_t>(i * 7 + seed + i / 256);
    return out;
}

} // namespace torgo::pack
