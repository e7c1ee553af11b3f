#include "sim/cluster/defects.hpp"

#include <utility>

namespace torgo::sim {

namespace {

/// A file whose flushes may do nothing.
class BadFile final : public env::File {
public:
    BadFile(std::unique_ptr<env::File> inner, bool syncs)
        : m_inner(std::move(inner)), m_syncs(syncs) {}

    Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
        return m_inner->read_at(offset, out);
    }
    Result<> append(ByteView bytes) override { return m_inner->append(bytes); }
    Result<std::uint64_t> size() override { return m_inner->size(); }
    Result<> sync() override { return m_syncs ? m_inner->sync() : Result<>{}; }
    Result<> lock_shared() override { return m_inner->lock_shared(); }
    Result<bool> try_lock_exclusive() override { return m_inner->try_lock_exclusive(); }

private:
    std::unique_ptr<env::File> m_inner;
    bool m_syncs;
};

class BadDisk final : public env::FileSystem {
public:
    BadDisk(env::FileSystem& inner, Defect defect) : m_inner(inner), m_defect(defect) {}

    Result<std::unique_ptr<env::File>> open_read(const std::string& path) override {
        return wrap(m_inner.open_read(path));
    }
    Result<std::unique_ptr<env::File>> create(const std::string& path, bool secret) override {
        return wrap(m_inner.create(path, secret));
    }
    Result<> rename(const std::string& from, const std::string& to) override {
        return m_inner.rename(from, to);
    }
    Result<> rename_new(const std::string& from, const std::string& to) override {
        if (m_defect == Defect::loses_roots && to.contains("/roots/") && ++m_roots % 8 == 0)
            return m_inner.rename(from, from + ".lost");
        return m_inner.rename_new(from, to);
    }
    Result<> remove(const std::string& path) override {
        if (m_defect == Defect::keeps_temporaries && path.ends_with(".part")) return {};
        return m_inner.remove(path);
    }
    Result<> make_directory(const std::string& path, bool secret) override {
        return m_inner.make_directory(path, secret);
    }
    Result<> remove_directory(const std::string& path) override {
        return m_inner.remove_directory(path);
    }
    Result<> sync_directory(const std::string& path) override {
        return syncs() ? m_inner.sync_directory(path) : Result<>{};
    }
    Result<std::vector<env::DirectoryEntry>> list(const std::string& path) override {
        return m_inner.list(path);
    }
    Result<env::FileStatus> status(const std::string& path) override {
        return m_inner.status(path);
    }
    Result<env::Space> space(const std::string& path) override { return m_inner.space(path); }

private:
    bool syncs() const { return m_defect != Defect::answers_before_sync; }

    Result<std::unique_ptr<env::File>> wrap(Result<std::unique_ptr<env::File>> file) const {
        if (!file) return file;
        return std::make_unique<BadFile>(*std::move(file), syncs());
    }

    env::FileSystem& m_inner;
    Defect m_defect;
    unsigned m_roots = 0;
};

} // namespace

bool has_bad_disk(Defect defect) noexcept {
    return defect == Defect::answers_before_sync || defect == Defect::keeps_temporaries ||
           defect == Defect::loses_roots;
}

std::unique_ptr<env::FileSystem> make_bad_disk(env::FileSystem& disk, Defect defect) {
    return std::make_unique<BadDisk>(disk, defect);
}

} // namespace torgo::sim
