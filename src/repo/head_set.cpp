#include "repo/head_set.hpp"

#include "crypto/hash.hpp"
#include "head/spool.hpp"
#include "head/spool_head.hpp"
#include "repo/repository.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <variant>

namespace torgo::repo {

namespace {

constexpr std::size_t hash_digits = 64;
/// After half of the heads have opened, the others have so long, where the rest need not be waited
/// for: more than a first way to an onion service takes.
constexpr std::chrono::seconds open_grace(3);
/// Chunks on their way at once from distant heads: a round trip of a second and 1 MiB a chunk give
/// 8 MB/s.
constexpr unsigned distant_reads = 8;

using Done = std::monostate;

std::unexpected<Error> stopped() {
    return fail(Errc::cancelled, "stopped while heads did not answer");
}

/// A full disk, else what the first head says, whichever of them was the first to say it.
std::optional<Error> most_telling(std::vector<std::optional<Error>> by_head) {
    const auto is_full = [](const std::optional<Error>& one) {
        return one && one->code() == Errc::no_space;
    };
    auto found = std::ranges::find_if(by_head, is_full);
    if (found == by_head.end())
        found = std::ranges::find_if(by_head, [](const auto& one) { return one.has_value(); });
    return found == by_head.end() ? std::nullopt : std::move(*found);
}

} // namespace

Error too_few(std::size_t usable, std::size_t total, std::size_t needed, const Error* reason) {
    auto text = "only " + std::to_string(usable) + " of " + std::to_string(total) +
                " heads could be written, " + std::to_string(needed) + " are needed";
    if (reason != nullptr) text += " (" + reason->detail() + ")";
    const bool full = reason != nullptr && reason->code() == Errc::no_space;
    return {full ? Errc::no_space : Errc::too_few_heads, std::move(text)};
}

// REPO-37
bool fits_name(const std::string& name, ByteView content) {
    const auto dash = name.rfind('-');
    if (dash == std::string::npos || name.size() - dash - 1 != hash_digits) return true;
    return crypto::sha256(content).hex() == name.substr(dash + 1);
}

HeadSet::HeadSet(const head::Opener& opener, std::vector<std::string> uris)
    : m_opener(opener),
      m_uris(std::move(uris)),
      m_heads(m_uris.size()),
      m_errors(m_uris.size()),
      m_lacks(m_uris.size()) {
    for (std::size_t i = 0; i < m_uris.size(); ++i)
        m_lanes.push_back(std::make_unique<Lane>(/*distant=*/false));
}

HeadSet::~HeadSet() {
    for (std::size_t i = 0; i < m_lanes.size(); ++i)
        if (m_heads[i] && m_lanes[i]->is_distant() && m_lanes[i]->busy()) m_heads[i]->cancel();
}

namespace {

/// Heads while they are opened, each by a thread of its own.
class Opening {
public:
    explicit Opening(std::size_t count) : m_heads(count), m_ended(count) {}

    /// Before the head is asked anything.
    void begin(std::size_t index, std::shared_ptr<head::Head> head) {
        const std::lock_guard lock(m_mutex);
        m_heads[index] = std::move(head);
    }

    void end(std::size_t index, bool usable) {
        const std::lock_guard lock(m_mutex);
        m_ended[index] = true;
        ++m_count;
        if (usable) m_usable += 1;
        m_changed.notify_all();
    }

