#pragma once

#include "env/file_system.hpp"
#include "head/head.hpp"

#include <memory>
#include <stop_token>
#include <string>

namespace torgo::head {

/// A head that is to be made.
struct NewHead {
    RepoId repository;
    unsigned index = 0; ///< which of the repository's heads it is, from 0
    /// The owner's root public keys, ML-DSA-87 and then SLH-DSA (docs/spec/repository.md 3): a node
    /// knows by them who may let others in. A folder does not keep them.
    Bytes owner{};
    /// Where the head was, when it is one that has moved; empty for a new one.
    std::string former{};
};

/// Turns the URIs of a repository's heads into heads: which kinds there are is decided by the
/// program, not by those who use heads. Thread-safe; outlives the heads it opened.
class Opener {
public:
    virtual ~Opener() = default;

    /// The head that `uri` names. Looks at nothing: ask probe() or status() what is there.
    /// errors  `invalid_argument` for what is no head URI, `unsupported` for an unknown scheme
    virtual Result<std::unique_ptr<Head>> open(const std::string& uri) const = 0;

    /// Makes the head, durably, and opens it. Idempotent for the same repository and index.
    /// errors  those of open; `exists` when something else is there; those of writing
    virtual Result<std::unique_ptr<Head>> create(const std::string& uri,
                                                 const NewHead& made) const = 0;

    /// Takes a head away again that holds no segment: what undoes a `create` whose repository was
    /// never finished.
    virtual Result<> discard(const std::string& uri, const RepoId& repository) const = 0;

    /// Requested when the user wants it to end: nobody then waits for long for a head that does not
    /// answer.
    virtual std::stop_token stop_token() const { return {}; }
};

/// Heads in folders (head/open.hpp).
class DirOpener final : public Opener {
public:
    explicit DirOpener(env::FileSystem& files) : m_files(files) {}

    Result<std::unique_ptr<Head>> open(const std::string& uri) const override;
    Result<std::unique_ptr<Head>> create(const std::string& uri,
                                         const NewHead& made) const override;
    Result<> discard(const std::string& uri, const RepoId& repository) const override;

private:
    env::FileSystem& m_files;
};

} // namespace torgo::head
