#include "workflow/contracts.hpp"

#include "crypto/hash.hpp"
#include "workflow/beside.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace torgo::workflow {

namespace {

constexpr std::string_view method_checked = "ortac-runtime";
constexpr std::string_view block_prefix = "block_";

/// The block that a val is about, from 1; 0 for the whole run; nothing for a name like `block_01`.
std::optional<std::size_t> block_of(const gospel::Val& val) {
    const std::string_view name = val.name;
    if (!name.starts_with(block_prefix)) return 0;
    const auto digits = name.substr(block_prefix.size());
    std::size_t number = 0;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (problem != std::errc{} || end != digits.data() + digits.size() || digits.front() == '0')
        return std::nullopt;
    return number;
}

/// Contracts about blocks that are not there.
std::vector<std::string> strays(const std::string& file, const gospel::Interface& interface,
                                std::size_t blocks) {
    std::vector<std::string> out;
    for (const auto& val : interface.vals) {
        const auto block = block_of(val);
        if (!val.contract || (block && *block <= blocks)) continue;
        out.push_back(file + ": " + val.name + " is about no block of this workflow");
    }
    return out;
}

} // namespace

Result<std::vector<SpecText>> read_specs(env::FileSystem& files, const std::string& folder,
                                         const maml::Verification& verification) {
    std::vector<SpecText> out;
    if (verification.spec_files.empty()) return out;
    TRY(const auto beside, Beside::look(files, folder));
    for (const auto& name : verification.spec_files)
        out.push_back({name, beside.read(name, gospel::interface_bytes_max)});
    return out;
}

std::vector<maml::SpecFile> hashes_of(const std::vector<SpecText>& specs) {
    std::vector<maml::SpecFile> out;
    for (const auto& [name, bytes] : specs)
        out.push_back({name, bytes ? std::optional(crypto::sha256(*bytes)) : std::nullopt});
    return out;
}

Result<Contracts> Contracts::read(const std::vector<SpecText>& specs,
                                  const maml::Verification& verification, std::size_t blocks) {
    Contracts out;
    std::vector<std::string> problems;
    if (!verification.method.empty() && verification.method != method_checked)
        problems.push_back("the method " + verification.method +
                           " is not checked here; ortac-runtime is");
    for (const auto& [name, bytes] : specs) {
        if (!bytes) {
            problems.push_back(name + ": " + bytes.error().detail());
            continue;
        }
        Spec spec{.file = name, .interface = gospel::parse(as_text(*bytes))};
        if (!spec.interface.understood())
            problems.push_back(gospel::print(spec.interface.diagnostics, name));
        for (auto& stray : strays(name, spec.interface, blocks))
            problems.push_back(std::move(stray));
        out.m_specs.push_back(std::move(spec));
    }
    const bool strict = verification.level == "strict";
    if (strict && problems.empty() && out.count() == 0)
        problems.emplace_back("no contract is in any of its spec_files");
    if (!strict || problems.empty()) {
        out.m_warnings = std::move(problems);
        return out;
    }
    std::string text = "verification level strict: it is not run, because";
    for (const auto& problem : problems)
        text += "\n  " + problem;
    return fail(Errc::invalid_argument, std::move(text));
}

template <class Check>
std::vector<std::string> Contracts::each(std::size_t block, const Check& check) const {
    std::vector<std::string> out;
    for (const auto& spec : m_specs) {
        for (const auto& val : spec.interface.vals) {
            if (!val.contract || block_of(val) != block) continue;
            for (const auto& violation : check(spec.interface, val))
                out.push_back(gospel::print(violation, spec.file));
        }
    }
    return out;
}

std::vector<std::string> Contracts::before(std::size_t block, const Values& inputs) const {
    return each(block, [&](const auto& interface, const auto& val) {
        return gospel::check_before(interface, val, record_of(inputs));
    });
}

std::vector<std::string> Contracts::after(std::size_t block, const Values& inputs,
                                          const gospel::Outcome& outcome) const {
    return each(block, [&](const auto& interface, const auto& val) {
        return gospel::check_after(interface, val, record_of(inputs), outcome);
    });
}

std::size_t Contracts::count() const noexcept {
    std::size_t out = 0;
    for (const auto& spec : m_specs)
        out += static_cast<std::size_t>(std::ranges::count_if(
            spec.interface.vals, [](const auto& val) { return val.contract.has_value(); }));
    return out;
}

} // namespace torgo::workflow
