#pragma once

#include "base/error.hpp"
#include "radio/bearer.hpp"
#include "radio/phy.hpp"
#include "radio/walls.hpp"

#include <span>
#include <vector>

namespace torgo::radio {

/// Where a node is and of which kind.
struct Place {
    Point at;
    std::int16_t floor = 0;
    std::uint8_t profile = 0; ///< index into Plan::profiles
    std::uint8_t group = 0;   ///< index into Plan::groups
    std::uint32_t number = 0; ///< as the scenario counts: 0 is its first node
};

/// Loss by distance and floors, without walls and shadowing.
double mean_loss_db(const Phy& phy, double floor_height_m, const Place& a, const Place& b);

/// A link as both ends know it: the other end in 24 bits and the loss in 8, half a dB a step.
class Link {
public:
    static constexpr double loss_min_db = 20;
    static constexpr double loss_max_db = loss_min_db + 127.5;

    Link(NodeId to, double loss_db);

    NodeId to() const { return m_bits >> 8U; }

    std::uint8_t level() const { return static_cast<std::uint8_t>(m_bits & 0xFFU); }

    double loss_db() const { return loss_min_db + level() * 0.5; }

    bool operator<(const Link& other) const { return m_bits < other.m_bits; }

private:
    std::uint32_t m_bits;
};

static_assert(sizeof(Link) == 4);

/// The links of all nodes, those of one node together and in the order of the other end.
class Links {
public:
    std::span<const Link> of(NodeId node) const {
        if (m_from.empty()) return {};
        return std::span(m_links).subspan(m_from[node], m_from[node + 1] - m_from[node]);
    }

    /// From pairs in any order; each pair is given once and stands at both ends afterwards.
    struct Pair {
        NodeId a, b;
        float loss_db;
    };

    static Links from(std::size_t nodes, const std::vector<Pair>& pairs);

    std::size_t count() const { return m_links.size(); }

    std::size_t memory() const {
        return m_from.capacity() * sizeof m_from[0] + m_links.capacity() * sizeof m_links[0];
    }

private:
    std::vector<std::uint32_t> m_from;
    std::vector<Link> m_links;
};

inline constexpr std::size_t profiles_max = 128;
inline constexpr std::size_t links_max = std::size_t{1} << 30U;

/// Nodes in space, walls between them, and who can hear whom.
///
/// Nodes are kept in the order of a Hilbert curve over the plane, floor by floor: neighbours in
/// space are neighbours in memory, and a range of indices is a region.
class Field {
public:
    struct Plan {
        Phy phy;
        std::vector<Profile> profiles;
        std::vector<Place> places;
        std::vector<Wall> walls;
        double floor_height_m = 3.5;
        std::uint64_t seed = 1;
        /// Links too weak to disturb even the weakest packet that can be received are left out;
        /// so many dB more of them are kept.
        double disturb_margin_db = 0;
        std::vector<bool> moving; ///< by scenario number; empty: none
    };

    /// errors  `invalid_argument` for no nodes, too many, or a profile that is not there;
    ///         `limit_exceeded` for more than links_max links
    static Result<Field> make(Plan plan);

    std::size_t size() const { return m_plan.places.size(); }

    const Phy& phy() const { return m_plan.phy; }

    std::uint64_t seed() const { return m_plan.seed; }

    std::span<const Profile> profiles() const { return m_plan.profiles; }

    const Profile& profile(NodeId node) const { return m_plan.profiles[place(node).profile]; }

    const Place& place(NodeId node) const { return m_plan.places[node]; }

    std::span<const Wall> walls() const { return m_plan.walls; }

    /// The node with this number in the scenario.
    NodeId node(std::uint32_t number) const { return m_by_number[number]; }

    std::span<const Link> fixed_links(NodeId node) const { return m_fixed.of(node); }

    std::span<const Link> moving_links(NodeId node) const { return m_moving_links.of(node); }

    bool has_moving() const { return !m_moving.empty(); }

    /// Puts moving nodes elsewhere; their links are found again by update().
    void move(NodeId node, const Point& to) { m_plan.places[node].at = to; }

    /// cost    the links of the moving nodes, and a pass over all nodes
    Result<> update();

    /// Cuts all links between groups of different parts, or none with an empty list; rebuilds all
    /// links.
    Result<> cut(std::vector<std::uint32_t> part_of_group);

    /// Loss between two nodes: distance, shadowing, walls, floors.
    double loss_db(NodeId a, NodeId b) const;

    /// Packet error of a link in one direction, without other traffic.
    double link_error(NodeId from, const Link& link, std::size_t advertising_data) const;

    double links_per_node() const;

    std::size_t memory() const;

private:
    struct Grid;

    explicit Field(Plan plan);
    void put_in_order();
    double reach_m() const;
    double loss_limit_db() const;
    Result<> find_fixed();
    void pair_up(const Grid& grid, NodeId node, bool only_later,
                 std::vector<Links::Pair>& out) const;
    bool hears(NodeId a, NodeId b, double& loss) const;

    Plan m_plan;
    WallIndex m_walls;
    double m_limit_db; ///< of loss: beyond it there is no link
    std::vector<NodeId> m_by_number;
    std::vector<NodeId> m_moving;
    std::vector<bool> m_is_moving;
    std::vector<std::uint32_t> m_part; ///< by group, while a partition lasts
    Links m_fixed;
    Links m_moving_links;
};

} // namespace torgo::radio
