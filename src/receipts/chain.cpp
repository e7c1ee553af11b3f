#include "receipts/chain.hpp"

#include "markup/names.hpp"

#include <algorithm>
#include <array>

namespace torgo::receipts {

namespace {

constexpr std::array<std::string_view, 6> kind_names{"damaged", "foreign", "missing",
                                                     "broken",  "altered", "cut"};

class Verifier {
public:
    Verifier(const Folder& folder, const PeerId& author, const OnReceipt& sound)
        : m_folder(folder), m_author(author), m_sound(sound) {}

    Result<Chain> run() {
        TRY(const auto numbers, m_folder.numbers());
        for (const auto number : numbers)
            CHECK_OK(one(number));
        return std::move(m_chain);
    }

private:
    /// RECEIPT-15
    Result<> one(std::uint64_t number) {
        if (number != m_next)
            note(Fault::Kind::missing, number,
                 "it follows number " +
                     (m_next == 0 ? std::string("nothing") : std::to_string(m_next - 1)));
        const bool follows = number == m_next;
        m_next = number + 1;
        auto opened = m_folder.mirror_of(number).and_then(markup::verify_receipt);
        if (!opened) {
            m_last.reset();
            note(Fault::Kind::damaged, number, opened.error().detail());
            return {};
        }
        judge(number, *opened, follows);
        m_last = opened->hash;
        return {};
    }

    void judge(std::uint64_t number, const markup::SignedReceipt& opened, bool follows) {
        const auto before = m_chain.faults.size();
        const auto& receipt = opened.receipt;
        if (receipt.author != m_author)
            note(Fault::Kind::foreign, number, "it is signed by " + receipt.author.hex());
        else if (receipt.number != number)
            note(Fault::Kind::foreign, number, "it is number " + std::to_string(receipt.number));
        else if (follows && m_last && receipt.prev != *m_last)
            note(Fault::Kind::broken, number, why_it_does_not_follow(receipt));
        else if (number == 0 && !receipt.prev.is_zero())
            note(Fault::Kind::broken, number, "the first one names one before it");
        look_beside(number, opened.text);
        if (m_chain.faults.size() != before) return;
        ++m_chain.verified;
        if (m_sound) m_sound(opened);
    }

    static std::string why_it_does_not_follow(const markup::Receipt& receipt) {
        if (receipt.prev == prev_of_unreadable())
            return "the one before it could not be read when this one was written";
        return "it names another one before it";
    }

    /// The copy is not flushed (RECEIPT-14): after a power cut it may be gone, empty or all zeros.
    void look_beside(std::uint64_t number, const std::string& text) {
        const auto beside = m_folder.text_of(number);
        const bool lost = beside ? std::ranges::all_of(*beside, [](char byte) { return byte == 0; })
                                 : beside.error().code() == Errc::not_found;
        if (lost)
            m_chain.without_text.push_back(number);
        else if (!beside)
            note(Fault::Kind::altered, number,
                 "the Markdown beside it can not be read: " + beside.error().detail());
        else if (*beside != text)
            note(Fault::Kind::altered, number, "the Markdown beside it is another");
    }

    void note(Fault::Kind kind, std::uint64_t number, std::string why) {
        m_chain.faults.push_back({kind, number, std::move(why)});
    }

    const Folder& m_folder;
    PeerId m_author;
    const OnReceipt& m_sound;
    Chain m_chain;
    std::uint64_t m_next = 0;
    std::optional<Digest> m_last; ///< none behind a damaged one
};

} // namespace

std::string_view name(Fault::Kind kind) noexcept {
    return kind_names.at(static_cast<std::size_t>(kind));
}

Result<Chain> verify_chain(const Folder& folder, const PeerId& author, const OnReceipt& sound) {
    return Verifier(folder, author, sound).run();
}

Result<std::vector<Fault>> compare_with_ledger(const Folder& folder, const std::vector<Row>& rows) {
    TRY(const auto numbers, folder.numbers());
    std::vector<Fault> out;
    for (const auto& row : rows) {
        if (!std::ranges::binary_search(numbers, row.number)) {
            out.push_back({Fault::Kind::cut, row.number,
                           "it stands in the ledger, and is not there any more"});
            continue;
        }
        const auto there = folder.mirror_of(row.number).and_then(markup::read_receipt);
        if (there && markup::hash_text(there->hash) != row.hash)
            out.push_back({Fault::Kind::cut, row.number,
                           "the ledger knows another of this number, " + row.hash});
    }
    return out;
}

} // namespace torgo::receipts
