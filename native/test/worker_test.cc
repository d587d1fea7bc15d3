#include "../core/worker.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "new_namespace.h"
#include "peer.h"

namespace {

using weft::Counter;
using weft::Record;
using weft::RecordKind;
using weft::test::datagram;
using weft::test::inNewNamespace;
using weft::test::kCapacity;
using weft::test::kLoopback;
using weft::test::kPort;
using weft::test::Peer;
using weft::test::spec;

/** Sends a datagram from this namespace to 10.9.0.2, so into the device. */
void sendToDevice(const char* text) {
  const weft::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(4000);
  name.sin_addr.s_addr = htonl(0x0a090002);
  CHECK(sendto(socket.get(), text, std::strlen(text), 0, reinterpret_cast<const sockaddr*>(&name), sizeof name) > 0);
}

TEST(datagrams_pass_with_their_tos) {
  inNewNamespace([] {
    Peer one(kPort);
    Peer two(kPort + 1);
    CHECK(!one.failure() && !two.failure());
    for (uint32_t i = 0; i < 200; ++i) {
      const std::vector<uint8_t> bytes(i * 300, static_cast<uint8_t>(i));
      one.send(datagram(kPort + 1, static_cast<uint8_t>(i), bytes));
      Record record;
      if (!two.receive(RecordKind::underlay, record)) return CHECK(!"a datagram arrived");
      CHECK(record.id == kLoopback && record.port == kPort && record.detail == i);
      CHECK(std::ranges::equal(record.payload, bytes));
    }
  });
}

TEST(a_datagram_beyond_the_mtu_is_counted_and_not_fragmented) {
  inNewNamespace([] {
    weft::Netlink netlink;
    CHECK(!netlink.open());
    CHECK(netlink.configureLink(static_cast<int>(if_nametoindex("lo")), 1500, 1000) == 0);
    Peer one(kPort);
    Peer two(kPort + 1);
    for (const size_t size : {1472, 1473, 100}) one.send(datagram(kPort + 1, 0, std::vector<uint8_t>(size)));
    Record record;
    CHECK(two.receive(RecordKind::underlay, record) && record.payload.size() == 1472);
    CHECK(two.receive(RecordKind::underlay, record) && record.payload.size() == 100);
    CHECK(one.count(Counter::underlayTooLong) == 1);
    // What was sent may arrive before it is counted.
    for (int i = 0; i < 10000000 && one.count(Counter::underlayPacketsOut) < 2; ++i) sched_yield();
    CHECK(one.count(Counter::underlayPacketsOut) == 2);
  });
}

TEST(a_device_gives_packets_and_goes_when_it_is_removed) {
  inNewNamespace([] {
    Peer peer;
    peer.worker().openDevice(spec(1, "core0"));
    Record record;
    CHECK(peer.receive(RecordKind::opened, record) && record.id == 1);
    CHECK(if_nametoindex("core0") != 0);
    sendToDevice("hello");
    CHECK(peer.receive(RecordKind::guest, record) && record.id == 1 && record.payload.size() == 33);
    CHECK(std::memcmp(record.payload.data() + 28, "hello", 5) == 0);
    peer.worker().removeDevice(1);
    peer.worker().openDevice(spec(2, "core0"));
    CHECK(peer.receive(RecordKind::opened, record) && record.id == 2);
    peer.worker().stop();
    CHECK(if_nametoindex("core0") == 0);
  });
}

TEST(a_device_that_cannot_be_made_is_refused_and_not_left_behind) {
  inNewNamespace([] {
    Peer peer;
    Record record;
    const auto refusal = [&](const weft::TunSpec& wanted) {
      peer.worker().openDevice(wanted);
      CHECK(peer.receive(RecordKind::refused, record) && record.id == wanted.id);
      return weft::Failure{static_cast<weft::Step>(record.detail), static_cast<int>(record.extra)};
    };
    auto wanted = spec(1, "lo");
    CHECK(refusal(wanted).step == weft::Step::createDevice && record.extra == EBUSY);
    wanted = spec(2, "core0");
    wanted.namespacePath = "/run/netns/there is none";
    CHECK(refusal(wanted).step == weft::Step::openNamespace && record.extra == ENOENT);
    wanted = spec(3, "core0");
    wanted.namespacePath = "/dev/null";
    CHECK(refusal(wanted).step == weft::Step::moveDevice);
    wanted = spec(4, "core0");
    wanted.routes.push_back(wanted.routes[0]);
    CHECK(refusal(wanted).step == weft::Step::addRoute && record.extra == EEXIST);
    CHECK(if_nametoindex("core0") == 0 && if_nametoindex("weft0") == 0);
  });
}

TEST(a_device_that_is_put_down_is_lost) {
  inNewNamespace([] {
    Peer peer;
    peer.worker().openDevice(spec(1, "core0"));
    Record record;
    CHECK(peer.receive(RecordKind::opened, record));
    const weft::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "core0");
    CHECK(ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0);
    CHECK(peer.receive(RecordKind::lost, record) && record.id == 1);
    CHECK(record.detail == static_cast<uint8_t>(weft::LostCause::down));
    CHECK(if_nametoindex("core0") == 0);
  });
}

TEST(a_corrupt_ring_ends_the_worker_with_a_report) {
  inNewNamespace([] {
    auto memory = weft::SharedMemory::allocate(kCapacity);
    struct Silent final : weft::Waker {
      void wake() override {}
    } silent;
    weft::Worker worker(memory, silent);
    weft::RingReader in(memory->inRing(), kCapacity);
    auto* control = static_cast<weft::RingControl*>(memory->outRing());
    control->head.store(8);
    CHECK(!worker.start(kLoopback, kPort));
    worker.signal();
    Record record;
    for (in.refresh(); !in.next(record); in.refresh()) sched_yield();
    CHECK(record.kind == RecordKind::fault && record.detail == static_cast<uint8_t>(weft::Step::ring));
  });
}

TEST(every_signal_is_answered_by_a_round) {
  inNewNamespace([] {
    Peer peer;
    for (int i = 0; i < 100; ++i) {
      const uint64_t before = peer.count(Counter::rounds);
      peer.worker().signal();
      for (int patience = 0; peer.count(Counter::rounds) == before && patience < 1'000'000; ++patience) sched_yield();
      if (peer.count(Counter::rounds) == before) return CHECK(!"a round was done");
    }
  });
}

TEST(an_address_that_is_taken_is_refused) {
  inNewNamespace([] {
    Peer one;
    Peer two;
    CHECK(!one.failure());
    CHECK(two.failure().step == weft::Step::bind && two.failure().error == EADDRINUSE);
  });
}

TEST(memory_is_only_for_sensible_rings) {
  CHECK(weft::SharedMemory::allocate(0) == nullptr);
  CHECK(weft::SharedMemory::allocate(1 << 10) == nullptr);
  CHECK(weft::SharedMemory::allocate((1 << 20) + 16) == nullptr);
  CHECK(weft::SharedMemory::allocate(1u << 31) == nullptr);
  CHECK(weft::SharedMemory::allocate(1 << 20) != nullptr);
}

}  // namespace
