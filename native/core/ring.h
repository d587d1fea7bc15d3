#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

/**
 * A single-producer single-consumer ring of records in memory that C++ and JavaScript share. The
 * other side of it is src/agent/io/record-ring.ts; both follow this layout (words are 32 bits in
 * the machine's byte order):
 *
 *   byte 0      head: bytes ever published by the producer, modulo 2^32
 *   byte 64     tail: bytes ever released by the consumer, modulo 2^32
 *   byte 128    sleep: 1 while the consumer wants to be woken, else 0
 *   byte 192    the data: `capacity` bytes, a power of two
 *
 * A record starts at a multiple of 16 and never crosses the end of the data:
 *
 *   word 0      payload length in bytes
 *   word 1      kind (bits 0 to 7), detail (8 to 15), port (16 to 31)
 *   word 2      id
 *   word 3      extra
 *   then        the payload, padded to a multiple of 16
 *
 * A record that does not fit before the end is preceded by one of kind `wrap` that fills the rest.
 *
 * Sleep: the producer publishes head, then exchanges `sleep` with 0 and wakes the consumer if it
 * was 1. The consumer stores 1 into `sleep`, then looks at head once more before it waits. Both are
 * sequentially consistent, so no wake-up is lost.
 */
namespace weft {

enum class RecordKind : uint8_t {
  wrap = 0,
  /** A guest's IP packet; `id` is the device. */
  guest = 1,
  /** A UDP payload; `id` is the other host's IPv4 address in host order, `port` its UDP port, `detail` the TOS byte. */
  underlay = 2,
  /** Device `id` is open. */
  opened = 3,
  /** Device `id` could not be opened: `detail` is the Step, `extra` the errno. */
  refused = 4,
  /** Device `id` was taken away and is closed: `detail` is the LostCause. */
  lost = 5,
  /** The worker has ended: `detail` is the Step, `extra` the errno. */
  fault = 6,
};

struct Record {
  RecordKind kind = RecordKind::wrap;
  uint8_t detail = 0;
  uint16_t port = 0;
  uint32_t id = 0;
  uint32_t extra = 0;
  /** Borrowed; where a reader gave it, valid until `release`. */
  std::span<const uint8_t> payload{};
};

inline constexpr uint32_t kRecordAlignment = 16;
inline constexpr uint32_t kRecordHeader = 16;
inline constexpr uint32_t kRingDataOffset = 192;
inline constexpr uint32_t kRingCapacityMin = 1u << 10;
inline constexpr uint32_t kRingCapacityMax = 1u << 28;

struct RingControl {
  alignas(64) std::atomic<uint32_t> head;
  alignas(64) std::atomic<uint32_t> tail;
  alignas(64) std::atomic<uint32_t> sleep;
};
static_assert(sizeof(RingControl) == kRingDataOffset);
static_assert(std::atomic<uint32_t>::is_always_lock_free);

/** Bytes of memory that a ring with `capacity` bytes of data takes. */
constexpr size_t ringSize(uint32_t capacity) { return kRingDataOffset + size_t{capacity}; }

constexpr bool isRingCapacity(uint32_t capacity) {
  return capacity >= kRingCapacityMin && capacity <= kRingCapacityMax && (capacity & (capacity - 1)) == 0;
}

/** The producer's end. The memory is borrowed, aligned to 64, and zeroed or left so by earlier ends. */
class RingWriter {
 public:
  RingWriter(void* memory, uint32_t capacity);

  /** Adds a record, unpublished; false if that would leave less than `keepFree` bytes free. */
  bool write(const Record& record, uint32_t keepFree = 0);
  /** Makes what was written visible; reports whether the consumer sleeps and must be woken. */
  bool publish();

  /** The position after the last record written, published or not. */
  uint32_t head() const { return head_; }
  /** The position up to which the consumer has released. */
  uint32_t released() const { return control_->tail.load(std::memory_order_acquire); }

 private:
  bool hasRoom(uint64_t size);

  RingControl* control_;
  uint8_t* data_;
  uint32_t capacity_;
  uint32_t head_;
  uint32_t published_;
  uint32_t tail_;
};

/** The consumer's end. Checks every length it reads: the other side is JavaScript. */
class RingReader {
 public:
  RingReader(void* memory, uint32_t capacity);

  /** Takes note of what is published; `next` goes no further. */
  void refresh();
  /** The next record, or false at the end of what `refresh` saw, or where the ring is corrupt. */
  bool next(Record& record);
  /** Gives back the space of every record read so far. */
  void release();
  /** Asks to be woken; false if there is something to read, in which case nothing was asked. */
  bool trySleep();
  /** Takes the request back: the consumer is awake. */
  void wake();
  bool isCorrupt() const { return corrupt_; }

 private:
  bool fail();

  RingControl* control_;
  const uint8_t* data_;
  uint32_t capacity_;
  uint32_t position_;
  uint32_t head_;
  bool corrupt_ = false;
};

}  // namespace weft
