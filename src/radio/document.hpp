#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// A scenario's file as tables, lists and values with their places, whichever library has read it.
namespace torgo::radio {

struct Item;
struct Value;
using Table = std::vector<Item>;
using List = std::vector<Value>;

struct Value {
    std::variant<bool, std::int64_t, double, std::string, List, Table> is;
    std::size_t line = 0; ///< from 1
    std::size_t column = 0;
};

struct Item {
    std::string key;
    Value value;
};

/// Reads a table key by key; what nobody has asked for is a mistake.
///
/// The first mistake is kept, with its place, and everything after it reads as the default. So a
/// reader asks for all it wants and looks once, with done().
class Keys {
public:
    /// in  `what` names the table in messages: "role"; both outlive this
    Keys(const Value& table, std::string_view what);

    double number(std::string_view key, double otherwise, double min, double max);
    std::int64_t whole(std::string_view key, std::int64_t otherwise, std::int64_t min,
                       std::int64_t max);
    bool flag(std::string_view key, bool otherwise);
    std::string text(std::string_view key, std::string_view otherwise);

    /// One of the words, as its index.
    std::size_t word(std::string_view key, std::initializer_list<std::string_view> words);

    std::vector<std::string> texts(std::string_view key);

    /// So many numbers; empty when the key is not there.
    std::vector<double> numbers(std::string_view key, std::size_t count);

    /// A list of tables (or of lists); empty when the key is not there.
    const List& list(std::string_view key);

    /// A table, or null when the key is not there.
    const Value* table(std::string_view key);

    bool has(std::string_view key) const;

    /// Makes a mistake of what the file says at `key`, or at the table.
    void refuse(std::string_view key, const std::string& why);

    /// errors  `invalid_argument` "LINE:COLUMN: what is wrong"
    Result<> done();

private:
    const Value* find(std::string_view key);
    void refuse_at(const Value& value, const std::string& why);

    const Value& m_value;
    std::string_view m_what;
    const Table* m_table = nullptr;
    std::vector<bool> m_used;
    std::string m_mistake;
};

/// A number, whole or not.
const double* as_number(const Value& value, double& room);

} // namespace torgo::radio
