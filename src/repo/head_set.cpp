#include "repo/head_set.hpp"

#include "crypto/hash.hpp"
#include "repo/repository.hpp"
#include "segment/splitter.hpp"

#include <algorithm>
#include <set>
#include <thread>

namespace torgo::repo {

namespace {

constexpr std::size_t hash_digits = 64;
constexpr std::size_t write_stripes = 16; ///< handed over at a time: 2 MiB of a pack at 2 of 4

/// One pack on its way to the heads: a writer for each segment, or none after its head failed.
class Spread {
public:
    Spread(std::size_t count) : m_writers(count), m_errors(count) {}

    void begin(std::size_t segment, head::Head* head, std::uint64_t size) {
        if (head == nullptr) return;
        auto writer = head->begin_segment(size);
        if (writer)
            m_writers[segment] = *std::move(writer);
        else
            m_errors[segment] = std::move(writer).error();
    }

    Result<> append(std::size_t segment, ByteView bytes) {
        auto& writer = m_writers[segment];
        if (!writer) return {};
        if (auto done = writer->append(bytes); !done) give_up(segment, std::move(done).error());
        m_bytes += bytes.size();
        return {};
    }

    /// All at once: each commit waits for its own disk.
    void commit(const std::vector<SegmentId>& names) {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < m_writers.size(); ++i) {
            if (!m_writers[i]) continue;
            threads.emplace_back([this, i, &names] {
                if (auto done = m_writers[i]->commit(names[i]); !done)
                    give_up(i, std::move(done).error());
            });
        }
    }

    std::vector<std::size_t> missing() const {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < m_writers.size(); ++i)
            if (!m_writers[i]) out.push_back(i);
        return out;
    }

    std::uint64_t bytes() const { return m_bytes; }

    /// The most telling reason: a full disk before a missing one.
    std::optional<Error> reason() const {
        std::optional<Error> first;
        for (const auto& error : m_errors) {
            if (!error) continue;
            if (error->code() == Errc::no_space) return error;
            if (!first) first = error;
        }
        return first;
    }

private:
    void give_up(std::size_t segment, Error error) {
        m_errors[segment] = std::move(error);
        m_writers[segment].reset();
    }

    std::vector<std::unique_ptr<head::SegmentWriter>> m_writers;
    std::vector<std::optional<Error>> m_errors;
    std::uint64_t m_bytes = 0;
};

Error too_few(std::size_t usable, std::size_t total, std::size_t needed, const Error* reason) {
    auto text = "only " + std::to_string(usable) + " of " + std::to_string(total) +
                " heads could be written, " + std::to_string(needed) + " are needed";
    if (reason != nullptr) text += " (" + reason->detail() + ")";
    const bool full = reason != nullptr && reason->code() == Errc::no_space;
    return {full ? Errc::no_space : Errc::too_few_heads, std::move(text)};
}

} // namespace

// REPO-37
bool fits_name(const std::string& name, ByteView content) {
    const auto dash = name.rfind('-');
    if (dash == std::string::npos || name.size() - dash - 1 != hash_digits) return true;
    return crypto::sha256(content).hex() == name.substr(dash + 1);
}

HeadSet::HeadSet(const head::Opener& opener, std::vector<std::string> uris)
    : m_opener(opener), m_uris(std::move(uris)), m_heads(m_uris.size()), m_errors(m_uris.size()) {}

void HeadSet::try_open(std::size_t index) {
    const auto& uri = m_uris[index];
    if (uri == unknown_head) {
        m_errors[index] = Error(Errc::unavailable,
                                "the place of head " + std::to_string(index + 1) + " is not known");
        return;
    }
    auto opened = m_opener.open(uri);
    if (!opened) { // of a kind this version does not know: the others may be enough
        m_errors[index] = std::move(opened).error();
        return;
    }
    auto usable = (*opened)->probe();
    const bool readable = usable || usable.error().code() == Errc::read_only ||
                          usable.error().code() == Errc::permission;
    if (readable) m_heads[index] = *std::move(opened);
    if (!usable) m_errors[index] = std::move(usable).error();
}

Result<std::unique_ptr<HeadSet>> HeadSet::open(const head::Opener& opener,
                                               const std::vector<std::string>& uris) {
    std::unique_ptr<HeadSet> set(new HeadSet(opener, uris));
    {
        std::vector<std::jthread> threads; // a head that is gone may let us wait
        for (std::size_t i = 0; i < uris.size(); ++i)
            threads.emplace_back([&set, i] { set->try_open(i); });
    }
    const bool all_empty = std::ranges::all_of(set->m_errors, [](const auto& error) {
        return error && error->code() == Errc::not_a_repository;
    });
    if (all_empty)
        return fail(
            Errc::not_a_repository,
            "none of the heads holds a repository, or none lets this machine see it (looked "
            "at " +
                uris.front() + " …)");
    if (set->usable() == 0)
        return fail(Errc::unavailable, "no head answers: " + set->m_errors.front()->detail());
    return set;
}

const Error* HeadSet::why_not(std::size_t index) const {
    const auto& error = m_errors.at(index);
    return error ? &*error : nullptr;
}

std::size_t HeadSet::usable() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(m_heads, [](const auto& head) { return head != nullptr; }));
}

