#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "counters.h"
#include "failure.h"
#include "fd.h"
#include "ring.h"

namespace weft {

inline constexpr size_t kDatagramBatch = 64;

/**
 * The UDP socket towards other hosts. Datagrams leave with DF set and are never fragmented; one that
 * the link cannot carry is counted. What the socket does not take waits in a bounded queue.
 */
class Underlay {
 public:
  explicit Underlay(Counters& counters);

  /** `address` in host order. */
  Failure open(uint32_t address, uint16_t port);
  void close() { socket_.reset(); }
  int fd() const { return socket_.get(); }

  /**
   * Reads up to `kDatagramBatch` datagrams, to be called when those read before were taken. Returns how
   * many, 0 where there are none, or minus an errno that makes the socket useless.
   */
  int receive();
  /** The first datagram that was received and not yet taken; null if there is none. Borrowed until `receive`. */
  const Record* received() const { return taken_ < count_ ? &records_[taken_] : nullptr; }
  void take() { ++taken_; }

  /** Takes a datagram to be sent; its payload is borrowed until `flush`. */
  void send(const Record& record);
  /** Sends what `send` took, as far as the socket allows; queues or drops and counts the rest. */
  void flush();
  /** To be called when the socket is writable again. */
  void sendQueued();
  /** Whether datagrams wait for the socket to become writable. */
  bool hasQueued() const { return !queue_.empty(); }

  static constexpr size_t kQueuedDatagrams = 1024;
  static constexpr size_t kQueuedBytes = 1 << 20;

 private:
  struct Queued {
    Record record;
    std::vector<uint8_t> bytes;
  };

  /** Sends `count` records from `batch_`; returns how many are done with, sent or dropped. */
  size_t transmit(size_t count);
  void prepareReceive();
  void prepareSend(size_t index);
  Record readRecord(size_t index);
  void enqueue(const Record& record);

  Counters& counters_;
  Fd socket_;
  uint32_t overflow_ = 0;

  std::unique_ptr<uint8_t[]> buffers_;
  std::array<mmsghdr, kDatagramBatch> messages_{};
  std::array<iovec, kDatagramBatch> parts_{};
  std::array<sockaddr_in, kDatagramBatch> names_{};
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, 64> bytes;
  };
  std::array<Control, kDatagramBatch> controls_{};
  std::array<Record, kDatagramBatch> records_{};
  size_t count_ = 0;
  size_t taken_ = 0;

  std::array<Record, kDatagramBatch> batch_{};
  size_t batchSize_ = 0;
  std::deque<Queued> queue_;
  size_t queuedBytes_ = 0;
};

}  // namespace weft
