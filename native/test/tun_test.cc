#include "../core/tun.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "new_namespace.h"

namespace {

using weft::LostCause;
using weft::test::inNewNamespace;

weft::TunDevice openDevice() {
  weft::TunDevice device;
  CHECK(!weft::openTun({1, "core0", "", 1400, {{0x0a090001, 24}}, {}}, device));
  return device;
}

void setFlags(const char* name, short flags) {
  const weft::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
  request.ifr_flags = flags;
  CHECK(ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0);
}

void rename(const char* from, const char* to) {
  const weft::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, from, sizeof request.ifr_name - 1);
  std::strncpy(request.ifr_newname, to, sizeof request.ifr_newname - 1);
  CHECK(ioctl(socket.get(), SIOCSIFNAME, &request) == 0);
}

TEST(inspection_tells_what_became_of_a_device) {
  inNewNamespace([] {
    const weft::TunDevice device = openDevice();
    CHECK(weft::inspectTun(device) == LostCause::none);
    setFlags("core0", 0);
    CHECK(weft::inspectTun(device) == LostCause::down);
    rename("core0", "core1");
    setFlags("core1", IFF_UP);
    CHECK(weft::inspectTun(device) == LostCause::renamed);
    rename("core1", "core0");
    CHECK(weft::inspectTun(device) == LostCause::none);
  });
}

TEST(a_watch_tells_of_changes_in_order) {
  inNewNamespace([] {
    weft::LinkWatch watch;
    CHECK(!watch.open());
    const weft::TunDevice device = openDevice();
    setFlags("core0", 0);
    std::vector<std::string> seen;
    CHECK(watch.read([&](const weft::LinkChange& change) {
      if (change.index != device.index || change.name == nullptr) return;
      seen.push_back(std::string(change.name) + (change.isUp ? " up" : " down"));
    }));
    CHECK(!seen.empty() && seen.front() == "core0 down" && seen.back() == "core0 down");
    CHECK(std::count(seen.begin(), seen.end(), "core0 up") > 0);
  });
}

TEST(a_watch_that_lost_messages_says_so_once) {
  inNewNamespace([] {
    weft::LinkWatch watch;
    CHECK(!watch.open());
    weft::Netlink netlink;
    CHECK(!netlink.open());
    const int index = static_cast<int>(if_nametoindex("lo"));
    for (uint32_t i = 0; i < 30'000; ++i) CHECK(netlink.configureLink(index, 1500 + i % 2, 1000) == 0);
    int lost = 0;
    int changes = 0;
    for (bool isDrained = false; !isDrained;) {
      const int before = changes;
      const bool isWhole = watch.read([&](const weft::LinkChange&) { ++changes; });
      if (!isWhole) ++lost;
      isDrained = isWhole && changes == before;
    }
    CHECK(lost == 1);
    CHECK(changes > 0 && changes < 30'000);
  });
}

}  // namespace
