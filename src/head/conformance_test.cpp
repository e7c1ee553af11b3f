// The suite that every head passes, on dir heads of two kinds of disk and through each decorator.
#include "head/limit_head.hpp"
#include "head/log_head.hpp"
#include "head/open.hpp"
#include "head/retry_head.hpp"
#include "head/spool.hpp"
#include "head/spool_head.hpp"
#include "head/testing/conformance.hpp"
#include "head/testing/fault_head.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"
#include "sim/random.hpp"
#include "sys/file_system.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace torgo::head {

namespace {

/// Puts something around a head; what it needs lives as long as the place.
using Wrap = std::function<std::unique_ptr<Head>(std::unique_ptr<Head>)>;

std::unique_ptr<Head> as_it_is(std::unique_ptr<Head> inner) {
    return inner;
}

class SimPlace final : public HeadPlace {
public:
    explicit SimPlace(Wrap wrap) : m_wrap(std::move(wrap)) {
        auto made = create("dir:///disk/head", m_files, conformance_repository, conformance_index);
        EXPECT_TRUE(made.has_value());
    }

    std::unique_ptr<Head> open() override {
        auto opened = head::open("dir:///disk/head", m_files);
        return opened ? m_wrap(*std::move(opened)) : nullptr;
    }

private:
    Wrap m_wrap;
    sim::FileSystem m_files;
};

class DiskPlace final : public HeadPlace {
public:
    DiskPlace() {
        std::string name = ::testing::TempDir() + "torgo_head_XXXXXX";
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        m_path = name;
        auto made = create(m_path + "/head", m_files, conformance_repository, conformance_index);
        EXPECT_TRUE(made.has_value());
    }

    DiskPlace(const DiskPlace&) = delete;
    DiskPlace& operator=(const DiskPlace&) = delete;
    DiskPlace(DiskPlace&&) = delete;
    DiskPlace& operator=(DiskPlace&&) = delete;
    ~DiskPlace() override { std::filesystem::remove_all(m_path); }

    std::unique_ptr<Head> open() override {
        auto opened = head::open(m_path + "/head", m_files);
        return opened ? *std::move(opened) : nullptr;
    }

private:
    std::string m_path;
    sys::FileSystem m_files;
};

/// A head that is there, with an empty spool beside it.
class SpooledPlace final : public HeadPlace {
public:
    SpooledPlace() {
        auto made = create("dir:///disk/head", m_files, conformance_repository, conformance_index);
        EXPECT_TRUE(made.has_value());
        auto spool =
            Spool::create(m_files, "/spool", conformance_repository, conformance_index + 1);
        EXPECT_TRUE(spool.has_value());
        m_spool = *std::move(spool);
    }

    std::unique_ptr<Head> open() override {
        return std::make_unique<SpoolHead>(*head::open("dir:///disk/head", m_files),
                                           "dir:///disk/head", m_spool->part(conformance_index),
                                           m_spool->mirror());
    }

private:
    sim::FileSystem m_files;
    std::unique_ptr<Spool> m_spool;
};

bool on_sim(const std::string& suite, const Wrap& wrap) {
    return register_conformance(suite, [wrap] { return std::make_unique<SimPlace>(wrap); });
}

sim::Clock& test_clock() {
    static sim::Clock the_clock;
    return the_clock;
}

sim::Random& test_random() {
    static sim::Random the_random(1);
    return the_random;
}

std::shared_ptr<TokenBucket> test_bucket() {
    return std::make_shared<TokenBucket>(test_clock(), 1'000'000U);
}

[[maybe_unused]] const bool registered[] = {
    register_conformance("DirHeadOnDisk", [] { return std::make_unique<DiskPlace>(); }),
    on_sim("DirHeadOnSim", as_it_is),
    register_conformance("SpoolHeadConforms", [] { return std::make_unique<SpooledPlace>(); }),
    on_sim("RetryHeadConforms",
           [](std::unique_ptr<Head> inner) {
               return std::make_unique<RetryHead>(std::move(inner), test_clock(), test_random());
           }),
    on_sim("LimitHeadConforms",
           [](std::unique_ptr<Head> inner) {
               return std::make_unique<LimitHead>(std::move(inner), test_clock(),
                                                  HeadLimits{.upload = test_bucket(),
                                                             .download = test_bucket(),
                                                             .calls_at_once = 2});
           }),
    on_sim("LogHeadConforms",
           [](std::unique_ptr<Head> inner) {
               return std::make_unique<LogHead>(std::move(inner), test_clock(),
                                                [](const HeadEvent&) {});
           }),
    on_sim(
        "FaultHeadConforms",
        [](std::unique_ptr<Head> inner) { return std::make_unique<FaultHead>(std::move(inner)); }),
};

} // namespace

} // namespace torgo::head
