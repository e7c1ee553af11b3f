#include "node/store.hpp"

#include "crypto/hash.hpp"
#include "head/dir_folder.hpp"
#include "peer/order.hpp"

namespace torgo::node {

namespace {

constexpr std::string_view record_name = "record";

std::string record_path(const std::string& repository_path) {
    return repository_path + "/" + std::string(record_name);
}

} // namespace

std::string Store::repository_path(const RepoId& repository) const {
    return m_path + "/repositories/" + repository.hex();
}

// PEER-24
std::string Store::invite_path(const peer::InviteSecret& secret) const {
    return m_path + "/invites/" + crypto::sha256(secret.view()).hex();
}

Result<std::unique_ptr<Store>> Store::open(env::FileSystem& files, const std::string& path,
                                           env::Clock* clock) {
    auto store = std::unique_ptr<Store>(new Store(files, path));
    store->m_setting.clock = clock;
    CHECK_OK(env::make_directories(files, path + "/repositories"));
    CHECK_OK(files.make_directory(path + "/invites"));
    CHECK_OK(files.sync_directory(path));
    CHECK_OK(store->load());
    return store;
}

Result<> Store::load() {
    TRY(const auto entries, m_files.list(m_path + "/repositories"));
    for (const auto& entry : entries)
        if (entry.type == env::FileType::directory) load_one(entry.name);
    return {};
}

// NODE-2
void Store::load_one(const std::string& name) {
    const auto id = RepoId::parse(name);
    if (!id) return;
    const auto path = repository_path(*id);
    const auto content = env::read_file(m_files, record_path(path), max_record);
    if (!content && content.error().code() == Errc::not_found) return; // a join that was cut
    auto record =
        content.and_then([](const Bytes& bytes) { return decode_repository_record(bytes); });
    if (!record || record->repository != *id) {
        ++m_unreadable;
        return;
    }
    auto repository = std::make_shared<Repository>(m_files, path, *std::move(record), m_setting);
    (void)repository->totals(); // where its disk is away, it is counted when it is first written to
    m_repositories.emplace(*id, std::move(repository));
}

std::shared_ptr<Repository> Store::find(const RepoId& repository) const {
    const std::lock_guard lock(m_mutex);
    const auto found = m_repositories.find(repository);
    return found == m_repositories.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<Repository>> Store::repositories() const {
    const std::lock_guard lock(m_mutex);
    std::vector<std::shared_ptr<Repository>> all;
    for (const auto& [id, repository] : m_repositories)
        all.push_back(repository);
    return all;
}

Result<std::uint64_t> Store::free_bytes() const {
    TRY(const auto space, m_files.space(m_path));
    return space.free;
}

bool Store::knows(const PeerId& client) const {
    for (const auto& repository : repositories()) {
        const auto rights = repository->rights().of(client);
        if (rights && rights->bits != 0) return true;
    }
    return false;
}

Result<> Store::add_invite(const peer::InviteSecret& secret, std::uint64_t quota,
                           const std::string& label) {
    if (quota == 0 || label.size() > max_invite_label)
        return fail(Errc::invalid_argument, "an invite has a quota and a label of up to 256 bytes");
    const std::lock_guard lock(m_join_mutex);
    const auto path = invite_path(secret);
    if (m_files.status(path)) return fail(Errc::exists, "there is an invite with this secret");
    return env::write_file_atomically(m_files, path, encode(InviteRecord{quota, label, {}}), true);
}

// PEER-14
Result<InviteRecord> Store::claim(const RepoId& repository, const PeerId& client,
                                  const peer::Join& join) {
    const auto path = invite_path(join.secret);
    const auto refused = fail(Errc::authentication, "the invite is unknown or was used");
    const auto content = env::read_file(m_files, path, max_record);
    if (!content && content.error().code() == Errc::not_found) return refused;
    if (!content) return std::unexpected(content.error());
    TRY(auto invite, decode_invite_record(*content));
    const InviteRecord::Claim claim{repository, client};
    if (invite.claim && *invite.claim != claim) return refused;
    if (find(repository)) return fail(Errc::exists, "the repository has joined already");
    if (!invite.claim) { // NODE-1
        invite.claim = claim;
        CHECK_OK(env::write_file_atomically(m_files, path, encode(invite), true));
    }
    return invite;
}

// NODE-2: the record comes last.
Result<> Store::create(RepositoryRecord record) {
    const auto path = repository_path(record.repository);
    CHECK_OK(env::make_directories(m_files, path));
    CHECK_OK(m_files.sync_directory(m_path + "/repositories"));
    CHECK_OK(head::create_dir_head(m_files, path + "/head", {record.repository, record.index}));
    CHECK_OK(env::write_file_atomically(m_files, record_path(path), encode(record)));
    const std::lock_guard lock(m_mutex);
    const auto id = record.repository;
    m_repositories.emplace(
        id, std::make_shared<Repository>(m_files, path, std::move(record), m_setting));
    return {};
}

Result<bool> Store::join(const RepoId& repository, const PeerId& client, const peer::Join& join) {
    const std::lock_guard lock(m_join_mutex);
    if (const auto found = find(repository)) {
        const auto& record = found->record();
        if (record.founder == client && record.index == join.index && record.owner == join.owner)
            return false;
    }
    TRY(const auto invite, claim(repository, client, join));
    CHECK_OK(create({repository, join.index, client, invite.quota, join.owner}));
    // The claim binds an invite that stays behind to what it was used for.
    if (m_files.remove(invite_path(join.secret))) (void)m_files.sync_directory(m_path + "/invites");
    return true;
}

Result<> Store::release_lock(const RepoId& repository, const std::string& name) const {
    const auto found = find(repository);
    if (!found) return fail(Errc::not_found, "no repository " + repository.hex());
    return found->release_lock(name);
}

void Store::keep_deleted(Bin::Day day) {
    m_setting.day = day;
}

Bin::Emptied Store::empty_bins(Bin::Day day) const {
    Bin::Emptied sum;
    for (const auto& one : repositories()) {
        auto emptied = one->empty_bin(day);
        sum.items += emptied.items;
        sum.bytes += emptied.bytes;
        sum.failed += emptied.failed;
        if (emptied.last) sum.last = std::move(emptied.last);
    }
    return sum;
}

std::shared_ptr<Repository> Store::next_repository() const {
    const std::lock_guard lock(m_mutex);
    const auto found = m_repositories.lower_bound(m_scrub_repository);
    return found == m_repositories.end() ? nullptr : found->second;
}

/// Scrubs what follows the position and moves it on; false at the end of all.
// NODE-6
Result<std::shared_ptr<Repository>> Store::take_place(const RepoId& repository, unsigned index) {
    const std::lock_guard joining(m_join_mutex);
    auto spare = find(repository);
    if (!spare) return fail(Errc::not_found, "the repository is not kept here");
    auto record = spare->record();
    if (record.index == index) return spare;
    if (record.index != peer::spare_index)
        return fail(Errc::exists, "this is head " + std::to_string(record.index + 1) + " already");
    spare->retire();
    record.index = index;
    const auto path = repository_path(repository);
    const auto marker = head::format_marker({.repository = repository, .index = index});
    CHECK_OK(env::write_file_atomically(
        m_files, head::DirFolder(m_files, path + "/head").marker_path(), as_bytes(marker)));
    CHECK_OK(env::write_file_atomically(m_files, record_path(path), encode(record)));
    auto head = std::make_shared<Repository>(m_files, path, std::move(record), m_setting);
    const std::lock_guard lock(m_mutex);
    m_repositories[repository] = head;
    return head;
}

Result<bool> Store::scrub_one(ScrubReport& report) {
    const auto repository = next_repository();
    if (!repository) return false;
    const auto id = repository->record().repository;
    if (id != m_scrub_repository) m_scrub_after = {};
    m_scrub_repository = id;
    const auto page = repository->head().list_segments(m_scrub_after, 1);
    if (!page || page->empty()) {
        if (!page) ++report.failed;
        // The next repository is the first with a larger id.
        auto& bytes = m_scrub_repository.bytes;
        auto digit = bytes.rbegin();
        while (digit != bytes.rend() && ++*digit == 0)
            ++digit;
        m_scrub_after = {};
        return digit != bytes.rend();
    }
    m_scrub_after = page->front();
    const auto scrubbed = repository->scrub(m_scrub_after, report.bytes);
    if (!scrubbed)
        ++report.failed;
    else if (*scrubbed != Scrubbed::gone)
        ++report.segments;
    if (scrubbed && *scrubbed == Scrubbed::damaged) ++report.damaged;
    return true;
}

Result<Store::ScrubReport> Store::scrub_next(std::uint64_t max_bytes) {
    const std::lock_guard lock(m_scrub_mutex);
    ScrubReport report;
    while (report.bytes < max_bytes && !report.wrapped) {
        TRY(const bool more, scrub_one(report));
        report.wrapped = !more;
    }
    if (report.wrapped) {
        m_scrub_repository = {};
        m_scrub_after = {};
    }
    return report;
}

} // namespace torgo::node
