#include "../core/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "../core/fd.h"
#include "check.h"

namespace {

/** A bound datagram socket; `name` as the kernel takes it, so with a zero in front where it is abstract. */
weft::Fd listenAt(const std::string& name) {
  weft::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  CHECK(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  return socket;
}

std::string received(const weft::Fd& socket) {
  char bytes[256];
  const ssize_t length = recv(socket.get(), bytes, sizeof bytes, 0);
  return length < 0 ? "nothing" : std::string(bytes, static_cast<size_t>(length));
}

std::string ownName() { return "netweft-notify-test-" + std::to_string(getpid()); }

TEST(a_notification_is_one_datagram_at_a_path) {
  const std::string path = "/tmp/" + ownName();
  {
    const weft::Fd socket = listenAt(path);
    CHECK(weft::notify(path, "READY=1\nSTATUS=up") == 0);
    CHECK(received(socket) == "READY=1\nSTATUS=up");
    CHECK(received(socket) == "nothing");
  }
  CHECK(weft::notify(path, "READY=1") == ECONNREFUSED);
  unlink(path.c_str());
  CHECK(weft::notify(path, "READY=1") == ENOENT);
}

TEST(a_notification_reaches_an_abstract_name) {
  const weft::Fd socket = listenAt(std::string(1, '\0') + ownName());
  CHECK(weft::notify("@" + ownName(), "STOPPING=1") == 0);
  CHECK(received(socket) == "STOPPING=1");
  CHECK(weft::notify("@" + ownName() + "0", "STOPPING=1") == ECONNREFUSED);
}

TEST(a_full_queue_is_told_and_not_waited_for) {
  const weft::Fd socket = listenAt(std::string(1, '\0') + ownName());
  int error = 0;
  for (int i = 0; i < 100'000 && error == 0; ++i) error = weft::notify("@" + ownName(), "WATCHDOG=1");
  CHECK(error == EAGAIN);
}

TEST(names_that_no_socket_can_have_are_refused) {
  CHECK(weft::notify("", "READY=1") == EINVAL);
  CHECK(weft::notify(std::string(108, 'x'), "READY=1") == EINVAL);
  CHECK(weft::notify("@" + std::string(108, 'x'), "READY=1") == EINVAL);
  CHECK(weft::notify("@" + std::string(107, 'x'), "READY=1") == ECONNREFUSED);
}

}  // namespace
