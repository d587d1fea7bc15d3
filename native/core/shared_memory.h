#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "counters.h"
#include "ring.h"

namespace weft {

/**
 * The memory that the worker and JavaScript share: the page of counters, then the ring that the
 * worker writes ("in", towards JavaScript), then the ring that it reads ("out").
 */
class SharedMemory {
 public:
  /** A ring must hold the reserve for reports, and several of the largest packets besides. */
  static constexpr uint32_t kRingCapacityLeast = 512 << 10;

  /** Null where `ringCapacity` is not a capacity, is too small, or memory is short. */
  static std::shared_ptr<SharedMemory> allocate(uint32_t ringCapacity);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  void* bytes() const { return bytes_; }
  size_t size() const { return kCounterPageSize + 2 * ringSize(capacity_); }
  uint32_t capacity() const { return capacity_; }
  void* inRing() const { return static_cast<uint8_t*>(bytes_) + kCounterPageSize; }
  void* outRing() const { return static_cast<uint8_t*>(inRing()) + ringSize(capacity_); }

 private:
  SharedMemory(void* bytes, uint32_t capacity) : bytes_(bytes), capacity_(capacity) {}

  void* bytes_;
  uint32_t capacity_;
};

}  // namespace weft
