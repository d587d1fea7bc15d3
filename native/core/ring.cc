#include "ring.h"

#include <array>
#include <cstring>

namespace weft {
namespace {

using Header = std::array<uint32_t, 4>;
static_assert(sizeof(Header) == kRecordHeader);

constexpr uint64_t recordSize(uint64_t payload) {
  return (kRecordHeader + payload + kRecordAlignment - 1) & ~uint64_t{kRecordAlignment - 1};
}

void writeRecord(uint8_t* at, const Record& record) {
  const Header header{static_cast<uint32_t>(record.payload.size()),
                      static_cast<uint32_t>(record.kind) | uint32_t{record.detail} << 8 | uint32_t{record.port} << 16,
                      record.id, record.extra};
  std::memcpy(at, header.data(), kRecordHeader);
  if (!record.payload.empty()) std::memcpy(at + kRecordHeader, record.payload.data(), record.payload.size());
}

void writeWrap(uint8_t* at, uint32_t size) {
  const Header header{size - kRecordHeader, static_cast<uint32_t>(RecordKind::wrap), 0, 0};
  std::memcpy(at, header.data(), kRecordHeader);
}

}  // namespace

RingWriter::RingWriter(void* memory, uint32_t capacity)
    : control_(static_cast<RingControl*>(memory)),
      data_(static_cast<uint8_t*>(memory) + kRingDataOffset),
      capacity_(capacity),
      head_(control_->head.load()),
      published_(head_),
      tail_(control_->tail.load()) {}

bool RingWriter::hasRoom(uint64_t size) {
  // A tail that the consumer cannot have reached leaves less than nothing free: the ring counts as full.
  const auto fits = [&] { return uint64_t{head_ - tail_} + size <= capacity_; };
  if (fits()) return true;
  tail_ = control_->tail.load(std::memory_order_acquire);
  return fits();
}

bool RingWriter::write(const Record& record, uint32_t keepFree) {
  const uint64_t size = recordSize(record.payload.size());
  const uint32_t offset = head_ & (capacity_ - 1);
  const uint32_t toEnd = capacity_ - offset;
  const bool wraps = size > toEnd;
  if (!hasRoom((wraps ? toEnd : 0) + size + keepFree)) return false;
  if (wraps) {
    writeWrap(data_ + offset, toEnd);
    head_ += toEnd;
  }
  writeRecord(data_ + (head_ & (capacity_ - 1)), record);
  head_ += static_cast<uint32_t>(size);
  return true;
}

bool RingWriter::publish() {
  if (head_ == published_) return false;
  published_ = head_;
  control_->head.store(head_, std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return control_->sleep.exchange(0) == 1;
}

RingReader::RingReader(void* memory, uint32_t capacity)
    : control_(static_cast<RingControl*>(memory)),
      data_(static_cast<const uint8_t*>(memory) + kRingDataOffset),
      capacity_(capacity),
      position_(control_->tail.load()),
      head_(position_) {}

void RingReader::refresh() { head_ = control_->head.load(std::memory_order_acquire); }

bool RingReader::fail() {
  corrupt_ = true;
  return false;
}

bool RingReader::next(Record& record) {
  while (!corrupt_) {
    const uint32_t available = head_ - position_;
    if (available == 0) return false;
    const uint32_t offset = position_ & (capacity_ - 1);
    const uint32_t toEnd = capacity_ - offset;
    if (available > capacity_ || available % kRecordAlignment != 0) return fail();
    Header header;
    std::memcpy(header.data(), data_ + offset, kRecordHeader);
    const uint64_t size = recordSize(header[0]);
    if (size > available || size > toEnd) return fail();
    position_ += static_cast<uint32_t>(size);
    const auto kind = static_cast<RecordKind>(header[1] & 0xff);
    if (kind == RecordKind::wrap) {
      if (size != toEnd) return fail();
      continue;
    }
    record = {kind, static_cast<uint8_t>(header[1] >> 8), static_cast<uint16_t>(header[1] >> 16), header[2], header[3],
              {data_ + offset + kRecordHeader, header[0]}};
    return true;
  }
  return false;
}

void RingReader::release() { control_->tail.store(position_, std::memory_order_release); }

bool RingReader::trySleep() {
  control_->sleep.store(1, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (control_->head.load(std::memory_order_acquire) == position_) return true;
  wake();
  return false;
}

void RingReader::wake() { control_->sleep.store(0, std::memory_order_relaxed); }

}  // namespace weft
