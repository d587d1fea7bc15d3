#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <variant>
#include <vector>

#include "counters.h"
#include "device_thread.h"
#include "fair_ring.h"
#include "failure.h"
#include "fd.h"
#include "ring.h"
#include "shared_memory.h"
#include "thread.h"
#include "tun.h"
#include "underlay.h"

namespace weft {

/** Called on the worker's thread when the consumer of the in ring sleeps and there is something for it. */
class Waker {
 public:
  virtual void wake() = 0;

 protected:
  ~Waker() = default;
};

/**
 * The thread that owns every device and the underlay socket, reads and writes them in batches, and
 * exchanges packets over the two rings. It never waits for one guest: a device gets `kPortBudget`
 * packets a round, the underlay socket as many as all devices that are read in it, and a full socket drops
 * and counts. Whoever has its share of the in ring (see FairRing) is paused: its packets wait, and are
 * dropped, in its own device's queue or the socket's.
 *
 * `start`, `stop`, `openDevice`, `removeDevice` and `signal` may be called on any one thread.
 */
class Worker final : private DeviceEvents {
 public:
  Worker(std::shared_ptr<SharedMemory> memory, Waker& waker);
  ~Worker();

  /** Binds the socket and starts the threads in the caller's namespace. After a failure only destroy it. */
  Failure start(uint32_t address, uint16_t port);
  /** Removes every device, closes the socket, ends the threads. Blocks; may be called again. */
  void stop();

  /** Answered by a record `opened` or `refused`. */
  void openDevice(TunSpec spec);
  /** Removes a device that is open; not answered. Devices that are removed are gone before later ones are opened. */
  void removeDevice(uint32_t id);
  /** Makes the worker do a round: to be called when publishing to the out ring reported that it sleeps. */
  void signal();

  static constexpr int kPortBudget = 64;
  static constexpr int kOutBudget = 256;
  static constexpr int kEventBatch = 256;
  /** How soon the paused are looked at again where nothing else happens, ms: JavaScript rings no bell for them. */
  static constexpr int kPausedWait = 1;
  /** Kept free of packets in the in ring, so that what is said of devices is never dropped. */
  static constexpr uint32_t kInReserve = 128 << 10;

 private:
  struct OpenDevice {
    TunSpec spec;
  };
  struct RemoveDevice {
    uint32_t id;
  };
  struct AddDevice {
    std::shared_ptr<const TunDevice> device;
  };
  struct Report {
    Record record;
  };
  struct TakeDevice {
    uint32_t id;
    LostCause cause;
  };
  struct Stop {};
  using Command = std::variant<OpenDevice, RemoveDevice, AddDevice, Report, TakeDevice, Stop>;

  void onOpened(std::shared_ptr<const TunDevice> device) override;
  void onRefused(uint32_t id, Failure failure) override;
  void onTaken(uint32_t id, LostCause cause) override;
  void onClosed(uint32_t id, LostCause cause) override;

  void post(Command command);
  void run();
  void doCommands();
  void carryOut(OpenDevice& command);
  void carryOut(RemoveDevice& command);
  void carryOut(AddDevice& command);
  void carryOut(Report& command);
  void carryOut(TakeDevice& command);
  void carryOut(Stop& command);

  void handle(uint64_t tag, uint32_t events, int devices);
  void readDevice(uint32_t id);
  void readUnderlay(int batches);
  bool deliverReceived();
  /** What an epoll event belongs to is also what its packets in the ring are charged to. */
  bool isAdmitted(Party party);
  void pause(Party party);
  void resumePaused();
  bool resume(Party party);
  bool drainOutRing();
  void writeGuest(const Record& record);
  void deviceFailed(uint32_t id, int error);
  void detach(uint32_t id, LostCause cause);
  void deliver(Party party, const Record& record, Counter packets, Counter bytes);
  void report(const Record& record);
  void publish();
  void watchUnderlay();
  void fault(Failure failure);

  std::shared_ptr<SharedMemory> memory_;
  Waker& waker_;
  Counters counters_;
  FairRing in_;
  RingReader out_;
  Underlay underlay_;
  DeviceThread deviceThread_;
  Thread thread_;
  Fd epoll_;
  Fd signal_;
  std::unique_ptr<uint8_t[]> scratch_;
  std::unordered_map<uint32_t, std::shared_ptr<const TunDevice>> devices_;
  /** Those whose descriptor epoll does not watch for input, because they have their share of the in ring. */
  std::vector<Party> paused_;
  bool isUnderlayPaused_ = false;
  uint32_t underlayEvents_ = 0;
  bool ending_ = false;

  std::mutex mutex_;
  std::vector<Command> commands_;
};

}  // namespace weft
