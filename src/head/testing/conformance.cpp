#include "head/testing/conformance.hpp"

#include "head/testing/conformance_case.hpp"

namespace torgo::head {

namespace {

class ConformanceTest : public ::testing::Test {
public:
    ConformanceTest(const Case& test, HeadFactory factory)
        : m_case(test), m_factory(std::move(factory)) {}

    void TestBody() override {
        Fixture fixture;
        fixture.place = m_factory();
        ASSERT_NE(fixture.place, nullptr);
        fixture.head = fixture.place->open();
        fixture.other = fixture.place->open();
        ASSERT_NE(fixture.head, nullptr);
        ASSERT_NE(fixture.other, nullptr);
        m_case.run(fixture);
        fixture.head.reset();
        fixture.other.reset();
    }

private:
    const Case& m_case;
    HeadFactory m_factory;
};

} // namespace

SegmentId make_name(std::uint8_t first, std::uint8_t number) {
    SegmentId name;
    name.bytes.front() = first;
    name.bytes[1] = number;
    name.bytes.back() = 0x5A;
    return name;
}

Bytes make_content(std::size_t size, std::uint8_t seed) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<std::uint8_t>(seed * 37U + i + i / 251U);
    return out;
}

Result<> put_segment(Head& head, const SegmentId& name, ByteView content) {
    TRY(const auto writer, head.begin_segment(content.size()));
    CHECK_OK(writer->append(content));
    return writer->commit(name);
}

Result<Bytes> read_whole(Head& head, const SegmentId& name) {
    TRY(const auto size, head.segment_size(name));
    Bytes out(size);
    CHECK_OK(head.read_segment(name, 0, out));
    return out;
}

bool register_conformance(const std::string& suite, const HeadFactory& factory) {
    for (const auto cases : {segment_cases(), root_cases(), thread_cases()})
        for (const auto& test : cases)
            ::testing::RegisterTest(
                suite.c_str(), test.name, nullptr, nullptr, __FILE__, __LINE__,
                [&test, factory] { return new ConformanceTest(test, factory); });
    return true;
}

} // namespace torgo::head