    /// Until all have ended, or half of them are usable and the others had their grace.
    void wait_for_enough() {
        std::unique_lock lock(m_mutex);
        const auto all = [this] {
            return m_count == m_heads.size();
        };
        m_changed.wait(lock, [&] { return all() || m_usable * 2 >= m_heads.size(); });
        if (m_changed.wait_for(lock, open_grace, all)) return;
        for (std::size_t i = 0; i < m_heads.size(); ++i)
            if (!m_ended[i] && m_heads[i]) m_heads[i]->cancel();
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<std::shared_ptr<head::Head>> m_heads;
    std::vector<bool> m_ended;
    std::size_t m_count = 0;
    std::size_t m_usable = 0;
};

} // namespace

void HeadSet::try_open(std::size_t index, const Begun& begun) {
    const auto& uri = m_uris[index];
    if (uri == unknown_head) {
        m_errors[index] = Error(Errc::unavailable,
                                "the place of head " + std::to_string(index + 1) + " is not known");
        return;
    }
    auto opened = m_opener.open(uri);
    if (!opened) { // of a kind this version does not know: the others may be enough
        m_errors[index] = std::move(opened).error();
        return;
    }
    std::shared_ptr<head::Head> head = *std::move(opened);
    begun(head);
    m_lanes[index] = std::make_unique<Lane>(*head);
    auto usable = head->probe();
    const bool readable = usable || usable.error().code() == Errc::read_only ||
                          usable.error().code() == Errc::permission ||
                          (head->spool() != nullptr && head::is_away(usable.error().code()));
    if (readable) m_heads[index] = std::move(head);
    if (usable) return;
    m_errors[index] = std::move(usable).error();
    if (m_errors[index]->code() == Errc::cancelled)
        m_errors[index] = Error(Errc::unavailable, label(index) + " has not answered yet");
}

Result<std::unique_ptr<HeadSet>> HeadSet::open(const head::Opener& opener,
                                               const std::vector<std::string>& uris, Wait wait) {
    std::unique_ptr<HeadSet> set(new HeadSet(opener, uris));
    {
        Opening opening(uris.size());
        std::vector<std::jthread> threads; // a head that is gone may let us wait
        for (std::size_t i = 0; i < uris.size(); ++i)
            threads.emplace_back([&, i] {
                set->try_open(i, [&](const auto& head) { opening.begin(i, head); });
                opening.end(i, set->m_heads[i] != nullptr);
            });
        if (wait == Wait::enough) opening.wait_for_enough();
    }
    const bool all_empty = std::ranges::all_of(set->m_errors, [](const auto& error) {
        return error && error->code() == Errc::not_a_repository;
    });
    if (all_empty)
        return fail(
            Errc::not_a_repository,
            "none of the heads holds a repository, or none lets this machine see it (looked "
            "at " +
                set->label(0) + " …)");
    if (set->usable() == 0)
        return fail(Errc::unavailable, "no head answers: " + set->m_errors.front()->detail());
    return set;
}

const Error* HeadSet::why_not(std::size_t index) const {
    const auto& error = m_errors.at(index);
    return error ? &*error : nullptr;
}

std::size_t HeadSet::usable() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(m_heads, [](const auto& head) { return head != nullptr; }));
}

bool HeadSet::is_there(std::size_t index) const {
    const auto& error = m_errors.at(index);
    return m_heads.at(index) != nullptr && !(error && head::is_away(error->code()));
}

/// Those that can be written to and are not known to hang.
std::size_t HeadSet::ready() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < m_heads.size(); ++i)
        if (is_there(i) && !m_lanes[i]->hangs()) ++count;
    return count;
}

unsigned HeadSet::reading_threads() const {
    const auto cores = std::max(1U, std::thread::hardware_concurrency());
    const bool distant =
        std::ranges::any_of(m_lanes, [](const auto& lane) { return lane->is_distant(); });
    return distant ? std::max(cores, distant_reads) : cores;
}

void HeadSet::require_repository(const RepoId& id) {
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        if (!m_heads[i]) continue;
        const auto status = m_heads[i]->status();
        if (status && status->repository == id && status->index == i) continue;
        m_errors[i] = status ? Error(Errc::invalid_argument,
                                     label(i) + " is head " + std::to_string(status->index + 1) +
                                         " of repository " + status->repository.hex())
                             : status.error();
        m_heads[i].reset();
    }
}

Result<> HeadSet::recreate(std::size_t index, head::NewHead made) {
    made.index = static_cast<unsigned>(index);
    TRY(auto head, m_opener.create(m_uris.at(index), made));
    m_lanes[index] = std::make_unique<Lane>(*head);
    m_heads[index] = std::move(head);
    m_errors[index].reset();
    return {};
}

/// What our own limits cost is no head's fault.
Lane::Clock::duration HeadSet::writing_tail(std::uint64_t bytes) const {
    std::int64_t own = 0;
    for (const auto& head : m_heads)
        if (head) own = std::max(own, head->own_write_wait_ns(bytes));
    return Lane::writing_tail + std::chrono::nanoseconds(own);
}

