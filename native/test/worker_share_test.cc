#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
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

/** Sends `count` long datagrams to this address. */
void flood(uint16_t port, uint32_t address, int count) {
  const weft::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(address);
  const std::vector<uint8_t> bytes(1300);
  for (int i = 0; i < count; ++i) {
    sendto(socket.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&name), sizeof name);
  }
}

/** Sends to 10.9.0.2 until the worker leaves the device unread. */
void floodUntilPaused(const Peer& peer) {
  const uint64_t before = peer.count(Counter::inRingFull);
  for (int i = 0; i < 1000 && peer.count(Counter::inRingFull) == before; ++i) flood(4000, 0x0a090002, 100);
  CHECK(peer.count(Counter::inRingFull) > before);
}

TEST(who_has_its_share_of_the_ring_is_left_unread_until_there_is_room_and_others_are_read_on) {
  inNewNamespace([] {
    Peer peer;
    Peer other(kPort + 1);
    Record record;
    peer.worker().openDevice(spec(1, "core0"));
    CHECK(peer.receive(RecordKind::opened, record));
    floodUntilPaused(peer);
    const uint64_t taken = peer.count(Counter::guestPacketsIn);
    CHECK(taken * 1344 < kCapacity / 2);

    // Neither reports nor datagrams are kept out by it.
    weft::TunSpec second = spec(2, "core1");
    second.addresses = {{0x0a0a0001, 24}};
    second.routes.clear();
    peer.worker().openDevice(second);
    for (uint8_t i = 0; i < 100; ++i) other.send(datagram(kPort, i, std::vector<uint8_t>(100)));
    CHECK(peer.receive(RecordKind::underlay, record) && record.detail == 0);
    for (uint8_t i = 1; i < 100; ++i) CHECK(peer.receive(RecordKind::underlay, record) && record.detail == i);
    CHECK(if_nametoindex("core1") != 0);

    // What waited in the device's queue is read now.
    const auto isReadOn = [&] { return peer.count(Counter::guestPacketsIn) > taken; };
    for (int i = 0; i < 10000 && !isReadOn(); ++i) CHECK(peer.receive(RecordKind::guest, record));
    CHECK(isReadOn());
  });
}

TEST(datagrams_beyond_the_share_wait_and_none_is_lost) {
  inNewNamespace([] {
    // More than the ring holds, and less than the socket's buffer.
    constexpr int kSent = 2000;
    Peer peer;
    flood(kPort, kLoopback, kSent);
    for (int i = 0; i < 10000000 && peer.count(Counter::inRingFull) == 0; ++i) sched_yield();
    CHECK(peer.count(Counter::inRingFull) > 0);
    Peer other(kPort + 1);
    const std::vector<uint8_t> last(5);
    other.send(datagram(kPort, 0, last));
    Record record;
    for (int i = 0; i < kSent; ++i) {
      if (!peer.receive(RecordKind::underlay, record)) return CHECK(!"every datagram arrived");
      CHECK(record.payload.size() == 1300);
    }
    CHECK(peer.receive(RecordKind::underlay, record) && record.payload.size() == 5);
  });
}

TEST(the_last_datagram_that_had_to_wait_needs_no_other_event_to_arrive) {
  inNewNamespace([] {
    Peer peer;
    uint64_t sent = 0;
    const auto isPaused = [&] { return peer.count(Counter::inRingFull) > 0; };
    while (!isPaused() && sent < 10000) {
      flood(kPort, kLoopback, 1);
      ++sent;
      for (int i = 0; i < 10000000 && !isPaused() && peer.count(Counter::underlayPacketsIn) < sent; ++i) sched_yield();
    }
    CHECK(isPaused() && peer.count(Counter::underlayPacketsIn) == sent - 1);
    Record record;
    for (uint64_t i = 0; i < sent; ++i) {
      if (!peer.receive(RecordKind::underlay, record)) return CHECK(!"every datagram arrived");
    }
  });
}

TEST(a_device_that_is_left_unread_can_be_removed_and_lost) {
  inNewNamespace([] {
    Peer peer;
    Record record;
    const weft::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    peer.worker().openDevice(spec(1, "core0"));
    CHECK(peer.receive(RecordKind::opened, record));
    floodUntilPaused(peer);
    ifreq request{};
    std::strcpy(request.ifr_name, "core0");
    CHECK(ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0);
    CHECK(peer.receive(RecordKind::lost, record) && record.id == 1);
    peer.worker().openDevice(spec(2, "core0"));
    CHECK(peer.receive(RecordKind::opened, record));
    floodUntilPaused(peer);
    peer.worker().removeDevice(2);
    peer.worker().openDevice(spec(3, "core0"));
    CHECK(peer.receive(RecordKind::opened, record) && record.id == 3);
    floodUntilPaused(peer);
  });
}

}  // namespace
