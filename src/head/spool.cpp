#include "head/spool.hpp"

#include "head/dir_folder.hpp"
#include "head/dir_head.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

namespace torgo::head {

namespace {

/// No head has this number, so that the mirror is taken for none.
constexpr unsigned mirror_index = max_heads - 1;
constexpr std::size_t names_a_page = 4096;
constexpr std::array<std::string_view, 2> commit_prefixes{"batch-", "snapshot-"};
constexpr std::string_view writer_prefix = "writer-";

std::string part_path(const std::string& folder, std::size_t index) {
    return folder + "/" + std::to_string(index + 1);
}

std::string mirror_path(const std::string& folder) {
    return folder + "/mirror";
}

std::string bytes_text(std::uint64_t bytes) {
    return std::to_string(bytes / 1_MiB) + " MiB";
}

/// errors  those of the listing, and of `take`
template <class Take>
Result<> for_each_segment(Head& head, const Take& take) {
    SegmentId after{};
    while (true) {
        TRY(const auto page, head.list_segments(after, names_a_page));
        if (page.empty()) return {};
        for (const auto& id : page)
            CHECK_OK(take(id));
        after = page.back();
    }
}

/// Segments and bytes; what another process took away meanwhile is not counted.
Result<Waiting> count_segments(Head& part) {
    Waiting out;
    CHECK_OK(for_each_segment(part, [&](const SegmentId& id) -> Result<> {
        const auto size = part.segment_size(id);
        if (!size && size.error().code() == Errc::not_found) return {};
        if (!size) return std::unexpected(size.error());
        out.segments += 1;
        out.bytes += *size;
        return {};
    }));
    return out;
}

} // namespace

bool commits(std::string_view root) noexcept {
    return std::ranges::any_of(commit_prefixes,
                               [&](std::string_view one) { return root.starts_with(one); });
}

// SPOOL-5
bool may_wait(std::string_view root) noexcept {
    return commits(root) || root.starts_with(writer_prefix);
}

/// How much of the limit is taken, by what is there and by what is being written. Two processes
/// that write at once may pass the limit together by what each of them adds.
class SpoolQuota {
public:
    SpoolQuota(env::FileSystem& files, std::string folder, const SpoolLimits& limits)
        : m_files(files), m_folder(std::move(folder)), m_limits(limits) {}

    // SPOOL-4
    Result<> take(std::uint64_t bytes, const std::vector<std::unique_ptr<Head>>& parts) {
        const std::lock_guard lock(m_mutex);
        if (!m_there) CHECK_OK(count(parts));
        if (!fits(bytes)) CHECK_OK(count(parts)); // another process may have brought some away
        if (!fits(bytes))
            return fail(Errc::no_space, "the spool in " + m_folder + " has reached its limit of " +
                                            bytes_text(m_limits.bytes) +
                                            ": run \"torgo sync\", or give a larger --spool-limit");
        const auto space = m_files.space(m_folder);
        if (space && (space->free < m_limits.reserve || space->free - m_limits.reserve < bytes))
            return fail(Errc::no_space, "the disk of the spool in " + m_folder + " has " +
                                            bytes_text(space->free) + " left, of which " +
                                            bytes_text(m_limits.reserve) + " stay free");
        m_writing += bytes;
        return {};
    }

    void give_back(std::uint64_t bytes) {
        const std::lock_guard lock(m_mutex);
        m_writing -= std::min(bytes, m_writing);
    }

    /// What was being written stays.
    void keep(std::uint64_t bytes) {
        const std::lock_guard lock(m_mutex);
        m_writing -= std::min(bytes, m_writing);
        *m_there += bytes;
    }

private:
    Result<> count(const std::vector<std::unique_ptr<Head>>& parts) {
        std::uint64_t there = 0;
        for (const auto& part : parts) {
            TRY(const auto waiting, count_segments(*part));
            there += waiting.bytes;
        }
        m_there = there;
        return {};
    }

    bool fits(std::uint64_t bytes) const {
        const auto used = *m_there + m_writing;
        return used <= m_limits.bytes && bytes <= m_limits.bytes - used;
    }

    env::FileSystem& m_files;
    std::string m_folder;
    SpoolLimits m_limits;
    std::mutex m_mutex;
    std::optional<std::uint64_t> m_there; ///< bytes of segments when last counted, and since
    std::uint64_t m_writing = 0;
};

namespace {

/// Holds a place under the limit; the bytes stay counted only when the segment stays.
class QuotaWriter final : public SegmentWriter {
public:
    QuotaWriter(std::unique_ptr<SegmentWriter> inner, SpoolQuota& quota, std::uint64_t held)
        : m_inner(std::move(inner)), m_quota(quota), m_held(held) {}

    QuotaWriter(const QuotaWriter&) = delete;
    QuotaWriter& operator=(const QuotaWriter&) = delete;
    ~QuotaWriter() override { m_quota.give_back(m_held); }

    Result<> append(ByteView bytes) override { return m_inner->append(bytes); }

