#pragma once

#include "base/bytes.hpp"

/// Bounds of everything that is read from heads (docs/spec/repository.md 9). Hostile input meets
/// them before any allocation (REPO-36).
namespace torgo::repo::limits {

inline constexpr std::size_t root_size_max = 16_MiB;
inline constexpr std::size_t parents_max = 64;
inline constexpr std::size_t packs_per_batch_max = 4096;
inline constexpr std::size_t wraps_per_slot_max = 64;
inline constexpr std::size_t label_size_max = 1024;
inline constexpr std::size_t text_size_max = 4096; ///< a host, a user, a tag, a program name
inline constexpr std::size_t path_size_max = 64_KiB;
inline constexpr std::size_t paths_per_snapshot_max = 4096;
inline constexpr std::size_t tags_per_snapshot_max = 256;
inline constexpr std::size_t name_size_max = 255;         ///< NAME_MAX of every Linux file system
inline constexpr std::size_t link_target_size_max = 4096; ///< PATH_MAX
inline constexpr std::size_t xattrs_per_node_max = 4096;
inline constexpr std::size_t xattr_value_size_max = 64_KiB; ///< XATTR_SIZE_MAX
inline constexpr std::size_t xattr_bytes_max = 1_MiB; ///< of one node, names and values together
inline constexpr std::size_t nodes_per_chunk_max = 65536;
inline constexpr std::size_t chunk_table_max = 1U << 19U; ///< 16 MiB of ids
inline constexpr std::size_t directory_depth_max = 4096;
inline constexpr std::size_t pages_per_directory_max = 1U << 16U;

/// A directory's listing is cut into pages so that one of a million names changes little at a time.
/// Inlined nodes count.
inline constexpr std::size_t page_nodes_min = 1024;
inline constexpr std::size_t page_nodes_normal =
    2048; ///< expected beyond the minimum; power of two
inline constexpr std::size_t page_nodes_max = 8192;
inline constexpr std::size_t page_bytes_max = 4_MiB;
/// Small directories travel inside their parent's page: 100,000 of them are not 100,000 chunks.
inline constexpr std::size_t inline_nodes_max = 128;
inline constexpr std::size_t inline_bytes_max = 256_KiB;

inline constexpr std::size_t extents_inline_max = 1024;
inline constexpr std::size_t extents_per_list = 4096;

inline constexpr std::size_t index_entries_per_chunk = 65536;
inline constexpr std::size_t small_batches_before_merge = 64;
/// Names of segments that one head, or member of a group, is listened to.
inline constexpr std::size_t segments_listed_max = std::size_t{1} << 24U;
/// Snapshot records that are kept before a signature vouches for them: those of a thousand
/// snapshots fill some 10 MiB.
inline constexpr std::size_t unverified_frames_bytes_max = 64_MiB;
inline constexpr std::size_t notes_max = 1000; ///< problems told one by one; the rest is counted
inline constexpr std::size_t packs_between_checkpoints = 16;

} // namespace torgo::repo::limits
