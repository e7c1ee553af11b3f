#include "receipts/ledger_schema.hpp"

namespace torgo::receipts {

namespace {

constexpr std::array<std::string_view, 3> tables{
    "CREATE TABLE torgo_receipts ("
    "author VARCHAR(64) NOT NULL, number BIGINT NOT NULL, id VARCHAR(45) NOT NULL UNIQUE, "
    "hash VARCHAR(71) NOT NULL, prev VARCHAR(71) NOT NULL, command TEXT NOT NULL, "
    "program TEXT NOT NULL, repository VARCHAR(32), host TEXT NOT NULL, user_name TEXT NOT NULL, "
    "began_at VARCHAR(30) NOT NULL, ended_at VARCHAR(30) NOT NULL, outcome VARCHAR(16) NOT NULL, "
    "error TEXT NOT NULL, undo VARCHAR(45), left_out BIGINT NOT NULL, text TEXT NOT NULL, "
    "PRIMARY KEY (author, number))",
    "CREATE TABLE torgo_receipt_items ("
    "author VARCHAR(64) NOT NULL, number BIGINT NOT NULL, direction VARCHAR(6) NOT NULL, "
    "position INTEGER NOT NULL, kind VARCHAR(64) NOT NULL, name TEXT NOT NULL, name_hex TEXT, "
    "hash VARCHAR(71) NOT NULL, PRIMARY KEY (author, number, direction, position), "
    "FOREIGN KEY (author, number) REFERENCES torgo_receipts (author, number) ON DELETE CASCADE)",
    "CREATE TABLE torgo_receipt_figures ("
    "author VARCHAR(64) NOT NULL, number BIGINT NOT NULL, name VARCHAR(64) NOT NULL, "
    "value NUMERIC(20) NOT NULL, PRIMARY KEY (author, number, name), "
    "FOREIGN KEY (author, number) REFERENCES torgo_receipts (author, number) ON DELETE CASCADE)"};

constexpr std::array<std::string_view, 2> indexes{
    "CREATE INDEX torgo_receipts_by_time ON torgo_receipts (ended_at)",
    "CREATE INDEX torgo_receipts_by_command ON torgo_receipts (command, ended_at)"};

constexpr std::array<std::span<const std::string_view>, 2> steps{tables, indexes};

} // namespace

std::span<const std::span<const std::string_view>> migrations() noexcept {
    return steps;
}

} // namespace torgo::receipts
