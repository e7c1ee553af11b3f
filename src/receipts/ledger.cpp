#include "receipts/ledger.hpp"

#include "base/utf8.hpp"
#include "markup/fields.hpp"
#include "receipts/ledger_schema.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>

namespace torgo::receipts {

namespace {

constexpr std::string_view sqlite_scheme = "sqlite://";
constexpr std::array<std::string_view, 2> postgresql_schemes{"postgresql://", "postgres://"};
constexpr std::string_view not_loaded = "Failed to find shared library"; ///< says SOCI
/// Seconds that others may keep the file locked. It is not flushed: it can be made again.
constexpr std::string_view sqlite_options = " timeout=10 synchronous=off";
constexpr long long migration_lock = 0x746F72676F; ///< of PostgreSQL, "torgo"

/// As it may stand in a table: what quoted() shows, which is UTF-8 and holds no NUL.
std::string shown(std::string_view raw) {
    const auto text = markup::quoted(raw);
    return text.substr(1, text.size() - 2);
}

/// On one line: what libpq says has several.
std::string one_line(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\t'; }, ' ');
    while (text.ends_with(' ') || text.ends_with('.'))
        text.pop_back();
    return text;
}

template <class Work>
auto guarded(std::string_view what, Work work) -> decltype(work()) {
    try {
        return work();
    } catch (const soci::soci_error& problem) {
        const auto lost = problem.get_error_category() == soci::soci_error::connection_error;
        return fail(lost ? Errc::unavailable : Errc::io,
                    std::string(what) + ": " + one_line(problem.get_error_message()));
    } catch (const std::exception& problem) {
        return fail(Errc::io, std::string(what) + ": " + one_line(problem.what()));
    }
}

/// A text, or NULL for none.
struct Optional {
    std::string value;
    soci::indicator state = soci::i_null;

    explicit Optional(std::string text)
        : value(std::move(text)), state(value.empty() ? soci::i_null : soci::i_ok) {}
};

class SqlLedger final : public Ledger {
public:
    Result<> connect(const std::string& url);
    /// RECEIPT-18
    Result<> migrate();

    Result<> put(const markup::SignedReceipt& one) override;
    Result<std::vector<Row>> list(const PeerId& author, const Filter& filter) override;
    Result<std::vector<std::uint64_t>> numbers(const PeerId& author) override;
    Result<> forget(const PeerId& author) override;
    Result<int> schema_version() override;

private:
    Result<> open_sqlite(const std::string& path);
    Result<> open_postgresql(const std::string& url);
    int read_version();
    void put_receipt(const markup::SignedReceipt& one);
    void put_items(const markup::Receipt& receipt, const std::string& direction,
                   const std::vector<markup::Item>& items);
    void put_figures(const markup::Receipt& receipt);

