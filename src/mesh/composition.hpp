#pragma once

#include "mesh/buffer.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

// What a node is made of: elements and their models (Mesh Protocol 1.1, 4.2.2).
namespace torgo::mesh {

/// A model of the SIG (company none) or of a company.
struct ModelId {
    static constexpr std::uint16_t sig = 0xFFFF; ///< no company has this number

    std::uint16_t id = 0;
    std::uint16_t company = sig;

    bool is_sig() const { return company == sig; }

    auto operator<=>(const ModelId&) const = default;
};

inline constexpr ModelId config_server{0x0000};
inline constexpr ModelId config_client{0x0001};
inline constexpr ModelId health_server{0x0002};
inline constexpr ModelId health_client{0x0003};
inline constexpr ModelId directed_server{0x0006};
inline constexpr ModelId directed_client{0x0007};
inline constexpr ModelId sar_server{0x000E};
inline constexpr ModelId sar_client{0x000F};
inline constexpr ModelId blob_server{0x1400};
inline constexpr ModelId blob_client{0x1401};

struct Element {
    std::uint16_t location = 0;
    std::vector<ModelId> models{};

    bool operator==(const Element&) const = default;
};

inline constexpr std::uint16_t feature_relay = 1;
inline constexpr std::uint16_t feature_proxy = 2;
inline constexpr std::uint16_t feature_friend = 4;
inline constexpr std::uint16_t feature_low_power = 8;

/// Composition Data page 0 (4.2.2.1). Shared by all nodes of one make.
struct Composition {
    static constexpr std::size_t elements_max = 16;
    static constexpr std::size_t models_max = 32; ///< of one element

    std::uint16_t company = 0;
    std::uint16_t product = 0;
    std::uint16_t version = 0;
    std::uint16_t replay_entries = 0; ///< CRPL
    std::uint16_t features = 0;
    std::vector<Element> elements{};

    bool operator==(const Composition&) const = default;
};

/// Room of an access message beside its opcode and the page's number.
inline constexpr std::size_t composition_max = 376;
using CompositionPage = Buffer<composition_max>;

/// None where the page would be too long.
std::optional<CompositionPage> encode(const Composition& composition);
std::optional<Composition> decode_composition(ByteView page);

} // namespace torgo::mesh
