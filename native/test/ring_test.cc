#include "../core/ring.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "check.h"

namespace {

using weft::Record;
using weft::RecordKind;
using weft::RingControl;
using weft::RingReader;
using weft::RingWriter;

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

/** Without records, and exactly as long as a ring needs, so that the sanitizer sees a step beyond it. */
std::unique_ptr<void, FreeMemory> makeMemory(uint32_t capacity, uint32_t position) {
  void* memory = std::aligned_alloc(64, weft::ringSize(capacity));
  std::memset(memory, 0, weft::ringSize(capacity));
  static_cast<RingControl*>(memory)->head.store(position);
  static_cast<RingControl*>(memory)->tail.store(position);
  return std::unique_ptr<void, FreeMemory>(memory);
}

struct Ring {
  /** Both ends start at `position`. */
  explicit Ring(uint32_t size, uint32_t position = 0)
      : memory(makeMemory(size, position)), writer(memory.get(), size), reader(memory.get(), size) {}

  RingControl& control() { return *static_cast<RingControl*>(memory.get()); }
  uint8_t* data() { return static_cast<uint8_t*>(memory.get()) + weft::kRingDataOffset; }
  /** Puts raw words where the reader looks first, and publishes `size` bytes. */
  void forge(std::vector<uint32_t> words, uint32_t size) {
    std::memcpy(data(), words.data(), words.size() * sizeof(uint32_t));
    control().head.store(size);
    reader.refresh();
  }

