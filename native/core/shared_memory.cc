#include "shared_memory.h"

#include <sys/mman.h>

namespace weft {

std::shared_ptr<SharedMemory> SharedMemory::allocate(uint32_t ringCapacity) {
  if (!isRingCapacity(ringCapacity) || ringCapacity < kRingCapacityLeast) return nullptr;
  const size_t size = kCounterPageSize + 2 * ringSize(ringCapacity);
  void* bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) return nullptr;
  return std::shared_ptr<SharedMemory>(new SharedMemory(bytes, ringCapacity));
}

SharedMemory::~SharedMemory() { munmap(bytes_, size()); }

}  // namespace weft
