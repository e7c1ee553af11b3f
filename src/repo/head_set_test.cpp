// Heads behind a network that hang: what is asked of the others must go on.

#include "repo/head_set.hpp"
#include "sim/file_system.hpp"
#include "sys/clock.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <random>

namespace torgo::repo {
namespace {

using namespace std::chrono_literals;

/// A switch that holds all who pass while it is closed, until it is opened or cancelled.
class Valve {
public:
    void close() { set(true); }

    void open() { set(false); }

    void cancel() {
        const std::lock_guard lock(m_mutex);
        m_cancelled = true;
        m_changed.notify_all();
    }

    Result<> pass() {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return m_cancelled || !m_closed; });
        if (m_cancelled) return fail(Errc::cancelled, "the link was given up");
        return {};
    }

    bool was_cancelled() {
        const std::lock_guard lock(m_mutex);
        return m_cancelled;
    }

private:
    void set(bool closed) {
        const std::lock_guard lock(m_mutex);
        m_closed = closed;
        m_changed.notify_all();
    }

    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_closed = false;
    bool m_cancelled = false;
};

class ValveWriter final : public head::SegmentWriter {
public:
    ValveWriter(std::unique_ptr<head::SegmentWriter> inner, std::shared_ptr<Valve> valve)
        : m_inner(std::move(inner)), m_valve(std::move(valve)) {}

    Result<> append(ByteView bytes) override { return m_inner->append(bytes); }

    Result<> commit(const SegmentId& name) override {
        CHECK_OK(m_valve->pass());
        return m_inner->commit(name);
    }

private:
    std::unique_ptr<head::SegmentWriter> m_inner;
    std::shared_ptr<Valve> m_valve;
};

/// A folder as if it were behind a network with a valve.
class DistantHead final : public head::Head {
public:
    DistantHead(std::unique_ptr<head::Head> inner, std::shared_ptr<Valve> valve)
        : m_inner(std::move(inner)), m_valve(std::move(valve)) {}

    const std::string& uri() const override { return m_inner->uri(); }

    Result<> probe() override {
        CHECK_OK(m_valve->pass());
        return m_inner->probe();
    }

    Result<std::unique_ptr<head::SegmentWriter>> begin_segment(std::uint64_t size) override {
        TRY(auto writer, m_inner->begin_segment(size));
        return std::make_unique<ValveWriter>(std::move(writer), m_valve);
    }

    Result<> read_segment(const SegmentId& name, std::uint64_t offset, ByteSpan out) override {
        CHECK_OK(m_valve->pass());
        return m_inner->read_segment(name, offset, out);
    }

    Result<std::uint64_t> segment_size(const SegmentId& name) override {
        CHECK_OK(m_valve->pass());
        return m_inner->segment_size(name);
    }

    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override {
        CHECK_OK(m_valve->pass());
        return m_inner->list_segments(after, max);
    }

    Result<> remove_segment(const SegmentId& name) override {
        CHECK_OK(m_valve->pass());
        return m_inner->remove_segment(name);
    }

    Result<> put_root(const std::string& name, ByteView content) override {
        CHECK_OK(m_valve->pass());
        return m_inner->put_root(name, content);
    }

    Result<Bytes> get_root(const std::string& name) override {
        CHECK_OK(m_valve->pass());
        return m_inner->get_root(name);
    }

    Result<std::vector<std::string>> list_roots(const std::string& prefix) override {
        CHECK_OK(m_valve->pass());
        return m_inner->list_roots(prefix);
    }

    Result<> remove_root(const std::string& name) override {
        CHECK_OK(m_valve->pass());
        return m_inner->remove_root(name);
    }

    Result<head::HeadStatus> status() override {
        CHECK_OK(m_valve->pass());
        return m_inner->status();
    }

    bool is_distant() const override { return true; }

    void cancel() noexcept override { m_valve->cancel(); }

private:
    std::unique_ptr<head::Head> m_inner;
    std::shared_ptr<Valve> m_valve;
};

class DistantOpener final : public head::Opener {
public:
    explicit DistantOpener(env::FileSystem& files) : m_folders(files) {}

    Result<std::unique_ptr<head::Head>> open(const std::string& uri) const override {
        TRY(auto inner, m_folders.open(uri));
        return std::make_unique<DistantHead>(std::move(inner), valve(uri));
    }

    Result<std::unique_ptr<head::Head>> create(const std::string& uri,
                                               const head::NewHead& made) const override {
        TRY(auto inner, m_folders.create(uri, made));
        return std::make_unique<DistantHead>(std::move(inner), valve(uri));
    }

    Result<> discard(const std::string& uri, const RepoId& repository) const override {
        return m_folders.discard(uri, repository);
    }

    std::stop_token stop_token() const override { return stop.get_token(); }

    std::stop_source stop;

    const std::shared_ptr<Valve>& valve(const std::string& uri) const {
        auto& valve = m_valves[uri];
        if (!valve) valve = std::make_shared<Valve>();
        return valve;
    }

private:
    head::DirOpener m_folders;
    mutable std::map<std::string, std::shared_ptr<Valve>> m_valves;
};