  std::unique_ptr<void, FreeMemory> memory;
  RingWriter writer;
  RingReader reader;
};

std::vector<uint8_t> pattern(size_t length, uint32_t seed) {
  std::vector<uint8_t> bytes(length);
  for (size_t i = 0; i < length; ++i) bytes[i] = static_cast<uint8_t>(seed * 31 + i);
  return bytes;
}

bool isPattern(std::span<const uint8_t> bytes, uint32_t seed) { return std::ranges::equal(bytes, pattern(bytes.size(), seed)); }

TEST(a_record_comes_out_as_it_went_in) {
  Ring ring(1024);
  const auto payload = pattern(37, 5);
  CHECK(ring.writer.write({RecordKind::underlay, 255, 65535, 0xfffffffe, 0x80000001, payload}));
  Record record;
  ring.reader.refresh();
  CHECK(!ring.reader.next(record));
  ring.writer.publish();
  CHECK(!ring.reader.next(record));
  ring.reader.refresh();
  CHECK(ring.reader.next(record));
  CHECK(record.kind == RecordKind::underlay && record.detail == 255 && record.port == 65535);
  CHECK(record.id == 0xfffffffe && record.extra == 0x80000001);
  CHECK(std::ranges::equal(record.payload, payload));
  CHECK(!ring.reader.next(record));
  CHECK(!ring.reader.isCorrupt());
}

TEST(the_layout_is_the_documented_one) {
  Ring ring(1024);
  const auto payload = pattern(20, 1);
  ring.writer.write({RecordKind::guest, 2, 3, 4, 5, payload});
  ring.writer.publish();
  const std::vector<uint32_t> wanted{20, 1 | 2 << 8 | 3 << 16, 4, 5};
  CHECK(std::memcmp(ring.data(), wanted.data(), 16) == 0);
  CHECK(std::memcmp(ring.data() + 16, payload.data(), 20) == 0);
  uint32_t head;
  std::memcpy(&head, ring.memory.get(), sizeof head);
  CHECK(head == 48);
  ring.reader.refresh();
  Record record;
  CHECK(ring.reader.next(record));
  ring.reader.release();
  uint32_t tail;
  std::memcpy(&tail, static_cast<uint8_t*>(ring.memory.get()) + 64, sizeof tail);
  CHECK(tail == 48);
}

TEST(a_full_ring_refuses_until_space_is_released) {
  Ring ring(1024);
  const auto payload = pattern(112, 0);  // 128 bytes with its header: eight fill the ring
  for (int i = 0; i < 8; ++i) CHECK(ring.writer.write({RecordKind::guest, 0, 0, 0, 0, payload}));
  CHECK(!ring.writer.write({RecordKind::guest}));
  ring.writer.publish();
  ring.reader.refresh();
  Record record;
  CHECK(ring.reader.next(record));
  CHECK(!ring.writer.write({RecordKind::guest}));
  ring.reader.release();
  CHECK(ring.writer.write({RecordKind::guest, 0, 0, 0, 0, payload}));
  CHECK(!ring.writer.write({RecordKind::guest}));
}

TEST(the_reserve_is_for_those_who_may_use_it) {
  Ring ring(1024);
  const auto payload = pattern(112, 0);
  int packets = 0;
  while (ring.writer.write({RecordKind::guest, 0, 0, 0, 0, payload}, 256)) ++packets;
  CHECK(packets == 6);
  CHECK(ring.writer.write({RecordKind::lost}));
}

TEST(a_payload_larger_than_the_ring_is_refused) {
  Ring ring(1024);
  const auto tooLong = pattern(1009, 0);
  CHECK(!ring.writer.write({RecordKind::guest, 0, 0, 0, 0, tooLong}));
  CHECK(ring.writer.write({RecordKind::guest, 0, 0, 0, 0, {tooLong.data(), 1008}}));
}

TEST(records_survive_the_wrap_of_the_ring_and_of_the_counters) {
  Ring ring(1024, 0xfffff000);
  std::mt19937 random(7);
  uint32_t written = 0;
  uint32_t read = 0;
  for (int round = 0; round < 20'000; ++round) {
    while (random() % 4 != 0) {
      if (!ring.writer.write({RecordKind::guest, 0, 0, written, 0, pattern(written * 7 % 300, written)})) break;
      ++written;
    }
    ring.writer.publish();
    ring.reader.refresh();
    Record record;
    while (random() % 4 != 0 && ring.reader.next(record)) {
      CHECK(record.id == read && record.payload.size() == read * 7 % 300 && isPattern(record.payload, read));
      ++read;
    }
    ring.reader.release();
  }
  CHECK(written > 10'000 && read > 10'000);
}

TEST(lengths_that_lead_out_of_the_ring_are_found) {
  const std::vector<std::vector<uint32_t>> forged{
      {1024, 1, 0, 0}, {0xffffffff, 1, 0, 0}, {0xfffffff0, 1, 0, 0}, {64, 1, 0, 0}, {0x7fffffff, 0, 0, 0}, {16, 0, 0, 0},
  };
  for (const auto& words : forged) {
    Ring ring(1024);
    ring.forge(words, 64);
    Record record;
    CHECK(!ring.reader.next(record));
    CHECK(ring.reader.isCorrupt());
  }
}

TEST(a_record_across_the_end_of_the_data_is_found) {
  for (const uint32_t length : {497u, 1000u}) {
    Ring ring(1024, 512);
    const std::vector<uint32_t> words{length, 1, 0, 0};
    std::memcpy(ring.data() + 512, words.data(), 16);
    ring.control().head.store(512 + 1024);
    ring.reader.refresh();
    Record record;
    CHECK(!ring.reader.next(record));
    CHECK(ring.reader.isCorrupt());
  }
}

TEST(a_head_out_of_reach_is_found) {
  for (const uint32_t head : {1040u, 8u, 0x80000000u, 0xfffffff0u}) {
    Ring ring(1024);
    ring.forge({0, 1, 0, 0}, head);
    Record record;
    CHECK(!ring.reader.next(record));
    CHECK(ring.reader.isCorrupt());
  }
}

TEST(a_tail_out_of_reach_counts_as_full) {
  Ring ring(1024);
  ring.control().tail.store(16);
  const auto payload = pattern(900, 0);
  CHECK(ring.writer.write({RecordKind::guest, 0, 0, 0, 0, payload}));
  CHECK(!ring.writer.write({RecordKind::guest, 0, 0, 0, 0, payload}));
}

TEST(arbitrary_bytes_are_read_without_leaving_the_ring) {
  std::mt19937 random(3);
  uint32_t records = 0;
  for (int round = 0; round < 20'000; ++round) {
    const uint32_t start = random() % 64 * 16;
    Ring ring(1024, start);
    for (size_t i = 0; i < 1024; i += 4) {
      const uint32_t word = random() % 3 == 0 ? random() : random() % 64;
      std::memcpy(ring.data() + i, &word, 4);
    }
    ring.control().head.store(start + random() % 65 * 16);
    ring.reader.refresh();
    Record record;
    uint32_t sum = 0;
    while (ring.reader.next(record)) {
      ++records;
      for (const uint8_t byte : record.payload) sum += byte;
    }
    CHECK(sum < 1024 * 256);
  }
  CHECK(records > 0);
}

TEST(a_consumer_is_woken_once_and_only_when_it_sleeps) {
  Ring ring(1024);
  CHECK(!ring.writer.publish());
  ring.writer.write({RecordKind::guest});
  CHECK(!ring.writer.publish());
  CHECK(!ring.reader.trySleep());
  Record record;
  ring.reader.refresh();
  CHECK(ring.reader.next(record));
  CHECK(ring.reader.trySleep());
  ring.writer.write({RecordKind::guest});
  CHECK(ring.writer.publish());
  ring.writer.write({RecordKind::guest});
  CHECK(!ring.writer.publish());
}

/** A semaphore that a wake-up posts; a lost wake-up shows as a timeout. */
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    isRung_ = true;
    bell_.notify_one();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    const bool heard = bell_.wait_for(lock, std::chrono::seconds(10), [&] { return isRung_; });
    isRung_ = false;
    return heard;
  }

 private:
  std::mutex mutex_;
  std::condition_variable bell_;
  bool isRung_ = false;
};

TEST(two_threads_lose_neither_records_nor_wake_ups) {
  constexpr uint32_t kTotal = 300'000;
  Ring ring(4096);
  Bell bell;
  std::thread producer([&] {
    std::mt19937 random(1);
    for (uint32_t i = 0; i < kTotal;) {
      if (ring.writer.write({RecordKind::guest, 0, 0, i, 0, pattern(i % 200, i)})) ++i;
      else std::this_thread::yield();
      if (random() % 3 == 0 && ring.writer.publish()) bell.ring();
    }
    if (ring.writer.publish()) bell.ring();
  });
  uint32_t next = 0;
  bool isGood = true;
  while (next < kTotal && isGood) {
    ring.reader.refresh();
    Record record;
    while (ring.reader.next(record)) {
      isGood = isGood && record.id == next && record.payload.size() == next % 200 && isPattern(record.payload, next);
      ++next;
    }
    ring.reader.release();
    if (next < kTotal && ring.reader.trySleep()) isGood = isGood && bell.wait();
  }
  CHECK(isGood);
  if (!isGood) ring.control().tail.store(0);
  producer.join();
  CHECK(next == kTotal);
}

}  // namespace
