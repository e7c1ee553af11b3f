#include "radio/bearer.hpp"

namespace torgo::radio {

Counters& Counters::operator+=(const Counters& other) {
    events += other.events;
    packets += other.packets;
    received += other.received;
    captured += other.captured;
    collided += other.collided;
    noise += other.noise;
    bursts += other.bursts;
    deaf_tx += other.deaf_tx;
    deaf_scan += other.deaf_scan;
    dropped += other.dropped;
    return *this;
}

Totals& Totals::operator+=(const Counters& other) {
    events += other.events;
    packets += other.packets;
    received += other.received;
    captured += other.captured;
    collided += other.collided;
    noise += other.noise;
    bursts += other.bursts;
    deaf_tx += other.deaf_tx;
    deaf_scan += other.deaf_scan;
    dropped += other.dropped;
    return *this;
}

} // namespace torgo::radio
