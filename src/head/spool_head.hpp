#pragma once

#include "head/head.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace torgo::head {

/// A head together with what waits for it in a spool of this machine: reads look at the head first,
/// then in the spool. Writes go to the head alone: who writes packs over many heads decides what
/// is kept in the spool (HeadSet), for a head that is late has not failed yet.
///
/// A head that does not answer when it is probed is not asked again by this object. Its segments
/// are then those that wait for it, its roots also those of the mirror.
class SpoolHead final : public Head {
public:
    /// `inner` is nothing where the head cannot even be named to the network. `part` and `mirror`
    /// outlive the head.
    SpoolHead(std::unique_ptr<Head> inner, std::string uri, Head& part, Head& mirror);

    const std::string& uri() const override { return m_uri; }

    Result<> probe() override;
    Result<std::unique_ptr<SegmentWriter>> begin_segment(std::uint64_t expected_size) override;
    Result<std::unique_ptr<SegmentWriter>> begin_named(const SegmentId& name,
                                                       std::uint64_t size) override;
    Result<> read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) override;
    Result<> read_combined(const SegmentId& segment, std::uint64_t first_cell, std::uint8_t factor,
                           ByteSpan out) override;
    Result<std::uint64_t> segment_size(const SegmentId& segment) override;
    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override;
    Result<> remove_segment(const SegmentId& segment) override;
    Result<> put_root(const std::string& name, ByteView content) override;
    Result<Bytes> get_root(const std::string& name) override;
    Result<std::vector<std::string>> list_roots(const std::string& prefix) override;
    Result<> remove_root(const std::string& name) override;
    Result<HeadStatus> status() override;

    bool is_distant() const override { return m_inner && m_inner->is_distant(); }

    std::int64_t own_wait_ns() const override { return m_inner ? m_inner->own_wait_ns() : 0; }

    std::int64_t own_write_wait_ns(std::uint64_t bytes) const override {
        return m_inner ? m_inner->own_write_wait_ns(bytes) : 0;
    }

    std::vector<MemberView> members() const override {
        return m_inner && !m_away ? m_inner->members() : std::vector<MemberView>{};
    }

    void cancel() noexcept override {
        if (m_inner) m_inner->cancel();
    }

    Head* spool() noexcept override { return &m_part; }

private:
    Result<> require() const;

    template <class Act>
    auto ask(Act act) -> decltype(act(std::declval<Head&>()));

    template <class Act>
    auto look(Act act) -> decltype(act(std::declval<Head&>()));

    std::unique_ptr<Head> m_inner;
    std::string m_uri;
    Head& m_part;
    Head& m_mirror;
    std::atomic<bool> m_away;
};

/// What an error says of a head that is not there, now.
bool is_away(Errc code) noexcept;

} // namespace torgo::head
