#include "tun.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "thread.h"

namespace weft {
namespace {

constexpr uint32_t kQueueLength = 1000;
/** The kernel replaces %d; the device carries the name only until it is moved. */
constexpr const char* kTemporaryName = "weft%d";

Failure createDevice(const std::string& name, TunDevice& device) {
  device.fd = Fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!device.fd.isOpen()) return failed(Step::openTun);
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL;
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  if (ioctl(device.fd.get(), TUNSETIFF, &request) != 0) return failed(Step::createDevice);
  device.name = request.ifr_name;
  device.index = static_cast<int>(if_nametoindex(request.ifr_name));
  return device.index != 0 ? Failure{} : failed(Step::createDevice);
}

bool isSameFile(int fd, const char* path) {
  struct stat one;
  struct stat other;
  return fstat(fd, &one) == 0 && stat(path, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/** Opens `netlink` in the namespace and looks up the device there, on a thread that ends with this call. */
Failure enter(int namespaceFd, const std::string& name, Netlink& netlink, int& index) {
  Failure failure;
  Thread thread;
  const Failure notStarted = thread.start("weft-setns", [&] {
    if (setns(namespaceFd, CLONE_NEWNET) != 0) {
      failure = failed(Step::enterNamespace);
      return;
    }
    failure = netlink.open();
    if (failure) return;
    index = static_cast<int>(if_nametoindex(name.c_str()));
    if (index == 0) failure = failed(Step::moveDevice);
  });
  if (notStarted) return notStarted;
  thread.join();
  return failure;
}

Failure moveDevice(int namespaceFd, const std::string& name, Netlink& netlink, TunDevice& device) {
  Netlink own;
  if (const Failure failure = own.open()) return failure;
  if (const int error = own.moveLink(device.index, namespaceFd, name)) return failed(Step::moveDevice, error);
  device.name = name;
  if (const int error = own.namespaceId(namespaceFd, device.namespaceId)) return failed(Step::moveDevice, error);
  return enter(namespaceFd, name, netlink, device.index);
}

Failure configure(const TunSpec& spec, Netlink& netlink, int index) {
  if (const int error = netlink.configureLink(index, spec.mtu, kQueueLength)) return failed(Step::configureLink, error);
  // Refused where the kernel has no IPv6 or the namespace has it switched off: then there is nothing to keep quiet.
  netlink.disableAddressGeneration(index);
  for (const auto& [address, length] : spec.addresses) {
    if (const int error = netlink.addAddress(index, address, length)) return failed(Step::addAddress, error);
  }
  if (const int error = netlink.setUp(index)) return failed(Step::bringUp, error);
  for (const auto& [address, length] : spec.routes) {
    if (const int error = netlink.addRoute(index, address, length)) return failed(Step::addRoute, error);
  }
  return {};
}

Failure openHere(const TunSpec& spec, TunDevice& device) {
  Netlink netlink;
  if (const Failure failure = createDevice(spec.name, device)) return failure;
  if (const Failure failure = netlink.open()) return failure;
  return configure(spec, netlink, device.index);
}

Failure openThere(const TunSpec& spec, int namespaceFd, TunDevice& device) {
  Netlink netlink;
  if (const Failure failure = createDevice(kTemporaryName, device)) return failure;
  if (const Failure failure = moveDevice(namespaceFd, spec.name, netlink, device)) return failure;
  return configure(spec, netlink, device.index);
}

Failure openAnywhere(const TunSpec& spec, TunDevice& device) {
  if (spec.namespacePath.empty()) return openHere(spec, device);
  // O_NONBLOCK: the path may name anything, a pipe without a writer too.
  const Fd namespaceFd(open(spec.namespacePath.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!namespaceFd.isOpen()) return failed(Step::openNamespace);
  if (isSameFile(namespaceFd.get(), "/proc/thread-self/ns/net")) return openHere(spec, device);
  return openThere(spec, namespaceFd.get(), device);
}

}  // namespace

Failure openTun(const TunSpec& spec, TunDevice& device) {
  device = TunDevice{};
  const Failure failure = openAnywhere(spec, device);
  if (failure) device.fd.reset();
  device.id = spec.id;
  return failure;
}

LostCause inspectTun(const TunDevice& device) {
  ifreq request{};
  if (ioctl(device.fd.get(), TUNGETIFF, &request) != 0) return LostCause::deleted;
  if (device.name != request.ifr_name) return LostCause::renamed;
  // A TUN file is writable exactly while its device is up; it has no limit on what is in flight.
  pollfd state{device.fd.get(), POLLOUT, 0};
  poll(&state, 1, 0);
  return (state.revents & POLLOUT) != 0 ? LostCause::none : LostCause::down;
}

}  // namespace weft
