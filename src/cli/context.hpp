#pragma once

#include "cli/account.hpp"
#include "cli/command.hpp"
#include "cli/config.hpp"
#include "cli/environment.hpp"
#include "cli/heads.hpp"
#include "cli/output.hpp"
#include "cli/prompter.hpp"
#include "cli/rates.hpp"
#include "env/world.hpp"

#include <stop_token>
#include <string>

namespace torgo::cli {

/// The options that every command takes.
struct Globals {
    std::string repo; ///< the descriptor file
    std::string password_file;
    std::string password_command;
    std::string key_file;
    std::string cache_dir;
    std::string config;
    std::string tor_socks;
    std::string tor_config;
    std::string profile;
    std::string ledger; ///< URL of the ledger of receipts; empty: the usual one
    Rates rates;
    bool no_cache = false;
    bool json = false;
    bool quiet = false;
    bool verbose = false;
};

/// What a command gets beside its own arguments. Borrowed: it lives as long as the command runs.
struct Context {
    env::World world;
    const Heads& heads;
    const Environment& environment;
    const Globals& globals;
    const Config& config;
    const Command& root;
    std::string command = {}; ///< what is run: "key add"
    Account& account;         ///< for the receipt
    Output& out;
    Prompter& prompter;
    int input = 0; ///< descriptor of standard input
    std::stop_token stop;
};

} // namespace torgo::cli
