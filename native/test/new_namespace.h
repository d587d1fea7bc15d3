#pragma once

#include <net/if.h>
#include <sched.h>

#include <cstdio>
#include <functional>

#include "../core/netlink.h"
#include "../core/thread.h"
#include "check.h"

namespace weft::test {

/** Runs a test on a thread of its own in a new network namespace with lo up; says so where that is not permitted. */
inline void inNewNamespace(const std::function<void()>& body) {
  Thread thread;
  const Failure failure = thread.start("test", [&] {
    if (unshare(CLONE_NEWNET) != 0) {
      std::printf("  left out: a new network namespace needs root\n");
      return;
    }
    Netlink netlink;
    CHECK(!netlink.open());
    CHECK(netlink.setUp(static_cast<int>(if_nametoindex("lo"))) == 0);
    body();
  });
  CHECK(!failure);
  thread.join();
}

}  // namespace weft::test
