#include "cli/open.hpp"

#include "cli/descriptor_file.hpp"
#include "cli/groups.hpp"
#include "cli/password.hpp"
#include "cli/spool.hpp"
#include "cli/takeovers.hpp"
#include "head/uri.hpp"

#include <algorithm>
#include <charconv>

namespace torgo::cli {

namespace {
constexpr std::size_t short_id_digits = 8;
}

Result<std::string> descriptor_path(const Context& context) {
    if (!context.globals.repo.empty()) return context.environment.absolute(context.globals.repo);
    TRY(const auto folder, context.environment.config_folder());
    return folder + "/default.torgo";
}

Result<repo::LocalFolders> local_folders(const Context& context, const RepoId& repository) {
    repo::LocalFolders out;
    TRY(const auto state, context.environment.state_folder());
    out.state = state + "/" + repository.hex();
    if (context.globals.no_cache) return out;
    if (context.globals.cache_dir.empty()) {
        TRY(out.cache, context.environment.cache_folder());
    } else {
        TRY(out.cache, context.environment.absolute(context.globals.cache_dir));
    }
    out.cache += "/" + repository.hex();
    return out;
}

Result<std::unique_ptr<repo::Repository>> open_repository(const Context& context, repo::Wait wait) {
    TRY(const auto path, descriptor_path(context));
    TRY(auto place, load_descriptor(*context.world.files, path));
    TRY(auto folders, local_folders(context, place.id));
    context.heads.use_repository(place.id);
    TRY(auto repository,
        repo::Repository::open(
            context.world, context.heads, std::move(place), std::move(folders),
            [&out = context.out](const std::string& sentence) { out.warn(sentence); }, wait));
    tell_of_takeovers(context, *repository);
    return repository;
}

Result<std::unique_ptr<repo::Repository>> open_unlocked(const Context& context, repo::Wait wait) {
    TRY(auto repository, open_repository(context, wait));
    TRY(const auto credential, existing_credential(context));
    CHECK_OK(repository->unlock(credential));
    return repository;
}

Result<std::unique_ptr<repo::Repository>> open_for_reading(const Context& context,
                                                           repo::Wait wait) {
    TRY(const auto path, descriptor_path(context));
    TRY(auto place, load_descriptor(*context.world.files, path));
    auto spool = find_spool(context, place);
    if (!spool)
        context.out.warn("what waits in the spool of this machine can not be seen: " +
                         spool.error().detail());
    else
        context.heads.use_spool(*std::move(spool), std::move(place.heads));
    return open_unlocked(context, wait);
}

Result<std::string> canonical_head(const Context& context, const std::string& text) {
    if (place::names_group(text) && !text.contains('?')) { // CLI-24
        TRY(auto group, load_group(context, text.substr(place::group_scheme.size())));
        for (auto& member : group.members) {
            if (place::names_group(member.uri))
                return fail(Errc::invalid_argument, "a group is no member of a group");
            TRY(member.uri, canonical_head(context, member.uri));
        }
        return place::format_group_uri(std::move(group));
    }
    if (text.contains("://") || names_node(text)) return context.heads.canonical(text);
    TRY(const auto path, context.environment.absolute(text));
    return head::dir_uri(path);
}

Result<int> head_index(const Context& context, const repo::Place& place, const std::string& text) {
    int number = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, number);
    if (problem == std::errc{} && stopped == end && number >= 1 &&
        static_cast<std::size_t>(number) <= place.heads.size()) {
        return number - 1;
    }
    const auto named = std::ranges::find_if(place.heads, [&](const auto& head) {
        return torgo::place::names_group(head) && head::short_uri(head) == text;
    });
    if (named != place.heads.end()) return static_cast<int>(named - place.heads.begin());
    if (const auto uri = canonical_head(context, text)) {
        const auto found = std::ranges::find(place.heads, *uri);
        if (found != place.heads.end()) return static_cast<int>(found - place.heads.begin());
    }
    return fail(Errc::invalid_argument,
                "\"" + text + "\" is no head of this repository: give 1 to " +
                    std::to_string(place.heads.size()) + ", or a URI of its descriptor file");
}

std::pair<std::string, std::string> split_snapshot_path(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return {std::string(text), "/"};
    std::string path(text.substr(colon + 1));
    if (!path.starts_with('/')) path.insert(0, 1, '/');
    while (path.size() > 1 && path.ends_with('/'))
        path.pop_back();
    return {std::string(text.substr(0, colon)), std::move(path)};
}

std::string short_id(std::string_view hex) {
    return std::string(hex.substr(0, short_id_digits));
}

std::string short_id(const SnapshotId& id) {
    return short_id(id.hex());
}

} // namespace torgo::cli
