#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../core/worker.h"
#include "check.h"

namespace weft::test {

inline constexpr uint32_t kLoopback = 0x7f000001;
inline constexpr uint16_t kPort = 7790;
inline constexpr uint32_t kCapacity = 1 << 20;

/** The other side of the rings, in the place of JavaScript. */
class Peer final : public Waker {
 public:
  explicit Peer(uint16_t port = kPort)
      : memory_(SharedMemory::allocate(kCapacity)),
        in_(memory_->inRing(), kCapacity),
        out_(memory_->outRing(), kCapacity),
        counters_(memory_->bytes()),
        worker_(memory_, *this) {
    failure_ = worker_.start(kLoopback, port);
  }

  Worker& worker() { return worker_; }
  Failure failure() const { return failure_; }
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
  std::shared_ptr<SharedMemory> memory_;
  RingReader in_;
  RingWriter out_;
  Counters counters_;
  Worker worker_;
  Failure failure_;
  std::vector<uint8_t> bytes_;
  std::mutex mutex_;
  std::condition_variable bell_;
  bool isAwake_ = false;
};

inline TunSpec spec(uint32_t id, const std::string& name) {
  return {id, name, "", 1400, {{0x0a090001, 24}}, {{0x0a140000, 16}}};
}

inline Record datagram(uint16_t port, uint8_t tos, const std::vector<uint8_t>& bytes) {
  return {RecordKind::underlay, tos, port, kLoopback, 0, bytes};
}

}  // namespace weft::test
