#include "peer/messages.hpp"
#include "peer/targets.hpp"

#include <gtest/gtest.h>

namespace torgo::peer {
namespace {

std::vector<KeptRepository> three() {
    return {{RepoId{{1}}, 0}, {RepoId{{1, 1}}, 255}, {RepoId{{2}}, 7}};
}

// PEER-30
TEST(KeptRepositories, come_back) {
    EXPECT_EQ(decode_kept(encode(three())).value(), three());
    EXPECT_TRUE(decode_kept(encode(std::vector<KeptRepository>{}))->empty());
    EXPECT_EQ(encode(three()).size(), 3 + 3 * (RepoId::size + 1));
}

TEST(KeptRepositories, are_refused_in_another_form) {
    const auto body = encode(three());
    for (std::size_t size = 0; size < body.size(); ++size)
        EXPECT_FALSE(decode_kept(ByteView(body).first(size))) << size;
    auto longer = body;
    longer.push_back(0);
    EXPECT_FALSE(decode_kept(longer));
    auto twice = three();
    twice[1] = twice[0];
    EXPECT_EQ(decode_kept(encode(twice)).error().code(), Errc::corrupt);
    const Bytes many{1, 0xff, 0xff};
    EXPECT_EQ(decode_kept(many).error().code(), Errc::limit_exceeded);
}

TEST(KeptRepositories, have_a_target) {
    const auto target = parse_target("/v1/repositories");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->route, Route::repositories);
    EXPECT_EQ(format_target(*target), "/v1/repositories");
    EXPECT_TRUE(allows(target->route, Method::get));
    EXPECT_FALSE(allows(target->route, Method::post));
    EXPECT_FALSE(parse_target("/v1/repositories/"));
}

} // namespace
} // namespace torgo::peer
