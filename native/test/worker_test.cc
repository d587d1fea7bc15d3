#include "../core/worker.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "check.h"
#include "new_namespace.h"

namespace {

using weft::Counter;
using weft::Record;
using weft::RecordKind;
using weft::test::inNewNamespace;

constexpr uint32_t kLoopback = 0x7f000001;
constexpr uint16_t kPort = 7790;
constexpr uint32_t kCapacity = 1 << 20;

/** The other side of the rings, in the place of JavaScript. */
class Peer final : public weft::Waker {
 public:
  explicit Peer(uint16_t port = kPort)
      : memory_(weft::SharedMemory::allocate(kCapacity)),
        in_(memory_->inRing(), kCapacity),
        out_(memory_->outRing(), kCapacity),
        counters_(memory_->bytes()),
        worker_(memory_, *this) {
    failure_ = worker_.start(kLoopback, port);
  }

  weft::Worker& worker() { return worker_; }
  weft::Failure failure() const { return failure_; }
  uint64_t count(Counter counter) const { return counters_.read(counter); }

  void wake() override {
    const std::lock_guard lock(mutex_);
    isAwake_ = true;
    bell_.notify_one();
  }

  void send(const Record& record) {
    CHECK(out_.write(record));
    if (out_.publish()) worker_.signal();
  }

  /** Waits for one record of this kind, letting others pass. */
  bool receive(RecordKind kind, Record& record) {
    for (;;) {
      in_.refresh();
      while (in_.next(record)) {
        bytes_.assign(record.payload.begin(), record.payload.end());
        record.payload = bytes_;
        in_.release();
        if (record.kind == kind) return true;
      }
      if (!in_.trySleep()) continue;
      std::unique_lock lock(mutex_);
      if (!bell_.wait_for(lock, std::chrono::seconds(10), [&] { return isAwake_; })) return false;
      isAwake_ = false;
    }
  }

 private:
  std::shared_ptr<weft::SharedMemory> memory_;
  weft::RingReader in_;
  weft::RingWriter out_;
  weft::Counters counters_;
  weft::Worker worker_;
  weft::Failure failure_;
  std::vector<uint8_t> bytes_;
  std::mutex mutex_;
  std::condition_variable bell_;
  bool isAwake_ = false;
};

weft::TunSpec spec(uint32_t id, const std::string& name) {
  return {id, name, "", 1400, {{0x0a090001, 24}}, {{0x0a140000, 16}}};
}

/** Sends a datagram from this namespace to 10.9.0.2, so into the device. */
void sendToDevice(const char* text) {
  const weft::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(4000);
  name.sin_addr.s_addr = htonl(0x0a090002);
  CHECK(sendto(socket.get(), text, std::strlen(text), 0, reinterpret_cast<const sockaddr*>(&name), sizeof name) > 0);
}

Record datagram(uint16_t port, uint8_t tos, const std::vector<uint8_t>& bytes) {
  return {RecordKind::underlay, tos, port, kLoopback, 0, bytes};
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

/** Sends to 10.9.0.2 until the worker leaves some device or the socket unread. */
void floodUntilPaused(const Peer& peer, uint16_t port, uint32_t address) {
  const weft::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(address);
  const std::vector<uint8_t> bytes(1300);
  const uint64_t before = peer.count(Counter::inRingFull);
  for (int i = 0; i < 1000000 && peer.count(Counter::inRingFull) == before; ++i) {
    sendto(socket.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&name), sizeof name);
  }
  CHECK(peer.count(Counter::inRingFull) > before);
}

TEST(who_has_its_share_of_the_ring_is_left_unread_until_there_is_room_and_others_are_read_on) {
  inNewNamespace([] {
    Peer peer;
    Peer other(kPort + 1);
    Record record;
    peer.worker().openDevice(spec(1, "core0"));
    CHECK(peer.receive(RecordKind::opened, record));
    floodUntilPaused(peer, 4000, 0x0a090002);
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

TEST(datagrams_that_were_read_beyond_the_share_are_kept_in_order) {
  inNewNamespace([] {
    Peer peer;
    Record record;
    floodUntilPaused(peer, kPort, kLoopback);
    Peer other(kPort + 1);
    const std::vector<uint8_t> last(5);
    other.send(datagram(kPort, 0, last));
    const uint64_t taken = peer.count(Counter::underlayPacketsIn);
    uint64_t seen = 0;
    do {
      if (!peer.receive(RecordKind::underlay, record)) return CHECK(!"the last datagram arrived");
      ++seen;
    } while (record.payload.size() != 5);
    CHECK(seen > taken && seen == peer.count(Counter::underlayPacketsIn));
    CHECK(peer.count(Counter::socketOverflow) == 0);
  });
}

TEST(a_device_that_is_left_unread_can_be_removed_and_lost) {
  inNewNamespace([] {
    Peer peer;
    Record record;
    const weft::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    peer.worker().openDevice(spec(1, "core0"));
    CHECK(peer.receive(RecordKind::opened, record));
    floodUntilPaused(peer, 4000, 0x0a090002);
    ifreq request{};
    std::strcpy(request.ifr_name, "core0");
    CHECK(ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0);
    CHECK(peer.receive(RecordKind::lost, record) && record.id == 1);
    peer.worker().openDevice(spec(2, "core0"));
    CHECK(peer.receive(RecordKind::opened, record));
    floodUntilPaused(peer, 4000, 0x0a090002);
    peer.worker().removeDevice(2);
    peer.worker().openDevice(spec(3, "core0"));
    CHECK(peer.receive(RecordKind::opened, record) && record.id == 3);
    floodUntilPaused(peer, 4000, 0x0a090002);
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
