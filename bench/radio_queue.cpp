// The simulator's event queue beside std::priority_queue and, where it is installed, the event loop
// of ns-3: the same number of events wait all the time, each that is taken puts in another.
//
// radio_queue WAITING EVENTS   prints one line of JSON, nanoseconds of processor an event

#include "radio/chance.hpp"
#include "radio/event_queue.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <queue>

#ifdef TORGO_NS3
#    include <ns3/simulator.h>
#endif

namespace {

using namespace torgo::radio;

/// As in a simulation: packets soon, repeats in tens of milliseconds, sensors in a minute.
Time pause(std::uint64_t n) {
    const auto bits = mix(n);
    const auto spans = {400U, 400U, 752U, 30'000U, 60'000'000U};
    return 128 + below(mix(bits), *(spans.begin() + bits % spans.size()));
}

struct Later {
    bool operator()(const Event& a, const Event& b) const { return b < a; }
};

class Heap {
public:
    void push(const Event& event) { m_queue.push(event); }

    Event pop() {
        const auto event = m_queue.top();
        m_queue.pop();
        return event;
    }

private:
    std::priority_queue<Event, std::vector<Event>, Later> m_queue;
};

double seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

template <class Queue>
double nanoseconds(std::uint32_t waiting, std::uint64_t events, Time& last) {
    Queue queue;
    for (std::uint32_t i = 0; i < waiting; ++i)
        queue.push({pause(i), i, i});
    const auto before = seconds();
    for (std::uint64_t n = 0; n < events; ++n) {
        const auto event = queue.pop();
        last = event.time;
        queue.push({event.time + pause(waiting + n), event.who, 0});
    }
    return (seconds() - before) * 1e9 / static_cast<double>(events);
}

#ifdef TORGO_NS3
std::uint64_t ns3_left = 0;
std::uint64_t ns3_number = 0;

void ns3_event() {
    if (--ns3_left == 0) return ns3::Simulator::Stop();
    ns3::Simulator::Schedule(ns3::MicroSeconds(pause(ns3_number++)), &ns3_event);
}

double ns3_nanoseconds(std::uint32_t waiting, std::uint64_t events) {
    ns3_left = events;
    for (; ns3_number < waiting; ++ns3_number)
        ns3::Simulator::Schedule(ns3::MicroSeconds(pause(ns3_number)), &ns3_event);
    const auto before = seconds();
    ns3::Simulator::Run();
    const auto took = seconds() - before;
    ns3::Simulator::Destroy();
    return took * 1e9 / static_cast<double>(events);
}
#endif

} // namespace

int main(int count, char** words) {
    const auto waiting =
        count > 1 ? static_cast<std::uint32_t>(std::strtoul(words[1], nullptr, 10)) : 40'000U;
    const auto events = count > 2 ? std::strtoull(words[2], nullptr, 10) : 3'000'000ULL;
    Time ours_last = 0;
    Time heap_last = 0;
    const auto ours = nanoseconds<EventQueue>(waiting, events, ours_last);
    const auto heap = nanoseconds<Heap>(waiting, events, heap_last);
    if (ours_last != heap_last) return 1;
    std::printf("{\"waiting\": %u, \"events\": %llu, \"torgo_ns\": %.1f, \"heap_ns\": %.1f",
                waiting, static_cast<unsigned long long>(events), ours, heap);
#ifdef TORGO_NS3
    std::printf(", \"ns3_ns\": %.1f", ns3_nanoseconds(waiting, events));
#endif
    std::printf("}\n");
    return 0;
}