void HeadSet::require_repository(const RepoId& id) {
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        if (!m_heads[i]) continue;
        const auto status = m_heads[i]->status();
        if (status && status->repository == id && status->index == i) continue;
        m_errors[i] = status ? Error(Errc::invalid_argument,
                                     m_uris[i] + " is head " + std::to_string(status->index + 1) +
                                         " of repository " + status->repository.hex())
                             : status.error();
        m_heads[i].reset();
    }
}

Result<> HeadSet::recreate(std::size_t index, const RepoId& id, const Bytes& owner) {
    TRY(auto head,
        m_opener.create(m_uris.at(index),
                        {.repository = id, .index = static_cast<unsigned>(index), .owner = owner}));
    m_heads[index] = std::move(head);
    m_errors[index].reset();
    return {};
}

// REPO-40
Result<> HeadSet::put_root(const std::string& name, ByteView content, std::size_t needed) {
    std::vector<std::optional<Error>> errors(m_heads.size());
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < m_heads.size(); ++i) {
            if (!m_heads[i]) continue;
            threads.emplace_back([this, i, &name, content, &errors] {
                if (auto put = m_heads[i]->put_root(name, content); !put)
                    errors[i] = std::move(put).error();
            });
        }
    }
    std::size_t done = usable();
    const Error* reason = nullptr;
    for (const auto& error : errors) {
        if (!error) continue;
        --done;
        if (reason == nullptr || error->code() == Errc::no_space) reason = &*error;
    }
    if (done < needed) return std::unexpected(too_few(done, m_heads.size(), needed, reason));
    return {};
}

Result<Bytes> HeadSet::get_root(const std::string& name) const {
    return get_root(name, [&](ByteView content) { return fits_name(name, content); });
}

Result<Bytes> HeadSet::get_root(const std::string& name, const Good& good) const {
    std::optional<Error> worst;
    for (const auto& head : m_heads) {
        if (!head) continue;
        auto content = head->get_root(name);
        if (content && good(*content)) return content;
        if (content)
            worst = Error(Errc::corrupt, name + " on " + head->uri() + " is damaged");
        else if (!worst || worst->code() == Errc::not_found)
            worst = std::move(content).error();
    }
    if (!worst) return fail(Errc::unavailable, "no head answers");
    return std::unexpected(*std::move(worst));
}

Result<std::vector<std::string>> HeadSet::list_roots(const std::string& prefix) const {
    std::set<std::string> names;
    std::optional<Error> failure;
    bool answered = false;
    for (const auto& head : m_heads) {
        if (!head) continue;
        const auto listed = head->list_roots(prefix);
        if (!listed) {
            failure = listed.error();
            continue;
        }
        answered = true;
        names.insert(listed->begin(), listed->end());
    }
    if (!answered && failure) return std::unexpected(*std::move(failure));
    return std::vector<std::string>(names.begin(), names.end());
}

Result<> HeadSet::remove_root(const std::string& name) {
    std::string kept;
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        const auto removed =
            m_heads[i] ? m_heads[i]->remove_root(name) : Result<>(std::unexpected(*m_errors[i]));
        if (!removed) kept += " " + m_uris[i];
    }
    if (!kept.empty()) return fail(Errc::unavailable, name + " is still on:" + kept);
    return {};
}

Result<HeadSet::WrittenPack> HeadSet::write_pack(const RepoId& repo, segment::PackClass cls,
                                                 segment::Code code, ByteView pack,
                                                 std::size_t needed, const Done& done_with) {
    TRY(auto splitter, segment::Splitter::create(code, cls, repo, pack.size()));
    segment::PackInfo shape{.cls = cls, .code = code, .size = pack.size(), .segments = {}};
    Spread spread(code.n);
    for (unsigned i = 0; i < code.n; ++i)
        spread.begin(i, m_heads[head_of(i)].get(), shape.segment_file_size());
    const auto sink = [&](unsigned index, ByteView bytes) {
        return spread.append(index, bytes);
    };
    // In steps, so that the caller can let go of memory behind the writing.
    const auto step = write_stripes * code.k * segment::cell_size;
    for (std::size_t at = 0; at < pack.size(); at += step) {
        CHECK_OK(splitter.add(pack.subspan(at, std::min(step, pack.size() - at)), sink));
        done_with(at + std::min(step, pack.size() - at));
    }
    TRY(auto info, splitter.finish(sink));
    spread.commit(info.segments);
    WrittenPack written{
        .info = std::move(info), .missing = spread.missing(), .bytes = spread.bytes()};
    const auto done = code.n - written.missing.size();
    if (done < needed) {
        const auto reason = spread.reason();
        return std::unexpected(too_few(done, code.n, needed, reason ? &*reason : nullptr));
    }
    return written;
}

segment::Fetch HeadSet::fetch(const segment::PackInfo& pack) const {
    return [this, &pack](unsigned index, std::uint64_t offset, ByteSpan out) -> Result<> {
        const auto& head = m_heads[head_of(index)];
        if (!head) return std::unexpected(*m_errors[head_of(index)]);
        return head->read_segment(pack.segments.at(index), offset, out);
    };
}

} // namespace torgo::repo