    Result<> commit(const SegmentId& name) override {
        CHECK_OK(m_inner->commit(name));
        m_quota.keep(std::exchange(m_held, 0));
        return {};
    }

private:
    std::unique_ptr<SegmentWriter> m_inner;
    SpoolQuota& m_quota;
    std::uint64_t m_held;
};

/// The part of one head: a folder that takes no more than the spool may hold.
class Part final : public Head {
public:
    Part(std::unique_ptr<Head> inner, SpoolQuota& quota,
         const std::vector<std::unique_ptr<Head>>& all)
        : m_inner(std::move(inner)), m_quota(quota), m_all(all) {}

    const std::string& uri() const override { return m_inner->uri(); }

    Result<> probe() override { return m_inner->probe(); }

    Result<std::unique_ptr<SegmentWriter>> begin_segment(std::uint64_t expected_size) override {
        CHECK_OK(m_quota.take(expected_size, m_all));
        auto writer = m_inner->begin_segment(expected_size);
        if (!writer) {
            m_quota.give_back(expected_size);
            return std::unexpected(std::move(writer).error());
        }
        return std::make_unique<QuotaWriter>(*std::move(writer), m_quota, expected_size);
    }

    Result<> read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) override {
        return m_inner->read_segment(segment, offset, out);
    }

    Result<std::uint64_t> segment_size(const SegmentId& segment) override {
        return m_inner->segment_size(segment);
    }

    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override {
        return m_inner->list_segments(after, max);
    }

    Result<> remove_segment(const SegmentId& segment) override {
        const auto size = m_inner->segment_size(segment);
        CHECK_OK(m_inner->remove_segment(segment));
        if (size) m_quota.give_back(*size);
        return {};
    }

    Result<> put_root(const std::string& name, ByteView content) override {
        if (!may_wait(name))
            return fail(Errc::unsupported, name + " can not wait in a spool: it may change");
        return m_inner->put_root(name, content);
    }

    Result<Bytes> get_root(const std::string& name) override { return m_inner->get_root(name); }

    Result<std::vector<std::string>> list_roots(const std::string& prefix) override {
        return m_inner->list_roots(prefix);
    }

    Result<> remove_root(const std::string& name) override { return m_inner->remove_root(name); }

    Result<HeadStatus> status() override { return m_inner->status(); }

private:
    std::unique_ptr<Head> m_inner;
    SpoolQuota& m_quota;
    const std::vector<std::unique_ptr<Head>>& m_all;
};

} // namespace

Spool::Spool(env::FileSystem& files, std::string folder, unsigned heads, const SpoolLimits& limits)
    : m_folder(std::move(folder)), m_quota(std::make_unique<SpoolQuota>(files, m_folder, limits)) {
    for (std::size_t i = 0; i < heads; ++i)
        m_parts.push_back(std::make_unique<Part>(
            std::make_unique<DirHead>(files, part_path(m_folder, i)), *m_quota, m_parts));
    m_mirror = std::make_unique<DirHead>(files, mirror_path(m_folder));
}

Spool::~Spool() = default;

Result<std::unique_ptr<Spool>> Spool::open(env::FileSystem& files, const std::string& folder,
                                           const RepoId& repository, unsigned heads,
                                           const SpoolLimits& limits) {
    std::unique_ptr<Spool> spool(new Spool(files, folder, heads, limits));
    const auto require = [&](Head& head, unsigned index) -> Result<> {
        const auto status = head.status();
        if (!status)
            return fail(Errc::not_found,
                        "there is no spool in " + folder + ": " + status.error().detail());
        if (status->repository != repository || status->index != index)
            return fail(Errc::invalid_argument, folder + " is the spool of another repository");
        return {};
    };
    for (unsigned i = 0; i < heads; ++i)
        CHECK_OK(require(spool->part(i), i));
    CHECK_OK(require(spool->mirror(), mirror_index));
    return spool;
}

// SPOOL-1
Result<std::unique_ptr<Spool>> Spool::create(env::FileSystem& files, const std::string& folder,
                                             const RepoId& repository, unsigned heads,
                                             const SpoolLimits& limits) {
    for (unsigned i = 0; i < heads; ++i)
        CHECK_OK_WITH("making the spool", create_dir_head(files, part_path(folder, i),
                                                          {.repository = repository, .index = i}));
    CHECK_OK_WITH("making the spool",
                  create_dir_head(files, mirror_path(folder),
                                  {.repository = repository, .index = mirror_index}));
    return open(files, folder, repository, heads, limits);
}

Result<Waiting> Spool::waiting(std::size_t index) const {
    TRY(auto out, count_segments(part(index)));
    TRY(const auto roots, part(index).list_roots(""));
    out.roots = roots.size();
    return out;
}

Result<Waiting> Spool::waiting() const {
    Waiting out;
    for (std::size_t i = 0; i < size(); ++i) {
        TRY(const auto one, waiting(i));
        out.segments += one.segments;
        out.bytes += one.bytes;
        out.roots += one.roots;
    }
    return out;
}

} // namespace torgo::head
