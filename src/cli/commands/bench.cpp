#include "chunk/cutter.hpp"
#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "crypto/hash.hpp"
#include "crypto/kdf.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "env/random.hpp"
#include "seal/keys.hpp"
#include "seal/sealer.hpp"
#include "segment/splitter.hpp"

#include <array>
#include <cstring>
#include <functional>
#include <memory>

namespace torgo::cli {

namespace {

constexpr std::size_t buffer_size = 16_MiB;
constexpr std::size_t chunk_size = 1_MiB;
constexpr std::int64_t stage_ns_min = 300'000'000;
constexpr std::uint64_t disk_bytes = 256_MiB;
constexpr double second_ns = 1e9;
constexpr double mebibyte = 1 << 20;

struct BenchArgs {
    std::string folder;
    std::uint32_t level = seal::zstd_level_default;
};

/// Text-like bytes: words of a small dictionary in random order, so that zstd has work to do.
Bytes text_like(env::Random& random, std::size_t size) {
    std::array<std::uint8_t, 4096> seeds{};
    Bytes out;
    out.reserve(size + 16);
    while (out.size() < size) {
        random.fill(seeds);
        for (const auto seed : seeds) {
            const std::uint32_t word = seed * 2654435761U;
            for (unsigned i = 0; i < 3 + (seed & 7U); ++i) {
                out.push_back(static_cast<std::uint8_t>('a' + ((word >> (3 * i)) & 15U)));
            }
            out.push_back(' ');
        }
    }
    out.resize(size);
    return out;
}

class Bench {
public:
    Bench(const Context& context, const BenchArgs& args) : m_context(context), m_args(args) {
        m_noise.resize(buffer_size);
        context.world.random->fill(m_noise);
        m_text = text_like(*context.world.random, buffer_size);
        m_table.column("Stage");
        m_table.column("What");
        m_table.column("MiB/s", Table::Align::right);
    }

    Result<> run() {
        m_context.out.say(crypto_line());
        CHECK_OK(cut());
        CHECK_OK(hash());
        for (const auto suite :
             {seal::Suite::chimera256, seal::Suite::chimera512, seal::Suite::chimera2048}) {
            CHECK_OK(seal(suite));
        }
        CHECK_OK(segment({2, 4}));
        CHECK_OK(segment({6, 12}));
        CHECK_OK(password());
        if (!m_args.folder.empty()) CHECK_OK(disk());
        m_context.out.lines(m_table.lines());
        return {};
    }

private:
    static std::string crypto_line() { return "One core, 1 MiB chunks; higher is faster."; }

    std::int64_t now() const { return m_context.world.clock->monotonic_ns(); }

    void row(const std::string& stage, const std::string& what, std::uint64_t bytes,
             std::int64_t took_ns) {
        const auto rate =
            static_cast<double>(bytes) / mebibyte / (static_cast<double>(took_ns) / second_ns);
        m_context.out.object(
            Json("stage").text("stage", stage).text("what", what).real("mib_per_second", rate));
        m_table.row({stage, what, count_text(static_cast<std::uint64_t>(rate))});
    }

