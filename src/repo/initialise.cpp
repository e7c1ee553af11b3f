#include "env/random.hpp"
#include "head/opener.hpp"
#include "repo/head_set.hpp"
#include "repo/repository.hpp"
#include "repo/signing.hpp"

#include <algorithm>
#include <map>

namespace torgo::repo {

namespace {

constexpr std::size_t kit_secret_size = 32;

struct Roots {
    std::vector<std::pair<std::string, Bytes>> records; ///< the descriptor last
    Digest fingerprint;
    Bytes owner; ///< the root public keys
};

Result<std::pair<std::string, Bytes>> make_slot(const RepoId& repo, const Credential& credential,
                                                const crypto::Argon2Cost& cost, std::string label,
                                                const Secrets& secrets, env::Random& random) {
    SlotInput input{.repo = repo, .slot = {}, .salt = {}, .cost = cost, .label = std::move(label)};
    random.fill(input.slot);
    random.fill(input.salt);
    TRY(auto slot, seal_slot(input, credential, secrets));
    auto name = key_slot_name(slot);
    return std::pair{std::move(name), std::move(slot)};
}

/// Everything that will lie on every head, made before any head is touched.
Result<Roots> make_roots(const InitOptions& options, const RepoId& repo, const Credential& kit,
                         env::Random& random) {
    const auto secrets = Secrets::generate(options.suite, random);
    TRY(const auto root, RootKeys::from(secrets));
    Descriptor descriptor{.id = repo,
                          .suite = options.suite,
                          .lowest_suite = options.suite,
                          .data_code = options.code,
                          .metadata_code = options.code,
                          .heads = static_cast<unsigned>(options.heads.size()),
                          .root_ml_dsa = root.ml_dsa_public(),
                          .root_slh_dsa = root.slh_dsa_public()};
    Roots roots{
        .records = {}, .fingerprint = descriptor.fingerprint(), .owner = descriptor.owner()};
    TRY(auto first,
        make_slot(repo, options.credential, options.cost, options.label, secrets, random));
    roots.records.push_back(std::move(first));
    TRY(auto second, make_slot(repo, kit, {}, "recovery kit", secrets, random));
    roots.records.push_back(std::move(second));
    TRY(auto record, root.sign(descriptor_context, encode(descriptor)));
    roots.records.emplace_back("descriptor", std::move(record));
    return roots;
}

Result<> check_heads(const head::Opener& opener, const InitOptions& options) {
    const auto count = options.heads.size();
    const auto each = count == 0 ? 0 : options.code.n / count; // REPO-44
    if (each == 0 || each * count != options.code.n || (options.code.regenerates() && each != 1))
        return fail(Errc::invalid_argument, "the " + std::to_string(options.code.n) +
                                                " segments of code " + options.code.name() +
                                                " cannot be spread evenly over " +
                                                std::to_string(count) + " heads");
    if (options.code.k + each > options.code.n)
        return fail(Errc::invalid_argument,
                    "with " + std::to_string(each) + " of " + std::to_string(options.code.n) +
                        " segments on each head the loss of one would be the loss of all");
    for (std::size_t i = 0; i < options.heads.size(); ++i) {
        if (std::count(options.heads.begin(), options.heads.end(), options.heads[i]) > 1)
            return fail(Errc::invalid_argument, options.heads[i] + " is named twice");
        TRY(const auto head, opener.open(options.heads[i]));
        if (const auto status = head->status(); status)
            return fail(Errc::exists, options.heads[i] + " already is a head of repository " +
                                          status->repository.hex());
    }
    return {};
}

Result<> fill_heads(const head::Opener& opener, const std::vector<std::string>& uris,
                    const RepoId& repo, const Roots& roots) {
    for (std::size_t i = 0; i < uris.size(); ++i) {
        TRY(const auto head, opener.create(uris[i], {.repository = repo,
                                                     .index = static_cast<unsigned>(i),
                                                     .owner = roots.owner}));
        for (const auto& [name, content] : roots.records)
            CHECK_OK_WITH(uris[i], head->put_root(name, content));
    }
    return {};
}

} // namespace

Result<Initialised> initialise(const env::World& world, const head::Opener& opener,
                               InitOptions options) {
    CHECK_OK(check_heads(opener, options));
    RepoId repo;
    world.random->fill(repo.bytes);
    Credential kit{.custody = Custody::recovery_kit,
                   .secret = crypto::SecretBytes(kit_secret_size)};
    world.random->fill(kit.secret.span());
    TRY(const auto roots, make_roots(options, repo, kit, *world.random));
    if (auto filled = fill_heads(opener, options.heads, repo, roots); !filled) {
        for (const auto& uri : options.heads) // what this call made, and nothing older
            (void)opener.discard(uri, repo);
        return std::unexpected(std::move(filled).error());
    }
    const Place place{.heads = options.heads, .id = repo, .root_fingerprint = roots.fingerprint};
    return Initialised{.place = place, .kit = {.place = place, .secret = std::move(kit.secret)}};
}

Result<Place> discover(const head::Opener& opener, const std::vector<std::string>& heads) {
    std::optional<Descriptor> newest;
    std::optional<Error> reason;
    std::map<unsigned, std::string> places;
    for (const auto& uri : heads) {
        TRY(const auto head, opener.open(uri));
        const auto status = head->status();
        const auto record = head->get_root("descriptor");
        auto descriptor = !status   ? Result<Descriptor>(std::unexpected(status.error()))
                          : !record ? Result<Descriptor>(std::unexpected(record.error()))
                                    : decode_descriptor(*record, Digest{});
        if (!descriptor) {
            reason = std::move(descriptor).error().with(uri);
            continue;
        }
        if (newest &&
            (newest->id != descriptor->id || newest->fingerprint() != descriptor->fingerprint()))
            return fail(Errc::authentication, uri + " belongs to another repository or owner");
        if (!newest || descriptor->generation > newest->generation) newest = *descriptor;
        places[status->index] = uri;
    }
    if (!newest) return std::unexpected(*std::move(reason));
    Place place{.heads = {}, .id = newest->id, .root_fingerprint = newest->fingerprint()};
    for (unsigned i = 0; i < newest->head_count(); ++i)
        place.heads.push_back(places.contains(i) ? places[i] : std::string(unknown_head));
    return place;
}

} // namespace torgo::repo