class DistantHeadsTest : public testing::Test {
protected:
    void SetUp() override {
        for (unsigned i = 0; i < 4; ++i) {
            m_uris.push_back("dir:///heads/" + std::to_string(i + 1));
            (void)valve(i); // all are made before threads look for them
            ASSERT_TRUE(m_opener.create(m_uris[i], {.repository = m_repo, .index = i}));
        }
        m_set = HeadSet::open(m_opener, m_uris).value();
        std::mt19937 engine(1); // NOLINT(cert-msc51-cpp): the same bytes each time
        for (auto& byte : m_content)
            byte = static_cast<std::uint8_t>(engine());
    }

    Valve& valve(std::size_t head) { return *m_opener.valve(m_uris[head]); }

    Result<HeadSet::WrittenPack> write() {
        return m_set->write_pack(m_repo, PackClass::data, {2, 4}, m_content, 3, [](std::size_t) {});
    }

    Result<Bytes> read(const segment::PackInfo& pack) {
        Bytes out(pack.size);
        CHECK_OK(segment::read_range(pack, 0, out, *m_set->fetcher(pack)));
        return out;
    }

    sim::FileSystem m_files;
    DistantOpener m_opener{m_files};
    std::vector<std::string> m_uris;
    RepoId m_repo{};
    Bytes m_content = Bytes(3_MiB);
    std::unique_ptr<HeadSet> m_set;
};

TEST_F(DistantHeadsTest, a_read_goes_on_without_a_pause_when_a_head_hangs) {
    const auto written = write().value();
    ASSERT_TRUE(written.missing.empty());
    for (const std::size_t hung : {0U, 1U}) {
        valve(hung).close();
        const auto begun = Lane::Clock::now();
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ(read(written.info).value(), m_content);
        EXPECT_LT(Lane::Clock::now() - begun, 2s) << "only the first read meets the silence";
        EXPECT_TRUE(m_set->lane(hung).rests());
        valve(hung).open();
    }
}

TEST_F(DistantHeadsTest, two_heads_that_hang_are_read_around) {
    const auto written = write().value();
    valve(0).close();
    valve(2).close();
    EXPECT_EQ(read(written.info).value(), m_content);
}

TEST_F(DistantHeadsTest, a_pack_is_not_kept_waiting_by_one_head_and_the_next_ones_leave_it_out) {
    valve(3).close();
    const auto first = write().value();
    EXPECT_EQ(first.missing, std::vector<std::size_t>{3});
    const auto begun = Lane::Clock::now();
    EXPECT_EQ(write().value().missing, std::vector<std::size_t>{3});
    EXPECT_LT(Lane::Clock::now() - begun, 2s);
    EXPECT_EQ(read(first.info).value(), m_content);
}

TEST_F(DistantHeadsTest, a_pack_waits_for_each_head_that_it_needs) {
    valve(2).close();
    valve(3).close();
    const std::jthread opener([this] {
        sys::Clock().sleep_ns(500'000'000);
        valve(2).open();
        valve(3).open();
    });
    EXPECT_TRUE(write().value().missing.empty());
}

TEST_F(DistantHeadsTest, roots_are_read_listed_and_written_while_a_head_hangs) {
    const Bytes content{1, 2, 3};
    ASSERT_TRUE(m_set->put_root("key-1", content, 4));
    valve(0).close();
    const auto begun = Lane::Clock::now();
    EXPECT_EQ(m_set->get_root("key-1").value(), content);
    EXPECT_LT(Lane::Clock::now() - begun, 2s);
    EXPECT_EQ(m_set->list_roots("key-").value(), std::vector<std::string>{"key-1"});
    EXPECT_TRUE(m_set->put_root("key-2", content, 3));
}

TEST_F(DistantHeadsTest, who_reads_opens_without_the_head_that_does_not_answer) {
    m_set.reset();
    valve(1).close();
    const auto begun = Lane::Clock::now();
    const auto set = HeadSet::open(m_opener, m_uris, Wait::enough).value();
    EXPECT_LT(Lane::Clock::now() - begun, 8s);
    EXPECT_EQ(set->usable(), 3U);
    EXPECT_EQ(set->why_not(1)->code(), Errc::unavailable);
    EXPECT_TRUE(valve(1).was_cancelled());
}

TEST_F(DistantHeadsTest, what_waits_for_heads_that_hang_ends_when_it_is_told_to_stop) {
    ASSERT_TRUE(m_set->put_root("key-1", Bytes{1}, 4));
    for (std::size_t i = 1; i < 4; ++i)
        valve(i).close();
    m_opener.stop.request_stop();
    const auto begun = Lane::Clock::now();
    EXPECT_EQ(write().error().code(), Errc::cancelled);
    EXPECT_EQ(m_set->put_root("key-2", Bytes{2}, 2).error().code(), Errc::cancelled);
    EXPECT_EQ(m_set->list_roots("").error().code(), Errc::cancelled) << "not what one of four has";
    EXPECT_LT(Lane::Clock::now() - begun, 1min);
    for (std::size_t i = 1; i < 4; ++i)
        valve(i).open();
}

TEST_F(DistantHeadsTest, ends_at_once_whatever_still_hangs) {
    const auto written = write().value();
    valve(0).close();
    EXPECT_EQ(read(written.info).value(), m_content);
    m_set.reset(); // would wait for ever
    EXPECT_TRUE(valve(0).was_cancelled());
    EXPECT_FALSE(valve(1).was_cancelled()) << "links that wait for nothing stay";
}

} // namespace
} // namespace torgo::repo