    /// Runs `once`, which treats one whole buffer, until the clock has something to say.
    Result<> measure(const std::string& stage, const std::string& what,
                     const std::function<Result<>()>& once) {
        CHECK_OK(once()); // memory and caches get warm
        std::uint64_t bytes = 0;
        const auto start = now();
        while (now() - start < stage_ns_min) {
            if (m_context.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
            CHECK_OK(once());
            bytes += buffer_size;
        }
        row(stage, what, bytes, now() - start);
        return {};
    }

    static std::vector<ByteView> chunks_of(ByteView data) {
        std::vector<ByteView> out;
        for (std::size_t at = 0; at < data.size(); at += chunk_size) {
            out.push_back(data.subspan(at, chunk_size));
        }
        return out;
    }

    Result<> cut() {
        std::array<std::uint8_t, 32> key{};
        m_context.world.random->fill(key);
        const chunk::Cutter cutter(key);
        return measure("cut", "content-defined", [&]() -> Result<> {
            for (ByteView rest = m_noise; !rest.empty();)
                rest = rest.subspan(cutter.next(rest));
            return {};
        });
    }

    Result<> hash() {
        return measure("hash", "SHA-256, many lanes", [&]() -> Result<> {
            const auto chunks = chunks_of(m_noise);
            std::vector<Digest> digests(chunks.size());
            crypto::sha256_lanes(chunks, digests);
            return {};
        });
    }

    Result<seal::Keys> keys(seal::Suite suite) const {
        std::vector<crypto::SecretBytes> heads;
        for (std::size_t i = 0; i < seal::head_count(suite); ++i) {
            heads.emplace_back(seal::head_size(suite));
            m_context.world.random->fill(heads.back().span());
        }
        crypto::SecretBytes dedup(seal::dedup_secret_size);
        m_context.world.random->fill(dedup.span());
        return seal::Keys::derive(suite, RepoId{}, 1, heads, dedup);
    }

    Result<> seal(seal::Suite suite) {
        TRY(const auto repository_keys, keys(suite));
        seal::Sealer sealer(repository_keys, static_cast<int>(m_args.level),
                            *m_context.world.random);
        const auto chunks = chunks_of(m_noise);
        if (suite == seal::Suite::chimera256) CHECK_OK(name_and_compress(repository_keys, sealer));
        std::vector<ChunkId> ids(chunks.size());
        repository_keys.ids(seal::ChunkType::data, chunks, ids);
        Bytes out(chunk_size + seal::tag_size);
        const auto bits = std::to_string(seal::head_count(suite) * seal::head_size(suite) * 8);
        return measure("seal", "CHIMERA-" + bits, [&]() -> Result<> {
            for (std::size_t i = 0; i < chunks.size(); ++i) {
                TRY(const auto header, sealer.seal(seal::ChunkType::data, ids[i], chunks[i],
                                                   {.bytes = chunks[i], .flags = 0}, false, out));
                if (header.sealed_size() != out.size()) return fail(Errc::corrupt, "sealed size");
            }
            return {};
        });
    }

    Result<> name_and_compress(const seal::Keys& repository_keys, seal::Sealer& sealer) {
        const auto noise = chunks_of(m_noise);
        std::vector<ChunkId> ids(noise.size());
        CHECK_OK(measure("id", "HMAC-SHA-256", [&]() -> Result<> {
            repository_keys.ids(seal::ChunkType::data, noise, ids);
            return {};
        }));
        std::size_t smaller = 0;
        const auto once = [&](const Bytes& data) -> Result<> {
            smaller = 0;
            for (const auto chunk : chunks_of(data))
                smaller += sealer.compress(chunk).bytes.size();
            return {};
        };
        const auto level = "zstd-" + std::to_string(m_args.level);
        CHECK_OK(once(m_text));
        const auto percent = std::to_string(100 * smaller / m_text.size());
        CHECK_OK(measure("compress", level + ", text to " + percent + " %",
                         [&] { return once(m_text); }));
        return measure("compress", level + ", noise", [&] { return once(m_noise); });
    }

    Result<> segment(segment::Code code) {
        const auto what = std::to_string(code.k) + " of " + std::to_string(code.n);
        return measure("segment", what, [&]() -> Result<> {
            TRY(auto splitter, segment::Splitter::create(code, segment::PackClass::data, RepoId{},
                                                         m_noise.size()));
            std::size_t written = 0;
            const auto sink = [&](unsigned, ByteView bytes) -> Result<> {
                written += bytes.size();
                return {};
            };
            CHECK_OK(splitter.add(m_noise, sink));
            TRY(const auto info, splitter.finish(sink));
            return info.valid() && written != 0 ? Result<>{} : fail(Errc::corrupt, "segments");
        });
    }

    Result<> password() {
        constexpr crypto::Argon2Cost cost{.memory_kib = 64 * 1024, .passes = 3, .lanes = 4};
        const std::array<std::uint8_t, 16> salt{};
        const auto start = now();
        TRY(const auto key, crypto::argon2id(as_bytes("bench"), salt, cost, 32));
        const auto took = now() - start;
        row("pass phrase", "Argon2id 64 MiB, " + std::to_string(took / 1'000'000) + " ms",
            std::uint64_t{cost.memory_kib} * 1024 * cost.passes, took);
        return key.size() == 32 ? Result<>{} : fail(Errc::corrupt, "key size");
    }

    Result<> disk() {
        TRY(const auto folder, m_context.environment.absolute(m_args.folder));
        const auto path = folder + "/torgo-bench.tmp";
        auto done = disk_at(path);
        const auto removed = m_context.world.files->remove(path);
        return done ? removed : done;
    }

    Result<> disk_at(const std::string& path) {
        TRY(const auto file, m_context.world.files->create(path, true));
        const auto start = now();
        for (std::uint64_t done = 0; done < disk_bytes; done += m_noise.size()) {
            if (m_context.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
            CHECK_OK(file->append(m_noise));
        }
        CHECK_OK(file->sync());
        row("disk", "write and flush", disk_bytes, now() - start);
        constexpr int flushes = 16;
        const auto before = now();
        for (int i = 0; i < flushes; ++i) {
            CHECK_OK(file->append(ByteView(m_noise).first(4_KiB)));
            CHECK_OK(file->sync());
        }
        const auto each_us = (now() - before) / flushes / 1000;
        m_table.row(
            {"disk", "one flush, " + count_text(static_cast<std::uint64_t>(each_us)) + " us", ""});
        m_context.out.object(Json("stage")
                                 .text("stage", "disk")
                                 .text("what", "one flush")
                                 .number("microseconds", static_cast<std::uint64_t>(each_us)));
        return {};
    }

    const Context& m_context;
    const BenchArgs& m_args;
    Bytes m_noise;
    Bytes m_text;
    Table m_table;
};

Result<ExitCode> run_bench(const Context& context, const BenchArgs& args) {
    CHECK_OK(Bench(context, args).run());
    return ExitCode::ok;
}

} // namespace

Command bench_command() {
    auto args = std::make_shared<BenchArgs>();
    Command command;
    command.name = "bench";
    command.summary = "say how fast this machine is at each stage";
    command.description =
        "Measures the stages of a backup one by one on one core, and with --dir a disk: cut into "
        "chunks, name them, compress, seal, spread over heads, write. The slowest stage bounds a "
        "backup; stages run on all cores at once.";
    auto folder = text_option(args->folder, "dir", "DIR",
                              "also write and flush 256 MiB in this folder (a head, say)");
    folder.offer = Offer::folder;
    command.options = {std::move(folder), number_option(args->level, "compression", "LEVEL",
                                                        {1, 19}, "zstd level; 2 when not given")};
    command.examples = {{"torgo bench --dir /mnt/disk1", "where would a backup spend its time?"}};
    command.run = [args](const Context& context) {
        return run_bench(context, *args);
    };
    return command;
}

} // namespace torgo::cli
