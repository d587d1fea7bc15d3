#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "fd.h"
#include "netlink.h"
#include "thread.h"
#include "tun.h"

namespace weft {

/** Whom the device thread tells what became of devices; called on that thread. */
class DeviceEvents {
 public:
  virtual void onOpened(std::shared_ptr<const TunDevice> device) = 0;
  virtual void onRefused(uint32_t id, Failure failure) = 0;
  /** Someone took the device away; it is still to be handed back with `close`. */
  virtual void onTaken(uint32_t id, LostCause cause) = 0;
  virtual void onClosed(uint32_t id, LostCause cause) = 0;

 protected:
  ~DeviceEvents() = default;
};

/**
 * Does everything about devices that may block on the kernel's RTNL lock: opening, closing, and
 * watching what others do to them. In the worker it would make every guest wait for one.
 * Jobs are done in the order in which they came.
 */
class DeviceThread {
 public:
  explicit DeviceThread(DeviceEvents& events) : events_(events) {}

  /** To be called in the namespace where devices are made. */
  Failure start();
  /** Finishes the jobs at hand and ends the thread. */
  void stop();

  void open(TunSpec spec);
  /** Closes the device, which removes it. The caller keeps no reference. */
  void close(std::shared_ptr<const TunDevice> device, LostCause cause);

 private:
  struct Job {
    enum class Kind { open, close, stop } kind;
    TunSpec spec;
    std::shared_ptr<const TunDevice> device;
    LostCause cause;
  };
  using Place = std::pair<int, int>;  // namespace id and link index

  void push(Job job);
  void run();
  bool doJobs();
  void openDevice(const TunSpec& spec);
  void closeDevice(std::shared_ptr<const TunDevice> device, LostCause cause);
  void readWatch();
  void inspectAll();
  void judge(const LinkChange& change);

  DeviceEvents& events_;
  Thread thread_;
  LinkWatch watch_;
  Fd signal_;
  std::map<Place, std::shared_ptr<const TunDevice>> devices_;

  std::mutex mutex_;
  std::deque<Job> jobs_;
};

}  // namespace weft
