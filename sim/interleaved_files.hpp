#pragma once

#include "env/file_system.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace torgo::sim {

/// One process's view of a disk on which another is at work: before the `at`-th call of this one
/// (1: the next) that names a path, `others` happens, once. For tests of what processes do to each
/// other's files; not thread-safe.
class InterleavedFiles final : public env::FileSystem {
public:
    InterleavedFiles(env::FileSystem& files, std::uint64_t at, std::function<void()> others)
        : m_files(files), m_at(at), m_others(std::move(others)) {}

    /// False when there were fewer calls.
    bool has_happened() const { return m_calls >= m_at; }

    Result<std::unique_ptr<env::File>> open_read(const std::string& path) override {
        return next().open_read(path);
    }

    Result<std::unique_ptr<env::File>> create(const std::string& path, bool secret) override {
        return next().create(path, secret);
    }

    Result<> rename(const std::string& from, const std::string& to) override {
        return next().rename(from, to);
    }

    Result<> rename_new(const std::string& from, const std::string& to) override {
        return next().rename_new(from, to);
    }

    Result<> remove(const std::string& path) override { return next().remove(path); }

    Result<> make_directory(const std::string& path, bool secret) override {
        return next().make_directory(path, secret);
    }

    Result<> remove_directory(const std::string& path) override {
        return next().remove_directory(path);
    }

    Result<> sync_directory(const std::string& path) override {
        return next().sync_directory(path);
    }

    Result<std::vector<env::DirectoryEntry>> list(const std::string& path) override {
        return next().list(path);
    }

    Result<env::FileStatus> status(const std::string& path) override { return next().status(path); }

    Result<env::Space> space(const std::string& path) override { return next().space(path); }

private:
    env::FileSystem& next() {
        if (++m_calls == m_at) m_others();
        return m_files;
    }

    env::FileSystem& m_files;
    std::uint64_t m_at;
    std::function<void()> m_others;
    std::uint64_t m_calls = 0;
};

} // namespace torgo::sim