    soci::session m_sql;
    bool m_is_postgresql = false;
};

Result<> SqlLedger::open_sqlite(const std::string& path) {
    if (!path.starts_with('/') || path.contains('"'))
        return fail(Errc::invalid_argument,
                    "a ledger's file needs an absolute path without quotes");
    m_sql.open(*soci::factory_sqlite3(), "db=\"" + path + "\"" + std::string(sqlite_options));
    return {};
}

Result<> SqlLedger::connect(const std::string& url) {
    return guarded("opening the ledger", [&]() -> Result<> {
        if (url.starts_with(sqlite_scheme)) return open_sqlite(url.substr(sqlite_scheme.size()));
        const auto begins = [&](std::string_view scheme) {
            return url.starts_with(scheme);
        };
        if (std::ranges::none_of(postgresql_schemes, begins))
            return fail(Errc::invalid_argument, "a ledger's URL is sqlite:///FILE or "
                                                "postgresql://HOST/DATABASE");
        return open_postgresql(url);
    });
}

/// SOCI's part for PostgreSQL is loaded now: who has no such ledger needs it not.
Result<> SqlLedger::open_postgresql(const std::string& url) {
    m_is_postgresql = true;
    try {
        m_sql.open("postgresql", url);
    } catch (const soci::soci_error& problem) {
        if (!problem.get_error_message().contains(not_loaded)) throw;
        return fail(Errc::unsupported,
                    "this machine has no library for PostgreSQL (libsoci-postgresql4.0 of Debian)");
    }
    return {};
}

/// 0 where there is no schema yet.
int SqlLedger::read_version() {
    int version = 0;
    soci::indicator state = soci::i_null;
    m_sql << "SELECT MAX(version) FROM torgo_schema", soci::into(version, state);
    return state == soci::i_ok ? version : 0;
}

Result<int> SqlLedger::schema_version() {
    return guarded("the ledger's schema", [&]() -> Result<int> { return read_version(); });
}

Result<> SqlLedger::migrate() {
    const auto steps = migrations();
    const auto newest = static_cast<int>(steps.size());
    if (const auto version = schema_version(); version && *version == newest) return {};
    return guarded("the ledger's schema", [&]() -> Result<> {
        soci::transaction all(m_sql);
        if (m_is_postgresql)
            m_sql << "SELECT pg_advisory_xact_lock(" + std::to_string(migration_lock) + ")";
        m_sql << "CREATE TABLE IF NOT EXISTS torgo_schema (version INTEGER PRIMARY KEY)";
        const auto version = read_version();
        if (version > newest)
            return fail(Errc::unsupported, "a later version of torgo has made this ledger");
        for (auto next = version; next < newest; ++next) {
            for (const auto statement : steps[static_cast<std::size_t>(next)])
                m_sql << std::string(statement);
            const int reached = next + 1;
            m_sql << "INSERT INTO torgo_schema (version) VALUES (:v)", soci::use(reached);
        }
        all.commit();
        return {};
    });
}

void SqlLedger::put_receipt(const markup::SignedReceipt& one) {
    const auto& receipt = one.receipt;
    const auto author = receipt.author.hex();
    const auto number = static_cast<long long>(receipt.number);
    const auto id = markup::urn_of(receipt.id);
    const auto hash = markup::hash_text(one.hash);
    const auto prev = markup::hash_text(receipt.prev);
    const auto command = shown(receipt.command);
    const auto program = shown(receipt.program);
    Optional repository(receipt.repository ? receipt.repository->hex() : "");
    const auto host = shown(receipt.host);
    const auto user = shown(receipt.user);
    const auto began = markup::time_text(receipt.began_ns);
    const auto ended = markup::time_text(receipt.ended_ns);
    const std::string outcome(markup::name(receipt.outcome));
    const auto error = shown(receipt.error);
    Optional undo(receipt.undo ? markup::urn_of(*receipt.undo) : "");
    const auto left_out = static_cast<long long>(receipt.left_out);
    m_sql << "INSERT INTO torgo_receipts (author, number, id, hash, prev, command, program, "
             "repository, host, user_name, began_at, ended_at, outcome, error, undo, left_out, "
             "text) VALUES (:a, :n, :i, :h, :p, :c, :g, :r, :o, :u, :b, :e, :t, :x, :d, :l, :m)",
        soci::use(author), soci::use(number), soci::use(id), soci::use(hash), soci::use(prev),
        soci::use(command), soci::use(program), soci::use(repository.value, repository.state),
        soci::use(host), soci::use(user), soci::use(began), soci::use(ended), soci::use(outcome),
        soci::use(error), soci::use(undo.value, undo.state), soci::use(left_out),
        soci::use(one.text);
}

void SqlLedger::put_items(const markup::Receipt& receipt, const std::string& direction,
                          const std::vector<markup::Item>& items) {
    const auto author = receipt.author.hex();
    const auto number = static_cast<long long>(receipt.number);
    int position = 0;
    for (const auto& item : items) {
        const auto name = shown(item.name);
        Optional exact(is_utf8(item.name) ? "" : to_hex(as_bytes(item.name)));
        const auto hash = markup::hash_text(item.hash);
        m_sql << "INSERT INTO torgo_receipt_items (author, number, direction, position, kind, "
                 "name, name_hex, hash) VALUES (:a, :n, :d, :p, :k, :m, :x, :h)",
            soci::use(author), soci::use(number), soci::use(direction), soci::use(position),
            soci::use(item.kind), soci::use(name), soci::use(exact.value, exact.state),
            soci::use(hash);
        ++position;
    }
}

void SqlLedger::put_figures(const markup::Receipt& receipt) {
    const auto author = receipt.author.hex();
    const auto number = static_cast<long long>(receipt.number);
    // The value is of digits: 64 bits without a sign are more than SQL's integers hold.
    for (const auto& [name, value] : receipt.figures)
        m_sql << "INSERT INTO torgo_receipt_figures (author, number, name, value) VALUES (:a, :n, "
                 ":m, " +
                     std::to_string(value) + ")",
            soci::use(author), soci::use(number), soci::use(name);
}

// RECEIPT-17
Result<> SqlLedger::put(const markup::SignedReceipt& one) {
    return guarded("writing the ledger", [&]() -> Result<> {
        const auto author = one.receipt.author.hex();
        const auto number = static_cast<long long>(one.receipt.number);
        soci::transaction all(m_sql);
        std::string there;
        m_sql << "SELECT hash FROM torgo_receipts WHERE author = :a AND number = :n",
            soci::use(author), soci::use(number), soci::into(there);
        if (m_sql.got_data()) {
            if (there == markup::hash_text(one.hash)) return {};
            return fail(Errc::exists, "another receipt " + std::to_string(number) + ", " + there +
                                          ", is in the ledger");
        }
        const auto id = markup::urn_of(one.receipt.id);
        long long other = 0;
        m_sql << "SELECT number FROM torgo_receipts WHERE id = :i", soci::use(id),
            soci::into(other);
        if (m_sql.got_data())
            return fail(Errc::exists, "receipt " + std::to_string(number) + " has the id of " +
                                          std::to_string(other) + ", which is in the ledger");
        put_receipt(one);
        put_items(one.receipt, "input", one.receipt.inputs);
        put_items(one.receipt, "output", one.receipt.outputs);
        put_figures(one.receipt);
        all.commit();
        return {};
    });
}

Result<std::vector<Row>> SqlLedger::list(const PeerId& author, const Filter& filter) {
    return guarded("reading the ledger", [&]() -> Result<std::vector<Row>> {
        const auto whose = author.hex();
        const long long most = filter.newest == 0 ? std::numeric_limits<int>::max() : filter.newest;
        const soci::rowset<soci::row> found =
            (m_sql.prepare
                 << "SELECT number, id, hash, command, repository, user_name, host, ended_at, "
                    "outcome, error, undo FROM torgo_receipts WHERE author = :a AND "
                    "(command = :c OR :d = '') AND (repository = :r OR :s = '') "
                    "ORDER BY number DESC LIMIT " +
                        std::to_string(most),
             soci::use(whose), soci::use(filter.command), soci::use(filter.command),
             soci::use(filter.repository), soci::use(filter.repository));
        std::vector<Row> out;
        for (const auto& row : found) {
            const auto text = [&](std::size_t i) {
                return row.get_indicator(i) == soci::i_null ? std::string()
                                                            : row.get<std::string>(i);
            };
            out.push_back({static_cast<std::uint64_t>(row.get<long long>(0)), text(1), text(2),
                           text(3), text(4), text(5), text(6), text(7), text(8), text(9),
                           text(10)});
        }
        std::ranges::reverse(out);
        return out;
    });
}

Result<std::vector<std::uint64_t>> SqlLedger::numbers(const PeerId& author) {
    return guarded("reading the ledger", [&]() -> Result<std::vector<std::uint64_t>> {
        const auto whose = author.hex();
        const soci::rowset<long long> found =
            (m_sql.prepare << "SELECT number FROM torgo_receipts WHERE author = :a ORDER BY number",
             soci::use(whose));
        std::vector<std::uint64_t> out;
        for (const auto number : found)
            out.push_back(static_cast<std::uint64_t>(number));
        return out;
    });
}

Result<> SqlLedger::forget(const PeerId& author) {
    return guarded("clearing the ledger", [&]() -> Result<> {
        const auto whose = author.hex();
        soci::transaction all(m_sql);
        for (const auto* table : {"torgo_receipt_figures", "torgo_receipt_items", "torgo_receipts"})
            m_sql << "DELETE FROM " + std::string(table) + " WHERE author = :a", soci::use(whose);
        all.commit();
        return {};
    });
}

} // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& url) {
    auto out = std::make_unique<SqlLedger>();
    CHECK_OK(out->connect(url));
    CHECK_OK(out->migrate());
    return out;
}

Result<std::uint64_t> catch_up(Ledger& ledger, const Folder& folder, const PeerId& author) {
    TRY(const auto kept, folder.numbers());
    TRY(const auto known, ledger.numbers(author));
    std::vector<std::uint64_t> lacking;
    std::ranges::set_difference(kept, known, std::back_inserter(lacking));
    std::uint64_t put = 0;
    for (const auto number : lacking) {
        const auto text = folder.mirror_of(number);
        if (!text) continue;
        const auto opened = markup::verify_receipt(*text);
        if (!opened || opened->receipt.author != author || opened->receipt.number != number)
            continue;
        // One that it does not take, as a second one of the same id, must not hide the others.
        auto taken = ledger.put(*opened);
        if (!taken && taken.error().code() == Errc::exists) continue;
        CHECK_OK(std::move(taken));
        ++put;
    }
    return put;
}

} // namespace torgo::receipts
