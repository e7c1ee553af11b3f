// SPDX-License-Identifier: MIT
// Fills an Entry from the system: status, link target, extended attributes.
#pragma once

#include "source/entry.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace torgo::source {

enum class Symlinks : bool { keep, follow };

/// Attributes relative to a directory descriptor come in one call (listxattrat, Linux 6.13), or
/// through a path below /proc/self/fd. Both give the same answers.
enum class XattrCalls : bool { relative, through_proc };

/// What this system has; asked once.
XattrCalls preferred_xattr_calls();

/// The nanoseconds of a time stamp; the ends of the range (years 1677 and 2262) stand for what lies
/// beyond them.
std::int64_t to_nanoseconds(std::int64_t seconds, std::int64_t nanoseconds) noexcept;

/// Each function names its object by an open directory (or AT_FDCWD) and a name in it ("." is the
/// directory itself; "" for read_status alone, the open object of any kind), and returns 0 or the
/// errno. Holds buffers: one Inspector for each thread.
class Inspector {
public:
    explicit Inspector(XattrCalls calls = preferred_xattr_calls());

    /// Fills everything but name, target and xattrs.
    static int read_status(int directory, const char* name, Symlinks symlinks, Entry& entry);

    static int read_target(int directory, const char* name, Entry& entry);

    /// `entry.device` must be there: a file system that has no attributes is asked once only. After
    /// an error the attributes that could be read are there.
    int read_xattrs(int directory, const char* name, Symlinks symlinks, Entry& entry);

    /// All three, and the name. The target and attributes only where the kind has them.
    int read_all(int directory, const std::string& name, Entry& entry);

private:
    struct Call;
    long list(const Call& call);
    long get(const Call& call, const char* attribute);

    XattrCalls m_calls;
    std::unique_ptr<char[]> m_names;
    std::unique_ptr<std::uint8_t[]> m_value;
    std::vector<std::uint64_t> m_without_xattrs; ///< devices
};

} // namespace torgo::source
