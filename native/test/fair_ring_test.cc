#include "../core/fair_ring.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "check.h"

namespace {

using weft::FairRing;
using weft::Party;
using weft::Record;
using weft::RecordKind;
using weft::RingControl;
using weft::RingReader;

constexpr uint32_t kCapacity = 1 << 20;
constexpr uint32_t kReserve = 128 << 10;
constexpr uint32_t kUsable = kCapacity - kReserve;

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

struct Ring {
  /** Both ends start at `position`. */
  explicit Ring(uint32_t position = 0)
      : memory(make(position)), writer(memory.get(), kCapacity, kReserve), reader(memory.get(), kCapacity) {}

  static std::unique_ptr<void, FreeMemory> make(uint32_t position) {
    void* memory = std::aligned_alloc(64, weft::ringSize(kCapacity));
    std::memset(memory, 0, weft::ringSize(kCapacity));
    static_cast<RingControl*>(memory)->head.store(position);
    static_cast<RingControl*>(memory)->tail.store(position);
    return std::unique_ptr<void, FreeMemory>(memory);
  }

  RingControl& control() { return *static_cast<RingControl*>(memory.get()); }

  bool offer(Party party, size_t length, uint64_t weight = 1) {
    if (!writer.admits(party, weight)) return false;
    CHECK(writer.write(party, {RecordKind::guest, 0, 0, static_cast<uint32_t>(party), 0, {payload.data(), length}}));
    return true;
  }
  /** Reads up to `count` records; returns how many of each party. */
  std::map<uint32_t, int> consume(int count) {
    std::map<uint32_t, int> seen;
    writer.publish();
    reader.refresh();
    Record record;
    while (count-- > 0 && reader.next(record)) ++seen[record.id];
    reader.release();
    return seen;
  }

