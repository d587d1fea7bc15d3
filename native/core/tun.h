#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "failure.h"
#include "fd.h"
#include "netlink.h"

namespace weft {

struct Ipv4Prefix {
  /** Host order. */
  uint32_t address = 0;
  uint8_t length = 0;
};

struct TunSpec {
  /** What the owner calls this opening of a device; never used twice. */
  uint32_t id = 0;
  /** 1 to 15 bytes. */
  std::string name;
  /** The path of a network namespace; empty: the one of the calling thread. */
  std::string namespacePath;
  uint32_t mtu = 0;
  std::vector<Ipv4Prefix> addresses;
  std::vector<Ipv4Prefix> routes;
};

/** Why a device is no longer usable; src/agent/io/native-layout.ts has the same numbers. */
enum class LostCause : uint8_t { none = 0, deleted = 1, renamed = 2, down = 3, ioError = 4 };

/** An open device. It exists as long as `fd` is open, unless someone deletes it before. */
struct TunDevice {
  uint32_t id = 0;
  std::string name;
  Fd fd;
  int namespaceId = kOwnNamespace;
  int index = 0;
};

/**
 * Makes a device, configures it and brings it up. Where that fails, no device is left.
 *
 * A device for another namespace is made in the thread's own and moved: a TUN file keeps the
 * namespace alive in which /dev/net/tun was opened, so if that were the guest's, the guest's
 * namespace could never be removed and the loss of it never be noticed. The queue is a single one
 * without IFF_MULTI_QUEUE, so that nobody with rights in the guest's namespace can attach another
 * queue, take a share of the packets and keep the device after we have closed it.
 *
 * Blocks for as long as the kernel's RTNL lock is held by others.
 */
Failure openTun(const TunSpec& spec, TunDevice& device);

/** What the kernel says about the device at this moment; `none` if it is as it was made. */
LostCause inspectTun(const TunDevice& device);

}  // namespace weft
