#pragma once

#include "base/id.hpp"
#include "markup/receipt.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace torgo::cli {

/// What a command says of its work, of which its receipt is made when it ends. It begins when
/// nothing more is to be asked or refused: a command that did nothing leaves no receipt.
class Account {
public:
    explicit Account(std::int64_t began_ns) { m_facts.began_ns = began_ns; }

    /// From now on a receipt is due, however the command ends. (RECEIPT-20)
    Account& begin(std::optional<RepoId> repository = std::nullopt) {
        m_begun = true;
        m_facts.repository = repository;
        return changed();
    }

    Account& input(std::string kind, std::string name, const Digest& hash = {}) {
        m_facts.inputs.push_back({std::move(kind), std::move(name), hash});
        return changed();
    }

    Account& output(std::string kind, std::string name, const Digest& hash = {}) {
        m_facts.outputs.push_back({std::move(kind), std::move(name), hash});
        return changed();
    }

    /// Counts of one name add up.
    Account& figure(const std::string& name, std::uint64_t count) {
        for (auto& [known, sum] : m_facts.figures) {
            if (known != name) continue;
            sum += count;
            return *this;
        }
        m_facts.figures.emplace_back(name, count);
        return *this;
    }

    /// The journal with which it can be rolled back; none where nothing is in it.
    Account& undo(const std::optional<markup::Uuid>& journal) {
        m_facts.undo = journal;
        return changed();
    }

    /// What its receipt will be called.
    void name(const markup::Uuid& id) { m_facts.id = id; }

    /// in  `heard`: called when it has begun, or grown but by figures
    void on_change(std::function<void()> heard) { m_heard = std::move(heard); }

    bool begun() const noexcept { return m_begun; }

    const markup::Receipt& facts() const noexcept { return m_facts; }

private:
    Account& changed() {
        if (m_heard) m_heard();
        return *this;
    }

    bool m_begun = false;
    markup::Receipt m_facts;
    std::function<void()> m_heard;
};

/// The hash that is an id of that size: a snapshot's, for example.
template <class IdType>
Digest digest_of(const IdType& id) {
    return {id.bytes};
}

} // namespace torgo::cli