  std::vector<uint8_t> payload = std::vector<uint8_t>(FairRing::kPayloadMax);
  std::unique_ptr<void, FreeMemory> memory;
  FairRing writer;
  RingReader reader;
};

/** Lets parties with these weights offer records of `length` bytes without end, until the shares have settled. */
void saturate(Ring& ring, const std::map<Party, uint64_t>& weights, size_t length) {
  for (int round = 0; round < 3000; ++round) {
    ring.consume(round < 2990 ? 8 : 0);
    for (const auto& [party, weight] : weights) {
      while (ring.offer(party, length, weight)) continue;
    }
  }
}

/** Within what a few records are charged with. */
bool isAbout(uint32_t value, double wanted) { return value >= wanted - 12000 && value <= wanted + 12000; }

TEST(one_party_alone_has_a_third_and_a_newcomer_is_admitted) {
  for (const size_t length : {20, 1400}) {
    Ring ring;
    saturate(ring, {{1, 1}}, length);
    CHECK(isAbout(ring.writer.usedBy(1), kUsable / 3.0));
    CHECK(!ring.offer(1, length));
    for (int i = 0; i < 100; ++i) CHECK(ring.offer(2, 1400));
  }
}

TEST(parties_that_fill_it_without_end_have_equal_shares) {
  for (const Party count : {2, 3, 6}) {
    Ring ring;
    std::map<Party, uint64_t> weights;
    for (Party party = 1; party <= count; ++party) weights[party] = 1;
    saturate(ring, weights, 1400);
    const double share = static_cast<double>(kUsable) / static_cast<double>(count + 2);
    for (Party party = 1; party <= count; ++party) CHECK(isAbout(ring.writer.usedBy(party), share));
    CHECK(ring.writer.parties() == count);
    for (int i = 0; i < 30; ++i) CHECK(ring.offer(99, 1400));
  }
}

TEST(a_party_that_weighs_more_has_more) {
  Ring ring;
  saturate(ring, {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {50, 4}}, 1400);
  CHECK(isAbout(ring.writer.usedBy(50), kUsable * 4 / 10.0));
  for (Party party = 1; party <= 4; ++party) CHECK(isAbout(ring.writer.usedBy(party), kUsable / 10.0));
}

TEST(a_moderate_party_with_long_records_is_always_admitted_between_greedy_ones_with_short_ones) {
  Ring ring;
  int sent = 0;
  int seen = 0;
  for (int round = 0; round < 5000; ++round) {
    for (Party party = 1; party <= 8; ++party) {
      for (int i = 0; i < 64 && ring.offer(party, 20); ++i) continue;
    }
    CHECK(ring.offer(99, 1400));
    ++sent;
    seen += ring.consume(64)[99];
  }
  for (int round = 0; round < 1000; ++round) seen += ring.consume(64)[99];
  CHECK(seen == sent);
}

TEST(one_who_took_all_he_may_keeps_no_report_out) {
  Ring ring;
  for (Party party = 1; party <= 100; ++party) {
    while (ring.offer(party, 60000)) continue;
  }
  int reports = 0;
  while (ring.writer.report({RecordKind::opened, 0, 0, 1})) ++reports;
  CHECK(reports >= static_cast<int>(kReserve / 16));
  CHECK(!ring.writer.admits(200));
}

TEST(what_each_is_charged_with_is_exact) {
  constexpr Party kParties = 5;
  std::mt19937 random(7);
  // The second starts just before the positions turn from 2^32 to 0.
  for (const uint32_t position : {0u, 0xffff0000u}) {
    Ring ring(position);
    std::deque<std::pair<Party, uint32_t>> inside;
    uint32_t offset = position % kCapacity;
    const auto add = [&](Party party, size_t length, uint32_t least) {
      const auto size = static_cast<uint32_t>(16 + length + 15) / 16 * 16;
      const uint32_t skipped = offset + size > kCapacity ? kCapacity - offset : 0;
      offset = (offset + skipped + size) % kCapacity;
      inside.emplace_back(party, std::max(skipped + size, least));
    };
    for (int step = 0; step < 20000; ++step) {
      const auto choice = random() % 20;
      const Party party = random() % kParties;
      const size_t length = random() % (step % 50 == 0 ? FairRing::kPayloadMax + 1 : 2000);
      if (choice < 12 && ring.offer(party, length)) add(party, length, FairRing::kChargeMin);
      if (choice == 12 && ring.writer.report({RecordKind::opened, 0, 0, 1})) add(kParties, 0, 0);
      if (choice > 12) {
        const auto count = static_cast<int>(random() % 4);
        ring.consume(count);
        for (int i = 0; i < count && !inside.empty(); ++i) inside.pop_front();
      }
      ring.writer.admits(0);
      std::map<Party, uint32_t> wanted;
      for (const auto& [who, amount] : inside) wanted[who] += amount;
      for (Party who = 0; who < kParties; ++who) CHECK(ring.writer.usedBy(who) == wanted[who]);
    }
    ring.consume(INT32_MAX);
    ring.writer.admits(0);
    CHECK(ring.writer.parties() == 0);
  }
}

TEST(whoever_is_admitted_has_room_for_the_largest_record) {
  std::mt19937 random(11);
  Ring ring;
  int refused = 0;
  for (int step = 0; step < 3000; ++step) {
    if (!ring.offer(random() % 40, FairRing::kPayloadMax)) ++refused;
    if (random() % 3 == 0) ring.consume(1);
  }
  CHECK(refused > 0);
}

TEST(a_consumer_that_claims_what_it_cannot_have_read_is_not_believed) {
  for (const uint32_t claim : {16u, 1u << 21, 0u - 2048, 1u << 31}) {
    Ring ring;
    for (int i = 0; i < 3; ++i) ring.offer(1, 1008);
    ring.consume(1);
    const uint32_t head = 3 * 1024;
    ring.control().tail.store(head + claim);
    ring.writer.admits(1);
    CHECK(ring.writer.usedBy(1) >= 2 * 1024);
  }
}

}  // namespace
