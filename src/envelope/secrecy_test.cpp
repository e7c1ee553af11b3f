// Memory that is given back must not hold keys any more. Every block that this program frees is
// searched while a Watch looks.
#include "envelope/enrolment.hpp"
#include "envelope/test_pair.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {
torgo::ByteView watched; // NOLINT: the allocation functions have no other way to know
unsigned leaks = 0;      // NOLINT

void look_into(void* block) {
    if (block == nullptr || watched.empty()) return;
    const std::span bytes(static_cast<const std::uint8_t*>(block), malloc_usable_size(block));
    if (!std::ranges::search(bytes, watched).empty()) leaks += 1;
}
} // namespace

void* operator new(std::size_t size) {
    if (void* const block = std::malloc(size)) return block;
    throw std::bad_alloc();
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return std::malloc(size == 0 ? 1 : size);
}

void operator delete(void* block) noexcept {
    look_into(block);
    std::free(block);
}

void operator delete(void* block, std::size_t) noexcept {
    look_into(block);
    std::free(block);
}

namespace torgo::envelope {
namespace {

/// Counts the blocks that are freed with this secret in them.
class Watch {
public:
    explicit Watch(ByteView secret) {
        leaks = 0;
        watched = secret;
    }

    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    ~Watch() { watched = {}; }

    unsigned found() const { return leaks; }
};

TEST(Secrecy, the_watch_sees_what_is_left_behind) {
    const auto secret = secret_of(32, 200);
    const Watch watch(secret.view());
    {
        const Bytes left(secret.view().begin(), secret.view().end());
    }
    EXPECT_EQ(watch.found(), 1U);
}

TEST(Secrecy, a_stored_session_leaves_no_key_in_freed_memory) {
    Pair pair;
    pair.rekey();
    const auto keys = Pair::make_keys(1);
    const Watch watch(keys.short_up.view());
    {
        const auto state = pair.gateway.save();
    }
    EXPECT_EQ(watch.found(), 0U);
}

TEST(Secrecy, a_stored_enrolment_leaves_no_secret_in_freed_memory) {
    const Enrolment enrolment(provision());
    const auto secret = secret_of(shared_secret_size, 100);
    const Watch watch(secret.view());
    {
        const auto state = enrolment.encode();
    }
    EXPECT_EQ(watch.found(), 0U);
}

} // namespace
} // namespace torgo::envelope
