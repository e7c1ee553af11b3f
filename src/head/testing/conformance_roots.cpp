#include "head/testing/conformance_case.hpp"

namespace torgo::head {

namespace {

void a_root_is_read_back(Fixture& t) {
    const auto content = make_content(70'000);
    ASSERT_EQ(outcome(t.head->put_root("snapshot-1", content)), "success");
    ASSERT_EQ(outcome(t.head->put_root("key-0", {})), "success");
    EXPECT_EQ(t.head->get_root("snapshot-1"), content);
    EXPECT_EQ(t.other->get_root("snapshot-1"), content);
    EXPECT_EQ(t.other->get_root("key-0"), Bytes{});
}

// HEAD-7
void a_root_that_is_not_there_is_not_found(Fixture& t) {
    EXPECT_EQ(outcome(t.head->get_root("snapshot-1")), "not_found");
}

// HEAD-11
void an_immutable_root_stays_as_it_is(Fixture& t) {
    const auto first = make_content(100, 1);
    ASSERT_EQ(outcome(t.head->put_root("batch-1", first)), "success");
    EXPECT_EQ(outcome(t.head->put_root("batch-1", first)), "success");
    EXPECT_EQ(outcome(t.other->put_root("batch-1", first)), "success");
    EXPECT_EQ(outcome(t.head->put_root("batch-1", make_content(100, 2))), "exists");
    EXPECT_EQ(outcome(t.other->put_root("batch-1", make_content(99, 1))), "exists");
    EXPECT_EQ(outcome(t.other->put_root("batch-1", make_content(101, 1))), "exists");
    EXPECT_EQ(t.head->get_root("batch-1"), first);
}

// HEAD-12
void the_descriptor_is_replaced(Fixture& t) {
    ASSERT_EQ(outcome(t.head->put_root("descriptor", make_content(100, 1))), "success");
    const auto longer = make_content(500, 2);
    ASSERT_EQ(outcome(t.head->put_root("descriptor", longer)), "success");
    EXPECT_EQ(outcome(t.head->put_root("descriptor", longer)), "success");
    EXPECT_EQ(t.other->get_root("descriptor"), longer);
    EXPECT_EQ(t.head->list_roots(""), std::vector<std::string>{"descriptor"});
}

// HEAD-10
void names_of_roots_are_checked_everywhere(Fixture& t) {
    for (const auto& name :
         std::vector<std::string>{"", "A", "a_b", "a.b", "../a", "a/b", ".", "..", "a b", "é",
                                  std::string("a\0b", 3), std::string(max_root_name + 1, 'a')}) {
        EXPECT_EQ(outcome(t.head->put_root(name, {})), "invalid_argument") << name;
        EXPECT_EQ(outcome(t.head->get_root(name)), "invalid_argument") << name;
        EXPECT_EQ(outcome(t.head->remove_root(name)), "invalid_argument") << name;
    }
    for (const auto& name : {std::string("a"), std::string("-"), std::string("az-09"),
                             std::string(max_root_name, 'z')}) {
        EXPECT_EQ(outcome(t.head->put_root(name, as_bytes(name))), "success") << name;
        EXPECT_EQ(t.head->get_root(name), Bytes(name.begin(), name.end()));
    }
}

// HEAD-16
void a_root_over_the_limit_is_refused(Fixture& t) {
    EXPECT_EQ(outcome(t.head->put_root("batch-1", Bytes(max_root_size + 1))), "limit_exceeded");
    EXPECT_EQ(outcome(t.head->get_root("batch-1")), "not_found");
}

// HEAD-8
void roots_are_listed_in_order_by_prefix(Fixture& t) {
    for (const auto* name : {"snapshot-2", "batch-9", "snapshot-10", "descriptor", "snapshot", "b"})
        ASSERT_EQ(outcome(t.head->put_root(name, as_bytes(name))), "success");
    using Names = std::vector<std::string>;
    EXPECT_EQ(t.other->list_roots(""),
              (Names{"b", "batch-9", "descriptor", "snapshot", "snapshot-10", "snapshot-2"}));
    EXPECT_EQ(t.other->list_roots("snapshot-"), (Names{"snapshot-10", "snapshot-2"}));
    EXPECT_EQ(t.other->list_roots("none"), Names{});
}

// HEAD-13
void removing_a_root_twice_is_success(Fixture& t) {
    ASSERT_EQ(outcome(t.head->put_root("snapshot-1", as_bytes("one"))), "success");
    ASSERT_EQ(outcome(t.head->put_root("snapshot-2", as_bytes("two"))), "success");
    EXPECT_EQ(outcome(t.head->remove_root("snapshot-1")), "success");
    EXPECT_EQ(outcome(t.head->remove_root("snapshot-1")), "success");
    EXPECT_EQ(outcome(t.other->get_root("snapshot-1")), "not_found");
    EXPECT_EQ(t.other->list_roots(""), std::vector<std::string>{"snapshot-2"});
    EXPECT_EQ(outcome(t.other->put_root("snapshot-1", as_bytes("other"))), "success")
        << "a name that is free may be given again";
}

void it_says_whose_it_is_and_that_it_can_be_used(Fixture& t) {
    EXPECT_EQ(outcome(t.head->probe()), "success");
    const auto status = t.head->status();
    ASSERT_EQ(outcome(status), "success");
    EXPECT_EQ(status->repository, conformance_repository);
    EXPECT_EQ(status->index, conformance_index);
    EXPECT_GT(status->free_bytes, 0U);
    EXPECT_GE(status->total_bytes, status->free_bytes);
    EXPECT_FALSE(t.head->uri().empty());
    EXPECT_EQ(t.head->uri(), t.other->uri());
    EXPECT_EQ(t.head->list_roots(""), std::vector<std::string>{}) << "asking leaves nothing behind";
}

constexpr Case cases[] = {
    {"a_root_is_read_back", a_root_is_read_back},
    {"a_root_that_is_not_there_is_not_found", a_root_that_is_not_there_is_not_found},
    {"an_immutable_root_stays_as_it_is", an_immutable_root_stays_as_it_is},
    {"the_descriptor_is_replaced", the_descriptor_is_replaced},
    {"names_of_roots_are_checked_everywhere", names_of_roots_are_checked_everywhere},
    {"a_root_over_the_limit_is_refused", a_root_over_the_limit_is_refused},
    {"roots_are_listed_in_order_by_prefix", roots_are_listed_in_order_by_prefix},
    {"removing_a_root_twice_is_success", removing_a_root_twice_is_success},
    {"it_says_whose_it_is_and_that_it_can_be_used", it_says_whose_it_is_and_that_it_can_be_used},
};

} // namespace

std::span<const Case> root_cases() {
    return cases;
}

} // namespace torgo::head