// REPO-40
Result<> HeadSet::put_root(const std::string& name, ByteView content, std::size_t needed) {
    TRY(const bool hold, must_hold(name, needed));
    const auto shared = std::make_shared<const Bytes>(content.begin(), content.end());
    Inbox<Done> inbox;
    std::vector<std::size_t> asked; // by ticket - 1
    const bool choosy = ready() >= needed;
    for (std::size_t i = 0; i < m_heads.size() && !hold; ++i) {
        if (!is_there(i) || (choosy && m_lanes[i]->hangs())) continue;
        inbox.ask(*m_lanes[i], [head = m_heads[i], name, shared]() -> Result<Done> {
            CHECK_OK(head->put_root(name, *shared));
            return Done{};
        });
        asked.push_back(i);
    }
    std::size_t done = 0;
    std::vector<bool> took(m_heads.size());
    std::vector<std::optional<Error>> failures(m_heads.size());
    const auto tail = writing_tail(content.size() * asked.size());
    const bool ended = inbox.gather(tail, m_opener.stop_token(), [&](auto answer) {
        if (answer.value) {
            ++done;
            took[asked[answer.ticket - 1]] = true;
        } else {
            failures[asked[answer.ticket - 1]] = std::move(answer.value).error();
        }
        return done >= needed ? Inbox<Done>::More::enough : Inbox<Done>::More::needed;
    });
    auto reason = most_telling(std::move(failures));
    done += keep_root(name, content, took, reason);
    if (done < needed && !ended) return stopped();
    if (done < needed)
        return std::unexpected(too_few(done, m_heads.size(), needed, reason ? &*reason : nullptr));
    return {};
}

Result<Bytes> HeadSet::get_root(const std::string& name) const {
    return get_root(name, [&](ByteView content) { return fits_name(name, content); });
}

/// Usable heads, those that rest last.
std::vector<std::size_t> HeadSet::in_order_of_readiness() const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < m_heads.size(); ++i)
        if (m_heads[i]) order.push_back(i);
    std::ranges::stable_partition(order, [this](std::size_t i) { return !m_lanes[i]->rests(); });
    return order;
}

Result<Bytes> HeadSet::get_root(const std::string& name, const Good& good) const {
    const auto order = in_order_of_readiness();
    std::optional<Error> worst;
    Inbox<Bytes> inbox;
    for (std::size_t next = 0; next < order.size() || inbox.open() != 0;) {
        if (next < order.size()) {
            const auto& head = m_heads[order[next]];
            auto read = [head, name] {
                return head->get_root(name);
            };
            if (head->is_distant())
                inbox.ask(*m_lanes[order[next]], read);
            else
                inbox.ask_here(read);
            ++next;
        }
        auto answer = inbox.next();
        if (!answer) continue; // late: the next head as well
        if (answer->value && good(*answer->value)) return std::move(answer->value);
        if (answer->value)
            worst = Error(Errc::corrupt,
                          name + " on " + label(order[answer->ticket - 1]) + " is damaged");
        else if (!worst || worst->code() == Errc::not_found)
            worst = std::move(answer->value).error();
    }
    if (!worst) return fail(Errc::unavailable, "no head answers");
    return std::unexpected(*std::move(worst));
}

Result<std::vector<std::string>> HeadSet::list_roots(const std::string& prefix,
                                                     const LeftOut& left_out) const {
    using Names = std::vector<std::string>;
    Inbox<Names> inbox;
    std::vector<std::size_t> asked; // by ticket - 1
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        if (!m_heads[i]) continue;
        asked.push_back(i);
        auto list = [head = m_heads[i], prefix] {
            return head->list_roots(prefix);
        };
        if (m_heads[i]->is_distant())
            inbox.ask(*m_lanes[i], std::move(list));
        else
            inbox.ask_here(std::move(list));
    }
    std::set<std::string> names;
    std::optional<Error> failure;
    std::size_t answered = 0;
    const bool ended =
        inbox.gather(Lane::reading_tail, m_opener.stop_token(), [&](Inbox<Names>::Answer answer) {
            if (!answer.value) {
                failure = std::move(answer.value).error();
                if (left_out) left_out(asked[answer.ticket - 1], *failure);
            } else {
                ++answered;
                names.insert(answer.value->begin(), answer.value->end());
            }
            return answered * 2 >= m_heads.size() ? Inbox<Names>::More::enough
                                                  : Inbox<Names>::More::needed;
        });
    if (!ended) return stopped();
    if (answered == 0 && failure) return std::unexpected(*std::move(failure));
    return Names(names.begin(), names.end());
}

Result<> HeadSet::remove_root(const std::string& name) {
    std::string kept;
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        const auto removed =
            m_heads[i] ? m_heads[i]->remove_root(name) : Result<>(std::unexpected(*m_errors[i]));
        if (!removed) kept += " " + label(i);
    }
    if (!kept.empty()) return fail(Errc::unavailable, name + " is still on:" + kept);
    return {};
}

} // namespace torgo::repo
