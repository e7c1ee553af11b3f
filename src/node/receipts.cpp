#include "node/receipts.hpp"

#include "crypto/hash.hpp"

#include <algorithm>

namespace torgo::node {

Receipts::Receipts(Store& store, env::Clock& clock, const crypto::SigningKey& key)
    : m_store(store), m_book(store.files(), clock, key, [&store](const RepoId& repository) {
          return store.repository_path(repository) + "/receipts";
      }) {}

std::string Receipts::mirrors_path(const RepoId& repository) const {
    return m_store.repository_path(repository) + "/mirrors";
}

peer::BatchFolder Receipts::mirror_of(const RepoId& repository, const PeerId& client) const {
    return {m_store.files(), mirrors_path(repository) + "/" + client.hex(), max_mirror_bytes};
}

// PEER-27
Result<Bytes> Receipts::page(const RepoId& repository, const std::optional<PeerId>& client,
                             std::uint64_t from) {
    if (client) return mirror_of(repository, *client).page(from);
    auto& ledger = m_book.of(repository);
    (void)ledger.flush(); // what is lost then is told of by the next batch
    return ledger.folder().page(from);
}

Result<> Receipts::check_next(const peer::BatchFolder& folder,
                              const peer::LedgerBatch& batch) const {
    TRY(const auto numbers, folder.numbers());
    if (numbers.empty() || batch.number != numbers.back() + 1) return {};
    TRY(const auto last, folder.read(numbers.back()));
    if (crypto::sha256(last) == batch.previous) return {};
    return fail(Errc::corrupt, "the batch does not follow the one that is kept");
}

Result<> Receipts::check_room(const RepoId& repository, const PeerId& client) const {
    const auto kept = m_store.files().list(mirrors_path(repository));
    if (!kept && kept.error().code() == Errc::not_found) return {};
    if (!kept) return std::unexpected(kept.error());
    const auto is_client = [&](const auto& entry) {
        return entry.name == client.hex();
    };
    if (kept->size() < max_mirrors || std::ranges::any_of(*kept, is_client)) return {};
    return fail(Errc::limit_exceeded, "receipts of too many clients are kept");
}

// PEER-28
Result<bool> Receipts::mirror(const RepoId& repository, const PeerId& client, ByteView bytes) {
    TRY(const auto batch, peer::decode_batch(bytes));
    if (batch.author() != client) return fail(Errc::permission, "a batch of somebody else");
    if (batch.repository != repository) return fail(Errc::corrupt, "of another repository");
    const std::lock_guard lock(m_mirror_mutex);
    const auto folder = mirror_of(repository, client);
    TRY(const auto numbers, folder.numbers());
    if (!numbers.empty() && batch.number < numbers.front()) return false; // dropped long ago
    if (std::ranges::binary_search(numbers, batch.number)) {
        TRY(const auto kept, folder.read(batch.number));
        if (std::ranges::equal(kept, bytes)) return false;
        return fail(Errc::exists, "another batch of this number is kept");
    }
    if (!numbers.empty() && batch.number < numbers.back())
        return fail(Errc::exists, "later batches are kept already");
    CHECK_OK(check_room(repository, client));
    CHECK_OK(check_next(folder, batch));
    CHECK_OK(folder.make());
    CHECK_OK(folder.put(batch.number, bytes));
    ++m_mirrored;
    return true;
}

} // namespace torgo::node
