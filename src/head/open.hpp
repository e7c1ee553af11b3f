#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "env/file_system.hpp"
#include "head/head.hpp"

#include <memory>
#include <string>

namespace torgo::head {

/// The head that `uri` names: `dir:///absolute/path` or, for convenience, a plain absolute path.
/// Looks at nothing: a head whose disk is absent opens too, answers `unavailable`, and serves when
/// the disk is back. Ask probe() or status() what is there. `files` outlives the head.
///
/// errors  `invalid_argument` with advice for what is no head URI (a relative path, an unknown
///         scheme); `unsupported` for schemes that this version cannot serve (tor, group, mongodb,
///         dtn)
/// source  docs/spec/head.md 2
Result<std::unique_ptr<Head>> open(const std::string& uri, env::FileSystem& files);

/// Makes the head number `index` of `repository` at `uri`, durably, and opens it. The folder and
/// those above it are made; an empty folder is taken. Idempotent: a head of the same repository and
/// index that is there already is success and keeps all it has.
///
/// errors  those of open; `exists` when the folder holds something else, or a head of another
///         repository (the error names it) or another index; `invalid_argument` for an index of
///         max_heads or more; `no_space`, `read_only`, `permission`, `unavailable`, `io`
/// source  docs/spec/head.md 3
Result<std::unique_ptr<Head>> create(const std::string& uri, env::FileSystem& files,
                                     const RepoId& repository, unsigned index);

/// Takes a head away again that holds no segment: what undoes a `create` whose repository was never
/// finished. Its roots go, then its marker; the folder too when nothing else is in it.
///
/// errors  `exists` when it holds segments or is another repository's; those of open; `io`, …
Result<> discard(const std::string& uri, env::FileSystem& files, const RepoId& repository);

} // namespace torgo::head
