#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weft {

/** The order of the shared page of counters; src/agent/io/native-layout.ts has the same. */
enum class Counter : size_t {
  guestPacketsIn,
  guestBytesIn,
  guestPacketsOut,
  guestBytesOut,
  underlayPacketsIn,
  underlayBytesIn,
  underlayPacketsOut,
  underlayBytesOut,
  /** Rounds in which a device or the socket was left unread, because it had its share of the in ring. */
  inRingFull,
  guestWriteDropped,
  underlaySendDropped,
  underlayTooLong,
  socketOverflow,
  wakeups,
  /** Of the worker's loop; moves after every `signal`, and not while there is nothing to do. */
  rounds,
  count,
};

inline constexpr size_t kCounterPageSize = 4096;

/** Counters that one thread adds to and anyone may read at any time, JavaScript through a BigUint64Array. */
class Counters {
 public:
  explicit Counters(void* page) : values_(static_cast<std::atomic<uint64_t>*>(page)) {}

  void add(Counter counter, uint64_t amount = 1) {
    auto& value = values_[static_cast<size_t>(counter)];
    value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  uint64_t read(Counter counter) const {
    return values_[static_cast<size_t>(counter)].load(std::memory_order_relaxed);
  }

 private:
  std::atomic<uint64_t>* values_;
};

static_assert(static_cast<size_t>(Counter::count) * sizeof(uint64_t) <= kCounterPageSize);
static_assert(std::atomic<uint64_t>::is_always_lock_free && sizeof(std::atomic<uint64_t>) == sizeof(uint64_t));

}  // namespace weft
