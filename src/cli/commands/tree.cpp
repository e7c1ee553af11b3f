#include "cli/commands/commands.hpp"
#include "cli/context.hpp"

#include <utility>

namespace torgo::cli {

namespace {

constexpr const char* password_group = "password";

Option file_option(std::string& target, std::string name, char letter, std::string variable,
                   std::string help) {
    auto option = text_option(target, std::move(name), "FILE", std::move(help));
    option.letter = letter;
    option.offer = Offer::file;
    option.variable = std::move(variable);
    return option;
}

Option lettered(Option option, char letter) {
    option.letter = letter;
    return option;
}

Option grouped(Option option) {
    option.group = password_group;
    return option;
}

Option typed_only(Option option) {
    option.in_config = false;
    return option;
}

std::vector<Option> global_options(Globals& globals) {
    std::vector<Option> out;
    out.push_back(file_option(globals.repo, "repo", 'r', "TORGO_REPO",
                              "descriptor file of the repository; "
                              "~/.config/torgo/default.torgo when not given"));
    out.push_back(grouped(file_option(globals.password_file, "password-file", 'p',
                                      "TORGO_PASSWORD_FILE", "read the pass phrase from a file")));
    auto command = text_option(globals.password_command, "password-command", "COMMAND",
                               "run a shell command that prints the pass phrase");
    command.variable = "TORGO_PASSWORD_COMMAND";
    out.push_back(grouped(std::move(command)));
    out.push_back(grouped(file_option(globals.key_file, "key-file", 0, "TORGO_KEY_FILE",
                                      "open with a key file of at least 32 random bytes")));
    auto cache = text_option(globals.cache_dir, "cache-dir", "DIR",
                             "keep the cache there; ~/.cache/torgo when not given");
    cache.offer = Offer::folder;
    cache.variable = "TORGO_CACHE_DIR";
    out.push_back(std::move(cache));
    out.push_back(toggle(globals.no_cache, "no-cache", "keep no cache"));
    out.push_back(typed_only(file_option(globals.config, "config", 0, "TORGO_CONFIG",
                                         "settings; ~/.config/torgo/torgo.toml when not given")));
    auto profile = text_option(globals.profile, "profile", "NAME",
                               "take [profile.NAME] of torgo.toml over [default]");
    profile.variable = "TORGO_PROFILE";
    out.push_back(typed_only(std::move(profile)));
    auto ledger = text_option(globals.ledger, "ledger", "URL",
                              "keep the ledger of receipts there: sqlite:///FILE, "
                              "postgresql://HOST/DATABASE, or none; a file in the state folder "
                              "when not given");
    ledger.variable = "TORGO_DB_URI";
    out.push_back(std::move(ledger));
    auto socks = text_option(globals.tor_socks, "tor-socks", "HOST:PORT",
                             "use a tor that runs already, for heads behind onion services; one is "
                             "started when not given");
    socks.variable = "TORGO_TOR_SOCKS";
    out.push_back(std::move(socks));
    out.push_back(file_option(globals.tor_config, "tor-config", 0, "TORGO_TOR_CONFIG",
                              "more lines of torrc for the tor that is started, bridges for "
                              "example"));
    for (auto& option : rate_options(globals.rates))
        out.push_back(std::move(option));
    out.push_back(toggle(globals.json, "json", "print JSON, one object a line"));
    out.push_back(
        lettered(toggle(globals.quiet, "quiet", "say nothing but results and problems"), 'q'));
    out.push_back(lettered(toggle(globals.verbose, "verbose", "say more"), 'v'));
    return out;
}

} // namespace

Command command_tree(Globals& globals) {
    Command root;
    root.name = "torgo";
    root.summary = "quantum-secure backup on four heads";
    root.description =
        "Keeps encrypted snapshots of files on four heads - folders, disks, nodes on other "
        "people's machines - so that any two of them may be lost. What leaves the machine is "
        "encrypted, named and signed with "
        "algorithms that a quantum computer does not break.";
    root.options = global_options(globals);
    root.examples = {
        {"torgo init --recovery-kit kit.svg", "make a repository, and the page that recovers it"},
        {"torgo backup ~/letters", "save a folder"},
        {"torgo snapshots", "see what is saved"},
        {"torgo restore latest --target /tmp/back", "get the newest snapshot back"}};
    root.children.push_back(init_command());
    root.children.push_back(backup_command());
    root.children.push_back(snapshots_command());
    root.children.push_back(ls_command());
    root.children.push_back(find_command());
    root.children.push_back(diff_command());
    root.children.push_back(stats_command());
    root.children.push_back(restore_command());
    root.children.push_back(dump_command());
    root.children.push_back(cat_command());
    root.children.push_back(status_command());
    root.children.push_back(top_command());
    root.children.push_back(check_command());
    root.children.push_back(heal_command());
    root.children.push_back(sync_command());
    root.children.push_back(regenerate_command());
    root.children.push_back(repair_command());
    root.children.push_back(lock_command());
    root.children.push_back(grant_command());
    root.children.push_back(key_command());
    root.children.push_back(receipt_command());
    root.children.push_back(start_command());
    root.children.push_back(node_command());
    root.children.push_back(mesh_command());
    root.children.push_back(quantum_command());
    root.children.push_back(maml_command());
    root.children.push_back(doctor_command());
    root.children.push_back(bench_command());
    root.children.push_back(config_command());
    root.children.push_back(completion_command());
    root.children.push_back(man_command());
    root.children.push_back(version_command());
    root.children.push_back(help_command());
    return root;
}

} // namespace torgo::cli
