#pragma once

#include "env/file_system.hpp"
#include "gospel/contract.hpp"
#include "maml/front_matter.hpp"
#include "maml/signature.hpp"
#include "workflow/values.hpp"

#include <string>
#include <vector>

namespace torgo::workflow {

/// A file of contracts, read once: what was hashed is what is checked.
struct SpecText {
    std::string name;
    Result<Bytes> bytes;
};

/// The spec_files of a workflow in `folder`, those that cannot be read too.
/// errors  the folder cannot be looked at
Result<std::vector<SpecText>> read_specs(env::FileSystem& files, const std::string& folder,
                                         const maml::Verification& verification);

std::vector<maml::SpecFile> hashes_of(const std::vector<SpecText>& specs);

/// The contracts of a workflow's spec_files, checked before and after it and each of its blocks.
///
/// [RUN-13] A val `block_N` is about block N, from 1; any other val with a contract is about the
/// whole run.
class Contracts {
public:
    /// errors  `invalid_argument` with level strict: a file is missing or not understood, there is
    ///         no contract in any, or the method is none that can be checked here. Otherwise these
    ///         are warnings.
    static Result<Contracts> read(const std::vector<SpecText>& specs,
                                  const maml::Verification& verification, std::size_t blocks);

    /// What breaks, one line each: `requires n > 0 (spec.mli:3:14): violated; n = (-1)`.
    ///
    /// in      `block`: from 1; 0 is the whole run
    std::vector<std::string> before(std::size_t block, const Values& inputs) const;
    std::vector<std::string> after(std::size_t block, const Values& inputs,
                                   const gospel::Outcome& outcome) const;

    const std::vector<std::string>& warnings() const noexcept { return m_warnings; }

    /// How many vals have a contract.
    std::size_t count() const noexcept;

private:
    struct Spec {
        std::string file;
        gospel::Interface interface;
    };

    template <class Check>
    std::vector<std::string> each(std::size_t block, const Check& check) const;

    std::vector<Spec> m_specs;
    std::vector<std::string> m_warnings;
};

} // namespace torgo::workflow
